//! The two pipes to a peer, and the right one for each method. Whoever calls does not see which is used.
//!
//! ```ignore
//! let rpc = Rpc::new(rpc::origin());
//! let reply = GreeterClient::new(rpc).only_response(request).await?;
//! ```
//!
//! To watch the bytes of a call, put a [`bridge::tap::Tap`] into the extensions of its request.

mod deadline;
pub mod failure;
pub mod fetch;
pub mod limit;
mod origin;
#[cfg(target_arch = "wasm32")]
mod socket;
mod splitter;
mod timer;

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use contract::Method;
use send_wrapper::SendWrapper;
use tonic::{Status, body::Body};
use tower_service::Service;

use fetch::Fetch;
use limit::Limit;
pub use origin::origin;

/// How a call travels from the page to the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pipe {
    /// One `fetch`, as gRPC-Web: the request goes whole, the answers come one by one.
    Fetch,
    /// One WebSocket, as gRPC-Web carried by the bridge: both directions flow at once.
    Socket,
}

/// The pipe that carries calls to the method with this path.
pub fn pipe_of(path: &str) -> Pipe {
    match Method::of(path) {
        // Only the bridge sends messages while it receives.
        Some(method) if method.client_streaming => Pipe::Socket,
        // A watch stays open while the page is. A browser allows six `fetch` connections to one origin, over all
        // its tabs, so that a few watches would leave none for calls.
        Some(_) if is_watch(path) => Pipe::Socket,
        Some(_) => Pipe::Fetch,
        // Unknown here: the pipe that can carry any kind.
        None => Pipe::Socket,
    }
}

/// Whether this is a method that tells of changes for as long as one listens: by its name, `Watch…`.
fn is_watch(path: &str) -> bool {
    path.rsplit('/')
        .next()
        .is_some_and(|method| method.starts_with("Watch"))
}

/// Calls a peer; what the generated clients are made with. A cheap clone of a handle.
#[derive(Debug, Clone)]
pub struct Rpc {
    origin: Arc<str>,
    limit: Limit,
    fetch: Fetch,
}

impl Rpc {
    /// Calls go to the peer at `origin`, such as `http://localhost:50051`.
    pub fn new(origin: impl Into<Arc<str>>) -> Self {
        let origin = origin.into();
        let limit = Limit::default();
        Self {
            fetch: Fetch::new(origin.clone(), limit.clone()),
            limit,
            origin,
        }
    }

    /// Where calls go.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The largest message, either way.
    ///
    /// The pipes keep it, with RESOURCE_EXHAUSTED. A client made by tonic has 4 MiB of its own beside it, with
    /// OUT_OF_RANGE: where messages may be large, take that one away (`max_decoding_message_size`).
    pub fn limit(&self) -> &Limit {
        &self.limit
    }
}

type BoxFuture = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Status>> + Send>>;

impl Service<http::Request<Body>> for Rpc {
    type Response = http::Response<Body>;
    type Error = Status;
    type Future = BoxFuture;

    /// Always ready: each call opens what it needs.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    /// Makes one call.
    ///
    /// # Cancel safety
    /// Dropping the future, or the body of the response, cancels the call.
    fn call(&mut self, request: http::Request<Body>) -> BoxFuture {
        let timeout = deadline::of(request.headers());
        let max_message_bytes = self.limit.max_message_bytes();
        let request = request.map(|body| limit::on_requests(body, max_message_bytes));
        let call: BoxFuture = match pipe_of(request.uri().path()) {
            Pipe::Fetch => {
                let call = self.fetch.call(request);
                Box::pin(async { Ok(call.await?.map(Body::new)) })
            }
            Pipe::Socket => {
                let call = self.call_by_socket(request);
                Box::pin(async move {
                    let answer = call.await?;
                    Ok(answer.map(|body| limit::on_answers(body, max_message_bytes)))
                })
            }
        };
        match timeout {
            Some(timeout) => Box::pin(SendWrapper::new(deadline::keep(call, timeout))),
            None => call,
        }
    }
}

impl Rpc {
    #[cfg(target_arch = "wasm32")]
    fn call_by_socket(&self, request: http::Request<Body>) -> BoxFuture {
        socket::call(self.origin.clone(), request)
    }

    /// The browser end of the bridge exists in a browser only.
    #[cfg(not(target_arch = "wasm32"))]
    fn call_by_socket(&self, _: http::Request<Body>) -> BoxFuture {
        Box::pin(std::future::ready(Err(failure::Failure::NoBrowser.into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_request_goes_by_fetch_and_a_stream_of_requests_by_socket() {
        assert_eq!(pipe_of("/greet.Greeter/OnlyResponse"), Pipe::Fetch);
        assert_eq!(pipe_of("/greet.Greeter/ServerStreaming"), Pipe::Fetch);
        assert_eq!(pipe_of("/greet.Greeter/ClientStreaming"), Pipe::Socket);
        assert_eq!(pipe_of("/greet.Greeter/BidirectionalStreaming"), Pipe::Socket);
    }

    #[test]
    fn a_watch_goes_by_socket_and_a_single_look_by_fetch() {
        assert_eq!(pipe_of("/parcero.v1.Peers/WatchAbout"), Pipe::Socket);
        assert_eq!(pipe_of("/parcero.v1.Peers/About"), Pipe::Fetch);
    }
}
