//! Calls by a WebSocket: the browser end of the bridge, with the page's own words for a lost connection.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bridge::tap::Tap;
use http_body_util::BodyExt;
use tonic::{Code, Status, body::Body};
use tower_service::Service;

use super::{BoxFuture, failure::Failure};

/// Makes one call.
pub(super) fn call(origin: Arc<str>, mut request: http::Request<Body>) -> BoxFuture {
    // Once something crossed there was somebody at the other end: a peer that is lost then stopped.
    let has_crossed = Arc::new(AtomicBool::new(false));
    let tap = request.extensions_mut().remove::<Tap>();
    request.extensions_mut().insert(Tap::new({
        let has_crossed = has_crossed.clone();
        move |crossing| {
            has_crossed.store(true, Ordering::Relaxed);
            if let Some(tap) = &tap {
                tap.tell(crossing);
            }
        }
    }));
    let call = bridge::browser::Socket::new(&*origin).call(request);
    Box::pin(async move {
        // What a peer says of a call comes in headers and trailers. An error here is of the pipe's own making.
        let response = call.await.map_err(|status| {
            let failure = if has_crossed.load(Ordering::Relaxed) {
                Failure::CutOff
            } else {
                Failure::Unreachable { origin }
            };
            lost(status, failure)
        })?;
        Ok(response.map(|body| Body::new(body.map_err(|status| lost(status, Failure::CutOff)))))
    })
}

fn lost(status: Status, failure: Failure) -> Status {
    if status.code() == Code::Unavailable {
        failure.into()
    } else {
        status
    }
}
