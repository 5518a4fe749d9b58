//! Who is calling, and who may call what. Deny by default: a request without a [`Caller`] is refused.
//!
//! What was allowed is allowed as long as its caller is who it was: see [`Pass`]. What another peer is to this one, and how
//! much it may have, is decided in `peers`.

mod pass;
mod peers;

use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};

use futures_util::future::Either;
use http::{Request, Response};
use iroh::EndpointId;
use tonic::{Status, body::Body, server::NamedService};
use tower_service::Service;

pub use self::{
    pass::Pass,
    peers::{Facts, Hearing, Limits, MAX_CONNECTIONS, Purpose, Refusal, Share, Standing, is_shut_out},
};
use crate::{audit, layers::refuse};

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

/// Who may call a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Whoever came in by one of the doors.
    AnyCaller,
    /// Friends, members of the same secret network, and the person of this peer.
    FriendsAndMembers,
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
            (_, Some(Caller::Local)) => Ok(()),
            (
                _,
                Some(Caller::Peer {
                    id,
                    standing: Blocked,
                }),
            ) => {
                audit::refused(*id, "a call was refused: blocked");
                Err(Status::permission_denied("this peer answers nothing of yours"))
            }
            (
                Rule::AnyCaller,
                Some(Caller::Peer {
                    standing: Stranger | Member | Friend,
                    ..
                }),
            )
            | (
                Rule::FriendsAndMembers,
                Some(Caller::Peer {
                    standing: Member | Friend,
                    ..
                }),
            ) => Ok(()),
            (
                Rule::FriendsAndMembers,
                Some(Caller::Peer {
                    id,
                    standing: Stranger,
                }),
            ) => {
                audit::refused(*id, "a call was refused: for friends alone");
                Err(Status::permission_denied(
                    "this is for friends, and you are none: ask to be one, or use an invitation",
                ))
            }
            (Rule::LocalOnly, Some(Caller::Peer { id, .. })) => {
                audit::refused(*id, "a call was refused: for the person of this peer alone");
                Err(Status::permission_denied(
                    "only the person of this peer may call this, on its own machine",
                ))
            }
        }
    }
}

/// Whether a call may be passed on to another peer: one hop, and no peer is a proxy for others.
///
/// # Errors
/// UNAUTHENTICATED where no door said who is calling, PERMISSION_DENIED where another peer is.
pub fn may_be_passed_on(caller: Option<&Caller>) -> Result<(), Status> {
    match caller {
        None => Err(nobody()),
        Some(Caller::Local) => Ok(()),
        Some(Caller::Peer { id, .. }) => {
            audit::refused(*id, "a call was refused: it was to be passed on to another peer");
            Err(Status::permission_denied(
                "a peer does not pass on the calls of another peer",
            ))
        }
    }
}

/// What a call is told that no door vouched for.
fn nobody() -> Status {
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
        let checked = match request.extensions().get::<Pass>() {
            Some(pass) => pass.show(self.rule),
            None => self.rule.check(request.extensions().get::<Caller>()),
        };
        match checked {
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
        for rule in [Rule::AnyCaller, Rule::FriendsAndMembers, Rule::LocalOnly] {
            assert_eq!(rule.check(None).unwrap_err().code(), Code::Unauthenticated);
            assert!(rule.check(Some(&Caller::Local)).is_ok());
        }
    }

    #[test]
    fn another_peer_administers_nothing_a_stranger_says_hello_and_a_blocked_one_not_even_that() {
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
            let friendly = Rule::FriendsAndMembers.check(Some(&caller));
            let is_close = matches!(standing, Standing::Member | Standing::Friend);
            assert_eq!(friendly.is_ok(), is_close, "{standing:?}");
        }
    }

    #[test]
    fn only_the_person_of_this_peer_has_its_calls_passed_on() {
        let id = iroh::SecretKey::from_bytes(&[1; 32]).public();
        assert!(may_be_passed_on(Some(&Caller::Local)).is_ok());
        assert_eq!(may_be_passed_on(None).unwrap_err().code(), Code::Unauthenticated);
        for standing in [
            Standing::Blocked,
            Standing::Stranger,
            Standing::Member,
            Standing::Friend,
        ] {
            let refused = may_be_passed_on(Some(&Caller::Peer { id, standing })).unwrap_err();
            assert_eq!(refused.code(), Code::PermissionDenied, "{standing:?}");
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
