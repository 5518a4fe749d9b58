//! The end that calls: a tower service under generated clients, or under a call that is passed on.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::future::poll_immediate;
use http::{HeaderMap, Request, Response};
use iroh::endpoint::Connection;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Status, body::Body};
use tower_service::Service;

use super::{
    PEER_KEY,
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
    fn dial(&self) -> impl Future<Output = Result<Dialled, Status>> + Send;
}

/// A connection for calls.
#[derive(Debug, Clone)]
pub struct Dialled {
    /// The connection.
    pub connection: Connection,
    /// Every call on it holds a clone of this until it has ended.
    pub in_use: Arc<()>,
}

impl Dialled {
    /// Whether there is a call on it; for whoever holds one clone to keep it.
    pub fn is_in_use(&self) -> bool {
        Arc::strong_count(&self.in_use) > 1
    }
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
        Box::pin(async move { call(dial.dial().await?, request).await })
    }
}

async fn call(dialled: Dialled, request: Request<Body>) -> Result<Response<Body>, Status> {
    let Dialled { connection, in_use } = dialled;
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
        Ok(Next::Block(block)) => {
            let mut headers = head::headers(&block).map_err(|why| {
                Status::internal(format!("the answer of the other peer cannot be read: {why}"))
            })?;
            only_grpc(&mut headers);
            headers
        }
        Ok(Next::Messages(_)) => return Err(Status::internal("the answer of the other peer has no head")),
        Err(broken) => return Err(body::status(&broken, Reads::Response)),
    };
    let mut pump = Pump(pump);
    let body = if headers.contains_key("grpc-status") {
        pump.stop().await;
        Body::empty()
    } else {
        body::body(frames, Reads::Response, pump, in_use)
    };
    let mut response = Response::new(body);
    *response.headers_mut() = headers;
    Ok(response)
}

/// What sends the rest of a request, if there is any. Stops when dropped.
#[derive(Debug)]
pub(super) struct Pump(Option<AbortOnDropHandle<()>>);

impl Pump {
    /// Of a call that sends nothing.
    pub(super) const NONE: Self = Self(None);

    /// Stops it, now that the answer is whole: the request goes back to whoever lent it, who may want to read the rest
    /// before the answer goes out.
    pub(super) async fn stop(&mut self) {
        if let Some(task) = self.0.take() {
            task.abort();
            // An error means that it was stopped, as it should.
            let _ = task.await;
        }
    }
}

/// Takes out what belongs to the connection the request came by, and what no other peer may see.
fn only_metadata(headers: &mut HeaderMap) {
    remove(headers, |name| {
        OF_CONNECTIONS.contains(&name)
            || OF_BROWSERS.contains(&name)
            || name == PEER_KEY
            || BEGINNINGS_OF_BROWSERS
                .iter()
                .any(|prefix| name.starts_with(prefix))
    });
}

/// Takes out what a browser would obey: another peer has nothing to say about the pages and the cookies of this machine.
pub(super) fn only_grpc(headers: &mut HeaderMap) {
    remove(headers, |name| {
        OF_CONNECTIONS.contains(&name)
            || ORDERS.contains(&name)
            || BEGINNINGS_OF_ORDERS.iter().any(|prefix| name.starts_with(prefix))
    });
}

fn remove(headers: &mut HeaderMap, is_wrong: impl Fn(&str) -> bool) {
    let wrong: Vec<_> = headers
        .keys()
        .filter(|name| is_wrong(name.as_str()))
        .cloned()
        .collect();
    for name in wrong {
        headers.remove(name);
    }
}

/// What is between one peer and the next (RFC 9110, section 7.6.1).
const OF_CONNECTIONS: [&str; 9] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What browsers say of themselves and of their person.
const OF_BROWSERS: [&str; 9] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "cookie",
    "dnt",
    "origin",
    "pragma",
    "referer",
];

/// The same, by how the names begin.
const BEGINNINGS_OF_BROWSERS: [&str; 3] = ["sec-ch-", "sec-fetch-", "sec-websocket-"];

/// What browsers do when they read it.
const ORDERS: [&str; 15] = [
    "alt-svc",
    "clear-site-data",
    "link",
    "location",
    "nel",
    "permissions-policy",
    "refresh",
    "report-to",
    "reporting-endpoints",
    "service-worker-allowed",
    "set-cookie",
    "sourcemap",
    "strict-transport-security",
    "www-authenticate",
    "x-frame-options",
];

/// The same, by how the names begin.
const BEGINNINGS_OF_ORDERS: [&str; 4] = [
    "access-control-",
    "content-security-policy",
    "cross-origin-",
    "sec-",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_does_not_cross_is_on_the_page_about_the_wire() {
        let page: Vec<_> = include_str!("mod.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//!"))
            .flat_map(str::split_whitespace)
            .map(|word| word.trim_end_matches([',', ':']))
            .collect();
        let names = OF_CONNECTIONS.iter().chain(&OF_BROWSERS).chain(&ORDERS);
        let beginnings = BEGINNINGS_OF_BROWSERS.iter().chain(&BEGINNINGS_OF_ORDERS);
        for name in names.chain(beginnings).chain([&PEER_KEY]) {
            assert!(page.contains(name), "{name}");
        }
    }

    fn headers(names: &[&'static str]) -> HeaderMap {
        let pairs = names.iter().map(|&name| {
            let name = http::HeaderName::from_static(name);
            (name, http::HeaderValue::from_static("x"))
        });
        pairs.collect()
    }

    #[test]
    fn another_peer_gives_no_orders_to_a_browser() {
        let mut got = headers(&[
            "set-cookie",
            "clear-site-data",
            "access-control-allow-origin",
            "content-security-policy-report-only",
            "transfer-encoding",
            "content-length",
            "x-own",
            "grpc-status",
        ]);
        only_grpc(&mut got);
        assert_eq!(got, headers(&["x-own", "grpc-status"]));
    }

    #[test]
    fn another_peer_sees_no_cookies_and_all_metadata() {
        let mut sent = headers(&[
            "cookie",
            "origin",
            "sec-fetch-site",
            "sec-websocket-key",
            "parcero-peer",
            "parcero-peer-notes",
            "sec-own",
            "authorization",
        ]);
        only_metadata(&mut sent);
        assert_eq!(sent, headers(&["parcero-peer-notes", "sec-own", "authorization"]));
    }
}
