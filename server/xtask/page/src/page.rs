//! What the page is told by its address, and what it reports.

use std::fmt::Write;

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Performance, RequestInit, UrlSearchParams, Window};

use crate::{
    calls::Calls,
    raw::Raw,
    work::{Direction, Lane, Work, per_second},
};

const KIB_64: usize = 64 * 1024;

/// Every measurement: its name in the report, what is done, and how often with calls and without. Each takes some
/// tenths of a second.
const MEASUREMENTS: [(&str, Work, u32, u32); 9] = [
    ("round trips/s, 1 at once", Work::RoundTrips(1), 300, 300),
    ("round trips/s, 64 at once", Work::RoundTrips(64), 1280, 1280),
    (
        "messages/s down, 16 bytes",
        Work::Stream(Direction::Down, 16),
        3000,
        3000,
    ),
    // The bridge puts many into one WebSocket message.
    (
        "messages/s up, 16 bytes",
        Work::Stream(Direction::Up, 16),
        200_000,
        3000,
    ),
    (
        "messages/s both ways at once, 16 bytes",
        Work::Stream(Direction::BothWays, 16),
        3000,
        2000,
    ),
    (
        "messages/s down, 64 KiB",
        Work::Stream(Direction::Down, KIB_64),
        400,
        400,
    ),
    (
        "messages/s up, 64 KiB",
        Work::Stream(Direction::Up, KIB_64),
        400,
        400,
    ),
    (
        "messages/s both ways at once, 64 KiB",
        Work::Stream(Direction::BothWays, KIB_64),
        300,
        300,
    ),
    ("short bidi calls/s, 1 at once", Work::ShortCalls, 16, 16),
];

/// Measures all there is, as often as asked, and reports a line for each pair of figures.
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
    let clock = window.performance().ok_or("this browser has no clock")?;
    let rounds: usize = parameter("rounds")?.parse().map_err(|_| "rounds is no number")?;
    let peer = parameter("peer")?;
    match parameters.get("raw") {
        Some(raw) => {
            let calls = Calls::new(&peer, None, clock.clone())?;
            let raw = Raw::new(raw, clock.clone(), window.clone());
            compare(&calls, &raw, rounds, &clock).await
        }
        // What it costs that the page's own peer passes a call on.
        None => {
            let passed_on = Calls::new(&peer, Some(&parameter("id")?), clock.clone())?;
            let direct = Calls::new(&parameter("far")?, None, clock.clone())?;
            compare(&passed_on, &direct, rounds, &clock).await
        }
    }
}

/// A line for each measurement of each round: its name, and what it comes to in the first lane and in the second.
async fn compare<A: Lane, B: Lane>(
    first: &A,
    second: &B,
    rounds: usize,
    clock: &Performance,
) -> Result<String, String> {
    let mut report = String::new();
    for round in 0..rounds {
        for (name, work, with_calls, with_none) in MEASUREMENTS {
            let one = || per_second(first, work, with_calls, clock);
            let other = || {
                per_second(
                    second,
                    work,
                    if B::MAKES_CALLS { with_calls } else { with_none },
                    clock,
                )
            };
            // Another lane begins each round, so that none always follows the same one.
            let pair = if round % 2 == 0 {
                in_turn(one, other).await
            } else {
                in_turn(other, one).await.map(|(other, one)| (one, other))
            };
            let (one, other) = pair.map_err(|why| format!("{name}: {why}"))?;
            writeln!(report, "{name}\t{one}\t{other}").map_err(|error| error.to_string())?;
        }
    }
    Ok(report)
}

async fn in_turn(
    first: impl AsyncFnOnce() -> Result<f64, String>,
    second: impl AsyncFnOnce() -> Result<f64, String>,
) -> Result<(f64, f64), String> {
    Ok((first().await?, second().await?))
}
