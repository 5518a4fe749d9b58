//! Passes a call on to another peer, where its metadata asks for that.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::future::Either;
use http::{Request, Response};
use tonic::{Status, body::Body};
use tower_layer::Layer;
use tower_service::Service;

use super::caller::{Caller, Dial};
use crate::{access, layers::refuse};

/// The metadata key that names the peer a call is for.
pub const PEER_KEY: &str = "parcero-peer";

/// Finds the peer a name means.
pub trait Directory: Clone + Send + Sync + 'static {
    /// How to reach it.
    type Dial: Dial;

    /// How to reach the peer that `name` means: an id, a name, or the beginning of an id.
    ///
    /// # Errors
    /// NOT_FOUND, INVALID_ARGUMENT where it is empty or several fit, FAILED_PRECONDITION where it is blocked.
    fn find(&self, name: &str) -> Result<Self::Dial, Status>;
}

/// Wraps a service in a [`ForwardService`].
#[derive(Debug, Clone)]
pub struct ForwardLayer<D> {
    directory: D,
}

impl<D> ForwardLayer<D> {
    /// Passes calls on to the peers of `directory`.
    pub fn new(directory: D) -> Self {
        Self { directory }
    }
}

impl<S, D: Clone> Layer<S> for ForwardLayer<D> {
    type Service = ForwardService<S, D>;

    fn layer(&self, inner: S) -> ForwardService<S, D> {
        ForwardService {
            inner,
            directory: self.directory.clone(),
        }
    }
}

/// See [`ForwardLayer`]. A call that names no peer goes to the service inside.
#[derive(Debug, Clone)]
pub struct ForwardService<S, D> {
    inner: S,
    directory: D,
}

type Passed = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

impl<S, D> Service<Request<Body>> for ForwardService<S, D>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    D: Directory,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<S::Future, Either<Passed, Ready<Result<Response<Body>, Infallible>>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if !request.headers().contains_key(PEER_KEY) {
            return Either::Left(self.inner.call(request));
        }
        Either::Right(match self.far(&request) {
            Ok(dial) => Either::Left(Box::pin(async move {
                let answered = Caller::new(dial).call(request).await;
                Ok(answered.unwrap_or_else(Status::into_http))
            })),
            Err(status) => Either::Right(ready(Ok(refuse(request.extensions(), status)))),
        })
    }
}

impl<S, D: Directory> ForwardService<S, D> {
    /// The peer a call is for, if its caller may have it passed on.
    fn far(&self, request: &Request<Body>) -> Result<D::Dial, Status> {
        access::may_be_passed_on(request.extensions().get())?;
        let mut names = request.headers().get_all(PEER_KEY).iter();
        let (Some(name), None) = (names.next(), names.next()) else {
            return Err(Status::invalid_argument(format!("{PEER_KEY} must name one peer")));
        };
        let name = name.to_str().map_err(|_| {
            Status::invalid_argument(format!(
                "what is not ASCII in {PEER_KEY} must be percent-encoded, such as %C3%B1 for ñ"
            ))
        })?;
        let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
        self.directory.find(&name)
    }
}
