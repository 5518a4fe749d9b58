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
    Peer {
        /// Its key.
        id: EndpointId,
        /// What it is to this peer now.
        standing: Standing,
    },
}

/// What another peer is to this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing of it is answered: its person was blocked, or it has not proved that it belongs to this network.
    Blocked,
    /// Anybody: it may say hello.
    Stranger,
    /// It has proved the secret of this network.
    Member,
    /// Both persons agreed.
    Friend,
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
        use Standing::{Blocked, Friend, Member, Stranger};
        match (self, caller) {
            (_, None) => Err(nobody()),
            (Rule::AnyCaller | Rule::LocalOnly, Some(Caller::Local)) => Ok(()),
            (
                _,
                Some(Caller::Peer {
                    id,
                    standing: Blocked,
                }),
            ) => {
                tracing::info!(target: "audit", peer = %id, "a call was refused: blocked");
                Err(Status::permission_denied("this peer answers nothing of yours"))
            }
            (
                Rule::AnyCaller,
                Some(Caller::Peer {
                    standing: Stranger | Member | Friend,
                    ..
                }),
            ) => Ok(()),
            (Rule::LocalOnly, Some(Caller::Peer { id, .. })) => {
                tracing::info!(target: "audit", peer = %id, "a call was refused: for the person of this peer alone");
                Err(Status::permission_denied(
                    "only the person of this peer may call this, on its own machine",
                ))
            }
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

    #[test]
    fn another_peer_administers_nothing_and_a_blocked_one_does_not_even_say_hello() {
        let id = iroh::SecretKey::from_bytes(&[1; 32]).public();
        for standing in [
            Standing::Blocked,
            Standing::Stranger,
            Standing::Member,
            Standing::Friend,
        ] {
            let caller = Caller::Peer { id, standing };
            let local = Rule::LocalOnly.check(Some(&caller)).unwrap_err();
            assert_eq!(local.code(), Code::PermissionDenied, "{standing:?}");
            let hello = Rule::AnyCaller.check(Some(&caller));
            assert_eq!(hello.is_ok(), standing != Standing::Blocked, "{standing:?}");
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
