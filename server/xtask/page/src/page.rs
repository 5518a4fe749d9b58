//! What the page is told by its address, and what it reports.

use std::fmt::Write;

use tonic::Status;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, UrlSearchParams, Window};

use crate::calls::{Caller, Kind};

/// Every measurement: its name in the report, what is done, and how often at once.
const MEASUREMENTS: [(&str, Kind, usize); 9] = [
    ("round trips/s, 1 at once", Kind::RoundTrips, 1),
    ("round trips/s, 64 at once", Kind::RoundTrips, 64),
    ("messages/s down, 16 bytes", Kind::Down(16), 1),
    ("messages/s up, 16 bytes", Kind::Up(16), 1),
    ("messages/s both ways at once, 16 bytes", Kind::BothWays(16), 1),
    ("messages/s down, 64 KiB", Kind::Down(64 * 1024), 1),
    ("messages/s up, 64 KiB", Kind::Up(64 * 1024), 1),
    (
        "messages/s both ways at once, 64 KiB",
        Kind::BothWays(64 * 1024),
        1,
    ),
    ("short bidi calls/s, 1 at once", Kind::ShortCalls, 1),
];

/// Measures once all there is, as often as asked, and reports a line for each figure.
pub(crate) async fn run() {
    let Some(window) = web_sys::window() else {
        return;
    };
    let report = match measure(&window).await {
        Ok(report) => report,
        Err(why) => format!("failed\t{why}\n"),
    };
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&JsValue::from_str(&report));
    // Nobody is left to tell if the report does not arrive; whoever waits for it has a time limit.
    let _ = JsFuture::from(window.fetch_with_str_and_init("/report", &init)).await;
}

async fn measure(window: &Window) -> Result<String, String> {
    let search = window.location().search().map_err(|error| format!("{error:?}"))?;
    let parameters = UrlSearchParams::new_with_str(&search).map_err(|error| format!("{error:?}"))?;
    let parameter = |name: &str| {
        parameters
            .get(name)
            .ok_or_else(|| format!("the address has no {name}"))
    };
    let caller = Caller::new(&parameter("peer")?, window)?;
    let span_ms: f64 = parameter("span")?.parse().map_err(|_| "span is no number")?;
    let rounds: usize = parameter("rounds")?.parse().map_err(|_| "rounds is no number")?;

    let mut report = String::new();
    for _ in 0..rounds {
        for (name, kind, at_once) in MEASUREMENTS {
            let per_second = caller
                .measure(kind, at_once, span_ms)
                .await
                .map_err(|status: Status| format!("{name}: {status}"))?;
            writeln!(report, "{name}\t{per_second}").map_err(|error| error.to_string())?;
        }
    }
    Ok(report)
}
