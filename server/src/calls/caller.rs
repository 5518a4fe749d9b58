//! The end that calls: a tower service under generated clients, or under a call that is passed on.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::future::poll_immediate;
use http::{HeaderMap, Request, Response, header};
use iroh::endpoint::Connection;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Status, body::Body};
use tower_service::Service;

use super::{
    body::{self, Reads},
    frames::{Frames, Next},
    head,
    sending::{Last, Sending},
};
use crate::layers::Deadline;

/// Where a connection to the other peer comes from.
pub trait Dial: Clone + Send + Sync + 'static {
    /// A connection for [`ALPN`](super::ALPN), new or in use already.
    ///
    /// # Errors
    /// Why there is none.
    fn dial(&self) -> impl Future<Output = Result<Connection, Status>> + Send;
}

/// Calls another peer. Dropping an answer, or the future of one, cancels the call.
#[derive(Debug, Clone)]
pub struct Caller<D> {
    dial: D,
}

impl<D: Dial> Caller<D> {
    /// Calls over the connections of `dial`.
    pub fn new(dial: D) -> Self {
        Self { dial }
    }
}

impl<D: Dial> Service<Request<Body>> for Caller<D> {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let dial = self.dial.clone();
        Box::pin(async move { call(&dial.dial().await?, request).await })
    }
}

async fn call(connection: &Connection, request: Request<Body>) -> Result<Response<Body>, Status> {
    // Waits where the other peer has as many calls of ours under way as it takes; the deadline covers that.
    let (send, receive) = connection.open_bi().await.map_err(|error| {
        Status::unavailable(format!("the connection to the other peer has ended: {error}"))
    })?;
    let (mut parts, body) = request.into_parts();
    only_metadata(&mut parts.headers);
    if let Some(deadline) = parts.extensions.get::<Deadline>() {
        parts.headers.insert("grpc-timeout", deadline.remaining());
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut pump = Box::pin(Sending::new(send).all(head::request(path, &parts.headers), body, Last::Request));
    // A unary request goes out here and now, without a task.
    let pump = match poll_immediate(&mut pump).await {
        Some(sent) => {
            if let Err(super::sending::Unsent::Body(status)) = sent {
                return Err(status);
            }
            None
        }
        None => Some(AbortOnDropHandle::new(tokio::spawn(async move {
            // The callee says itself why it wants no more, in its answer.
            if let Err(error) = pump.await {
                tracing::debug!(%error, "a request to another peer was not sent whole");
            }
        }))),
    };
    let mut frames = Frames::new(receive);
    let headers = match frames.next().await {
        Ok(Next::Block(block)) => head::headers(&block)
            .map_err(|why| Status::internal(format!("the answer of the other peer cannot be read: {why}")))?,
        Ok(Next::Messages(_)) => return Err(Status::internal("the answer of the other peer has no head")),
        Err(broken) => return Err(body::status(&broken, Reads::Response)),
    };
    let body = if headers.contains_key("grpc-status") {
        Body::empty()
    } else {
        body::body(frames, Reads::Response, pump)
    };
    let mut response = Response::new(body);
    *response.headers_mut() = headers;
    Ok(response)
}

/// Takes out what belongs to the connection the request came by, and what no other peer may see.
fn only_metadata(headers: &mut HeaderMap) {
    for name in [
        header::HOST,
        header::CONNECTION,
        header::TRANSFER_ENCODING,
        header::CONTENT_LENGTH,
        header::UPGRADE,
        header::TE,
        header::COOKIE,
        header::ORIGIN,
        header::REFERER,
        header::ACCEPT,
        header::ACCEPT_ENCODING,
        header::ACCEPT_LANGUAGE,
        header::CACHE_CONTROL,
        header::PRAGMA,
        header::DNT,
    ] {
        headers.remove(name);
    }
    let of_browsers: Vec<_> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("sec-") || name.as_str().starts_with("parcero-peer"))
        .cloned()
        .collect();
    for name in of_browsers {
        headers.remove(name);
    }
}
