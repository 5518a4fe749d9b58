//! What every answer tells the browser about how the peer may be used by other pages: not at all.

use std::task::{Context, Poll};

use futures_util::{FutureExt, future::Map};
use http::{HeaderValue, Request, Response, header};
use tonic::body::Body;
use tower_service::Service;

/// A service whose answers carry the headers.
#[derive(Debug, Clone)]
pub(super) struct Headers<S> {
    inner: S,
}

impl<S> Headers<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, B> Service<Request<B>> for Headers<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Map<S::Future, fn(Result<Response<Body>, S::Error>) -> Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.inner.call(request).map(|result| result.map(protect))
    }
}

fn protect(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    // Native gRPC is never read by a browser.
    if headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value == "application/grpc")
    {
        return response;
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
