//! A tap is told everything that crosses, in order.

use std::sync::{Arc, Mutex};

use bridge::tap::{Crossing, Tap};
use futures_util::stream;
use tonic::Request;

use crate::page::{Outcome, Servers, equal, hello, report, unexpected};

pub(crate) async fn check(servers: &Servers) {
    report("a tap hears what crosses", hears(servers)).await;
    report("a tap hears a refusal", hears_refusal(servers)).await;
}

/// What was told, in a word each, with the first bytes of frames.
fn word(crossing: &Crossing) -> String {
    match crossing {
        Crossing::RequestHeaders(headers) => {
            format!("request headers {}", headers.contains_key("x-grpc-web"))
        }
        Crossing::Sent(frame) => format!("sent {:?}", &frame[..5]),
        Crossing::FinishedSending => "finished".to_owned(),
        Crossing::ResponseHeaders(headers) => {
            format!("response headers {}", headers.contains_key("content-type"))
        }
        Crossing::Received(frame) => format!("received {:#x}", frame[0]),
        Crossing::Trailers(trailers) => format!("trailers {:?}", trailers.get("grpc-status")),
    }
}

fn tap() -> (Tap, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tap = Tap::new({
        let told = told.clone();
        move |crossing| told.lock().expect("one thread").push(word(&crossing))
    });
    (tap, told)
}

async fn hears(servers: &Servers) -> Outcome {
    let (tap, told) = tap();
    let mut request = Request::new(stream::iter([hello("Ana"), hello("")]));
    request.extensions_mut().insert(tap);
    let reply = servers.greeter().client_streaming(request).await;
    drop(reply.map_err(unexpected)?);
    let told = told.lock().expect("one thread").clone();
    let (received, sent): (Vec<_>, Vec<_>) = told.into_iter().partition(|word| {
        ["received", "response", "trailers"]
            .iter()
            .any(|start| word.starts_with(start))
    });
    equal(
        sent,
        [
            "request headers true",
            "sent [0, 0, 0, 0, 9]",
            "sent [0, 0, 0, 0, 4]",
            "finished",
        ]
        .map(str::to_owned)
        .to_vec(),
    )?;
    equal(
        received,
        [
            "received 0x80",
            "response headers true",
            "received 0x0",
            "received 0x80",
            "trailers Some(\"0\")",
        ]
        .map(str::to_owned)
        .to_vec(),
    )
}

async fn hears_refusal(servers: &Servers) -> Outcome {
    let (tap, told) = tap();
    let mut request = Request::new(hello("denied"));
    request.extensions_mut().insert(tap);
    // That it is refused is checked elsewhere.
    drop(servers.greeter().only_response(request).await);
    let last = told.lock().expect("one thread").last().cloned();
    equal(last.as_deref(), Some("trailers Some(\"7\")"))
}
