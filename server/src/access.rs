//! Who is calling, and who may call what. Deny by default: a request without a [`Caller`] is refused.

use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};

use futures_util::future::Either;
use http::{Request, Response};
use iroh::EndpointId;
use tonic::{Status, body::Body, server::NamedService};
use tower_service::Service;

use crate::layers::refuse;

/// Who makes a call. Each door puts one into the extensions of every request it lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Caller {
    /// Someone on this machine, by the TCP door.
    Local,
    /// Another peer, by QUIC, which proved that this is its key.
    Peer(EndpointId),
}

/// Who may call a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Whoever came in by one of the doors.
    AnyCaller,
    /// The person of this peer, on this machine.
    LocalOnly,
}

impl Rule {
    /// Decides about one call.
    ///
    /// # Errors
    /// UNAUTHENTICATED where no door said who is calling.
    pub fn check(self, caller: Option<&Caller>) -> Result<(), Status> {
        match (self, caller) {
            (_, None) => Err(nobody()),
            (Rule::AnyCaller | Rule::LocalOnly, Some(Caller::Local))
            | (Rule::AnyCaller, Some(Caller::Peer(_))) => Ok(()),
            (Rule::LocalOnly, Some(Caller::Peer(_))) => Err(Status::permission_denied(
                "only the person of this peer may call this, on its own machine",
            )),
        }
    }
}

/// What a call is told that no door vouched for.
pub(crate) fn nobody() -> Status {
    Status::unauthenticated("this call came by no known door: nobody said who is calling")
}

/// A service behind a [`Rule`].
#[derive(Debug, Clone)]
pub struct Guarded<S> {
    inner: S,
    rule: Rule,
}

impl<S> Guarded<S> {
    /// Lets only those whom `rule` allows reach `inner`.
    pub fn new(inner: S, rule: Rule) -> Self {
        Self { inner, rule }
    }
}

impl<S: NamedService> NamedService for Guarded<S> {
    const NAME: &'static str = S::NAME;
}

impl<S, B> Service<Request<B>> for Guarded<S>
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
        match self.rule.check(request.extensions().get::<Caller>()) {
            Ok(()) => Either::Left(self.inner.call(request)),
            Err(status) => Either::Right(ready(Ok(refuse(request.extensions(), status)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tonic::Code;
    use tower::{ServiceExt, service_fn};

    use super::*;

    #[test]
    fn nobody_is_let_in_without_a_door_that_said_who_it_is() {
        for rule in [Rule::AnyCaller, Rule::LocalOnly] {
            assert_eq!(rule.check(None).unwrap_err().code(), Code::Unauthenticated);
            assert!(rule.check(Some(&Caller::Local)).is_ok());
        }
    }

    #[tokio::test]
    async fn a_guarded_service_never_hears_of_a_call_that_is_refused() {
        let asked = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
        let refused = Guarded::new(asked, Rule::AnyCaller)
            .oneshot(Request::new(()))
            .await
            .unwrap();
        assert_eq!(refused.headers()["grpc-status"], "16");

        let mut request = Request::new(());
        request.extensions_mut().insert(Caller::Local);
        let answered = Guarded::new(asked, Rule::AnyCaller)
            .oneshot(request)
            .await
            .unwrap();
        assert_eq!(answered.headers().get("grpc-status"), None);
    }
}
