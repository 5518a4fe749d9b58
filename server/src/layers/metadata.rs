//! The limit on metadata, the same on every road.

use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};

use futures_util::future::Either;
use http::{HeaderMap, Request, Response};
use tonic::{Status, body::Body};
use tower_layer::Layer;
use tower_service::Service;

use super::refuse;

/// 16 KiB, counted as HTTP/2 does.
const MAX_METADATA_BYTES: usize = 16 * 1024;

/// HTTP/2 counts 32 bytes of overhead for each field (RFC 9113, section 6.5.2).
const FIELD_OVERHEAD_BYTES: usize = 32;

/// Wraps a service in a [`MetadataService`].
#[derive(Debug, Clone, Copy, Default)]
pub struct MetadataLayer;

impl<S> Layer<S> for MetadataLayer {
    type Service = MetadataService<S>;

    fn layer(&self, inner: S) -> MetadataService<S> {
        MetadataService { inner }
    }
}

/// Refuses calls with more metadata than the limit, with RESOURCE_EXHAUSTED.
#[derive(Debug, Clone)]
pub struct MetadataService<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for MetadataService<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response<Body>, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let bytes = size(request.headers());
        if bytes <= MAX_METADATA_BYTES {
            return Either::Left(self.inner.call(request));
        }
        let why = format!("the metadata is {bytes} bytes, at most {MAX_METADATA_BYTES} are allowed");
        Either::Right(ready(Ok(refuse(
            request.extensions(),
            Status::resource_exhausted(why),
        ))))
    }
}

fn size(headers: &HeaderMap) -> usize {
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + FIELD_OVERHEAD_BYTES)
        .sum()
}
