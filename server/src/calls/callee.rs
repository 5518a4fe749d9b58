//! The end that is called: every stream of a connection becomes one request to the routes.

use std::{any::Any, convert::Infallible, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use bridge::frame::Frame;
use futures_util::{
    FutureExt,
    future::{Either, poll_immediate, select},
};
use http::{Extensions, Method, Request, Response, Version, header};
use iroh::endpoint::{Connection, RecvStream, SendStream};
use tokio::{task::JoinSet, time::timeout};
use tonic::{Status, body::Body};
use tower_service::Service;

use super::{
    Gone,
    body::{Reads, body},
    caller::Pump,
    frames::{Frames, Next},
    head,
    sending::{Last, Sending},
};

/// How long the head of a call may take to come.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// What a call is let in with.
#[derive(Debug)]
pub struct Entered {
    /// Who calls, and what else the services are to know: the extensions of the request.
    pub extensions: Extensions,
    /// What the call holds until it has ended.
    pub held: Arc<dyn Any + Send + Sync>,
}

/// Answers the calls of one connection until it ends. `enter` is asked for every call.
///
/// Dropping the future stops every handler of this connection.
pub async fn serve<S>(
    connection: Connection,
    routes: S,
    enter: impl Fn() -> Result<Entered, Status> + Send + Sync,
) where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    let mut calls = JoinSet::new();
    loop {
        tokio::select! {
            stream = connection.accept_bi() => {
                // An error is the end of the connection, and that of its calls.
                let Ok((send, receive)) = stream else { break };
                let mut call = Box::pin(unless_it_panics(answer(send, receive, routes.clone(), enter())));
                // Most small calls are whole when they come, and answered here and now: half the processor time of a
                // call was the task that it does not need.
                if poll_immediate(&mut call).await.is_none() {
                    calls.spawn(call);
                }
            }
            Some(_) = calls.join_next() => {}
        }
    }
}

/// A handler that panics ends its own call: dropped before its end, a stream is reset.
async fn unless_it_panics(call: impl Future<Output = ()>) {
    if AssertUnwindSafe(call).catch_unwind().await.is_err() {
        tracing::error!("a handler panicked; its call was ended");
    }
}

async fn answer<S>(send: SendStream, receive: RecvStream, mut routes: S, entered: Result<Entered, Status>)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let mut sending = Sending::new(send);
    // What follows is this end's own fault, unless the other one gives up.
    sending.fails_as(Gone::Failed);
    let mut frames = Frames::new(receive);
    // Of a call that is refused nothing is read: how many of those there may be is not limited.
    let (request, _held) = match entered {
        Err(status) => (Err(status), None),
        Ok(Entered { extensions, held }) => {
            let block = match timeout(HEAD_TIME, frames.next()).await {
                Ok(Ok(Next::Block(block))) => block,
                Ok(Ok(Next::Messages(_))) => return frames.stop(Gone::Malformed),
                // It went away, or took too long: dropping both halves ends the stream.
                Ok(Err(_)) | Err(_) => return,
            };
            let request = request(&block, frames, extensions).map_err(Status::invalid_argument);
            (request, Some(held))
        }
    };
    let response = match request {
        Ok(request) => {
            let answered = async {
                std::future::poll_fn(|cx| routes.poll_ready(cx)).await?;
                routes.call(request).await
            };
            let stopped = sending.stopped();
            match select(std::pin::pin!(answered), std::pin::pin!(stopped)).await {
                Either::Left((Ok(response), _)) => response,
                Either::Left((Err(never), _)) => match never {},
                Either::Right(_) => return,
            }
        }
        Err(status) => status.into_http(),
    };
    let (parts, body) = response.into_parts();
    let last = if parts.headers.contains_key("grpc-status") {
        Last::Nothing
    } else {
        Last::Response
    };
    let stopped = sending.stopped();
    let all = sending.all(Frame::headers(&parts.headers).encode(), body, last);
    if let Either::Left((Err(error), _)) = select(std::pin::pin!(all), std::pin::pin!(stopped)).await {
        tracing::debug!(%error, "an answer to another peer was not sent whole");
    }
}

/// The request that a stream carries.
fn request(block: &[u8], frames: Frames, extensions: Extensions) -> Result<Request<Body>, String> {
    let (path, headers) = head::parse_request(block)?;
    let mut request = Request::new(body(frames, Reads::Request, Pump::NONE, ()));
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = path.into();
    *request.headers_mut() = headers;
    request
        .headers_mut()
        .insert(header::TE, http::HeaderValue::from_static("trailers"));
    *request.extensions_mut() = extensions;
    Ok(request)
}
