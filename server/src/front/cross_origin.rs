//! Answers for pages of other origins that a person allowed. Everyone else gets no CORS header at all.

use std::task::{Context, Poll};

use futures_util::future::Either;
use http::{HeaderName, Method, Request, header};
use tower::Layer;
use tower_http::cors::{AllowHeaders, AllowOrigin, Cors, CorsLayer};
use tower_service::Service;

use super::entry::Rules;

/// A service that also answers allowed pages of other origins.
#[derive(Debug, Clone)]
pub(super) struct CrossOrigin<S> {
    own: S,
    allowed: Cors<S>,
    rules: Rules,
}

impl<S: Clone> CrossOrigin<S> {
    /// Answers pages of the origins `rules` allow, besides those of our own.
    pub(super) fn new(inner: S, rules: Rules) -> Self {
        let judge = rules.clone();
        let layer = CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(move |origin, _| {
                origin.to_str().is_ok_and(|origin| judge.allows(origin))
            }))
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
            // content-type, x-grpc-web, x-user-agent, grpc-timeout, and whatever metadata a call carries.
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers(
                ["grpc-status", "grpc-message", "grpc-status-details-bin"].map(HeaderName::from_static),
            );
        Self {
            own: inner.clone(),
            allowed: layer.layer(inner),
            rules,
        }
    }
}

impl<S, B> Service<Request<B>> for CrossOrigin<S>
where
    S: Service<Request<B>>,
    Cors<S>: Service<Request<B>, Response = S::Response, Error = S::Error>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<<Cors<S> as Service<Request<B>>>::Future, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        std::task::ready!(self.allowed.poll_ready(cx))?;
        self.own.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let origin = request
            .headers()
            .get(header::ORIGIN)
            .and_then(|origin| origin.to_str().ok());
        if origin.is_some_and(|origin| self.rules.allows(origin)) {
            Either::Left(self.allowed.call(request))
        } else {
            Either::Right(self.own.call(request))
        }
    }
}
