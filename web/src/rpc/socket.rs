//! Calls by a WebSocket: the browser end of the bridge, with the page's own words for a lost connection.

use std::sync::Arc;

use http_body_util::BodyExt;
use tonic::{Code, Status, body::Body};
use tower_service::Service;

use super::{BoxFuture, failure::Failure};

/// Makes one call.
pub(super) fn call(origin: Arc<str>, request: http::Request<Body>) -> BoxFuture {
    let call = bridge::browser::Socket::new(&*origin).call(request);
    Box::pin(async {
        // What a peer says of a call comes in headers and trailers. An error here is of the pipe's own making.
        let response = call
            .await
            .map_err(|status| lost(status, Failure::Unreachable { origin }))?;
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
