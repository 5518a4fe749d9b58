//! The browser end: a tower service over the browser's WebSocket, for the client tonic generates.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use futures_util::future::abortable;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use send_wrapper::SendWrapper;
use tonic::{Status, body::Body};
use tower_service::Service;
use wasm_bindgen_futures::spawn_local;

pub use body::ResponseBody;

use crate::tap::Tap;
use call::Call;
use pipe::Pipe;
use turns::Turn;

mod body;
mod call;
mod inbox;
mod pipe;
mod send;
mod turns;

/// Calls the peer at an origin, each call over a WebSocket of its own. A cheap clone.
///
/// All four kinds of call work with it, bidirectional ones included:
///
/// ```ignore
/// let mut greeter = GreeterClient::new(bridge::browser::Socket::new("http://localhost:50051"));
/// let replies = greeter.bidirectional_streaming(requests).await?.into_inner();
/// ```
///
/// What may surprise:
/// - Dropping the future of a call, or the stream of its replies, closes the socket, which cancels the call. A handler
///   that does not read what was sent before hears of it only when it reads on.
/// - Of many calls begun at once a few open their sockets at a time, as browsers punish more.
/// - Requests are sent while nobody reads the replies. What is sent and has not left the browser is bounded; what
///   arrives and is not read is not, as a browser's WebSocket cannot be told to wait.
/// - In a tab in the background a browser's timers are slow, and so is an upload of more than 1 MiB.
/// - A [`Tap`] in the extensions of a request is told everything that crosses.
#[derive(Debug, Clone)]
pub struct Socket {
    origin: Rc<str>,
}

impl Socket {
    /// Calls go to `origin`: a scheme, a host and a port, such as `http://localhost:50051`.
    pub fn new(origin: impl Into<String>) -> Self {
        let origin: String = origin.into();
        Self {
            origin: origin.trim_end_matches('/').into(),
        }
    }
}

impl Service<Request<Body>> for Socket {
    type Response = Response<ResponseBody>;
    type Error = Status;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> ResponseFuture {
        let origin = self.origin.clone();
        ResponseFuture {
            future: SendWrapper::new(Box::pin(async move {
                let turn = Turn::wait(&origin).await;
                open(&origin, request, turn)?.response().await
            })),
        }
    }
}

/// Opens the socket of a call and starts to send its request.
fn open(origin: &str, request: Request<Body>, turn: Turn) -> Result<Call, Status> {
    let (mut parts, body) = request.into_parts();
    let tap = parts.extensions.remove::<Tap>();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let (pipe, listeners) = Pipe::open(origin, path, tap.clone(), turn)?;

    let headers = first_message(parts.headers);
    let (sending, abort) = abortable(send::send(pipe.clone(), headers, body, tap));
    pipe.stop_sending_with(abort);
    spawn_local(async {
        // Aborted when the call ends: what was still to be sent is of no use then.
        let _ = sending.await;
    });
    Ok(Call::new(pipe, listeners))
}

/// The headers as this protocol has them.
fn first_message(mut headers: HeaderMap) -> HeaderMap {
    headers.remove(header::TE);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/grpc-web+proto"),
    );
    headers.insert("x-grpc-web", HeaderValue::from_static("1"));
    headers
}

type Answer = dyn Future<Output = Result<Response<ResponseBody>, Status>>;

/// The response to come. Dropping it cancels the call.
///
/// `Send` because generated code and layers like to ask for it; it must stay on the thread it was made on, which
/// in a browser it does.
pub struct ResponseFuture {
    future: SendWrapper<Pin<Box<Answer>>>,
}

impl Future for ResponseFuture {
    type Output = Result<Response<ResponseBody>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.future.as_mut().poll(cx)
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}
