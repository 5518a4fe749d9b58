//! Our own gRPC-Web over `fetch`: one request goes whole, its answers come as they are made.

mod abort;
mod body;
mod headers;
mod rest;

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bridge::{
    frame::{FrameDecoder, PREFIX_LEN},
    tap::{Crossing, Tap},
};
use bytes::Bytes;
use contract::Method;
use http_body_util::BodyExt;
use js_sys::Uint8Array;
use send_wrapper::SendWrapper;
use tonic::{Status, body::Body};
use tower_service::Service;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestCredentials, RequestInit, Response};

use super::{failure::Failure, limit::Limit};
use abort::Abort;
pub use body::FetchBody;

/// Makes unary and server streaming calls with the browser's `fetch`. A cheap clone of a handle.
#[derive(Debug, Clone)]
pub struct Fetch {
    origin: Arc<str>,
    limit: Limit,
}

impl Fetch {
    /// Calls go to the peer at `origin`, such as `http://localhost:50051`, and take answers up to this limit.
    pub fn new(origin: Arc<str>, limit: Limit) -> Self {
        Self { origin, limit }
    }
}

impl Service<http::Request<Body>> for Fetch {
    type Response = http::Response<FetchBody>;
    type Error = Status;
    // What belongs to JavaScript stays in its thread; a page has only one.
    type Future = SendWrapper<Pin<Box<dyn Future<Output = Result<Self::Response, Status>>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    /// # Cancel safety
    /// Dropping the future, or the body of the response, aborts the `fetch`.
    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let max_message_bytes = self.limit.max_message_bytes();
        SendWrapper::new(Box::pin(call(self.origin.clone(), request, max_message_bytes)))
    }
}

async fn call(
    origin: Arc<str>,
    request: http::Request<Body>,
    max_message_bytes: usize,
) -> Result<http::Response<FetchBody>, Status> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    if Method::of(path).is_some_and(|method| method.client_streaming) {
        return Err(Failure::StreamByFetch {
            path: path.to_owned(),
        }
        .into());
    }
    let tap = parts.extensions.get::<Tap>().cloned();
    let sent_headers = headers::of_request(&parts.headers);
    let body = body.collect().await?.to_bytes();

    let abort = Abort::new()?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_credentials(RequestCredentials::Omit);
    init.set_headers_headers(&headers::to_browser(&sent_headers)?);
    init.set_body(&Uint8Array::from(&body[..]));
    init.set_signal(Some(&abort.signal()));
    let fetch = web_sys::window()
        .ok_or(Failure::NoBrowser)?
        .fetch_with_str_and_init(&format!("{origin}{path}"), &init);
    if let Some(tap) = &tap {
        tap.tell(Crossing::RequestHeaders(sent_headers));
        tell_sent(tap, body);
        tap.tell(Crossing::FinishedSending);
    }

    let response: Response = match JsFuture::from(fetch).await {
        Ok(response) => response.unchecked_into(),
        Err(why) => return Err(abort.failure(&why, Failure::Unreachable { origin }).into()),
    };
    let mut headers = headers::from_browser(&response.headers());
    if let Some(tap) = &tap {
        tap.tell(Crossing::ResponseHeaders(headers.clone()));
    }
    let body = if headers.contains_key(Status::GRPC_STATUS) {
        // An answer that is trailers only: its status is among the headers, and nothing follows.
        if let Some(tap) = &tap {
            tap.tell(Crossing::Trailers(headers::trailers_among(&headers)));
        }
        match body::reader_of(&response) {
            Some(reader) => rest::let_end(reader, abort),
            None => abort.call_ended(),
        }
        FetchBody::empty()
    } else {
        check_is_grpc_web(&response, &headers).await?;
        FetchBody::new(&response, abort, tap, max_message_bytes)
    };
    headers.insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/grpc"),
    );

    let mut answer = http::Response::new(body);
    *answer.headers_mut() = headers;
    Ok(answer)
}

/// An answer that is not gRPC-Web says nothing a gRPC client understands: say in its place what came.
async fn check_is_grpc_web(response: &Response, headers: &http::HeaderMap) -> Result<(), Failure> {
    let content_type = headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if !response.ok() {
        let text = if content_type.starts_with("text/plain") {
            body::first_line(response).await
        } else {
            String::new()
        };
        return Err(Failure::Http {
            status: response.status(),
            text,
        });
    }
    // Base64 (`application/grpc-web-text`) was not asked for and is not read.
    let is_binary = content_type
        .strip_prefix("application/grpc-web")
        .is_some_and(|rest| !rest.starts_with("-text"));
    if is_binary {
        Ok(())
    } else {
        Err(Failure::NotGrpcWeb {
            content_type: content_type.to_owned(),
        })
    }
}

/// Tells the frames of a whole request; they are parts of it, not copies.
fn tell_sent(tap: &Tap, body: Bytes) {
    // The request kept its limit before it came here.
    let mut frames = FrameDecoder::new(usize::MAX - PREFIX_LEN);
    frames.push(body);
    while let Ok(Some(frame)) = frames.next_encoded() {
        tap.tell(Crossing::Sent(frame));
    }
}
