//! What a call of another peer is let in with, and how it is taken back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Extensions;
use iroh::EndpointId;
use tonic::Status;

use super::{Caller, Rule, Standing};
use crate::layers::Ending;

/// Lets one call of another peer in as long as that peer may make it. The door that let it in tells it when its peer
/// has become somebody else; a call that is then allowed no more ends at once, whatever it is doing.
///
/// A cheap clone of one handle, found in the extensions of the request.
#[derive(Debug, Clone)]
pub struct Pass(Arc<Held>);

#[derive(Debug)]
struct Held {
    id: EndpointId,
    ending: Ending,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    standing: Standing,
    /// What it was used for, once that is known.
    rule: Option<Rule>,
}

impl Pass {
    /// A pass for a call of this peer, which is that to us now.
    pub fn new(id: EndpointId, standing: Standing) -> Self {
        Self(Arc::new(Held {
            id,
            ending: Ending::default(),
            state: Mutex::new(State { standing, rule: None }),
        }))
    }

    /// The extensions of a request that comes in with it: who calls, what ends the call, and the pass itself.
    pub fn extensions(&self) -> Extensions {
        let mut extensions = Extensions::new();
        extensions.insert(self.caller_as(self.state().standing));
        extensions.insert(self.0.ending.clone());
        extensions.insert(self.clone());
        extensions
    }

    /// Decides about the call, now and whenever its peer turns into somebody else.
    ///
    /// # Errors
    /// See [`Rule::check`].
    pub(super) fn show(&self, rule: Rule) -> Result<(), Status> {
        let mut state = self.state();
        state.rule = Some(rule);
        let caller = self.caller_as(state.standing);
        drop(state);
        rule.check(Some(&caller))
    }

    /// Its peer is something else to us now.
    ///
    /// # Errors
    /// Where the call was ended by that.
    pub fn turn(&self, standing: Standing) -> Result<(), Status> {
        let rule = {
            let mut state = self.state();
            state.standing = standing;
            state.rule
        };
        // Before it is known what is called, nothing has happened yet.
        let Some(rule) = rule else { return Ok(()) };
        rule.check(Some(&self.caller_as(standing)))
            .inspect_err(|status| self.take_back(status.clone()))
    }

    /// Ends the call.
    pub fn take_back(&self, status: Status) {
        // Outside of the lock: what ends may look at its pass.
        self.0.ending.end(status);
    }

    fn caller_as(&self, standing: Standing) -> Caller {
        Caller::Peer {
            id: self.0.id,
            standing,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        time::{Duration, Instant},
    };

    use http::{Request, Response};
    use http_body_util::BodyExt;
    use tonic::{Code, body::Body};
    use tower::{Layer, ServiceExt, service_fn};

    use super::*;
    use crate::{
        access::Guarded,
        layers::{CallLayer, Calls},
    };

    fn pass(standing: Standing) -> Pass {
        Pass::new(iroh::SecretKey::from_bytes(&[1; 32]).public(), standing)
    }

    fn request(pass: &Pass) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.extensions_mut() = pass.extensions();
        request
    }

    /// An answer that never ends, of a service for friends, behind the layer that can end calls.
    async fn endless(calls: &Calls, pass: &Pass) -> Response<Body> {
        let service = service_fn(|_: Request<Body>| async {
            let never = http_body_util::StreamBody::new(futures_util::stream::pending::<
                Result<http_body::Frame<bytes::Bytes>, Status>,
            >());
            Ok::<_, Infallible>(Response::new(Body::new(never)))
        });
        let guarded = Guarded::new(service, Rule::FriendsAndMembers);
        CallLayer::new(calls.clone(), |_| false)
            .layer(guarded)
            .oneshot(request(pass))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn an_open_call_for_friends_ends_at_once_when_its_peer_is_none_any_more() {
        for (before, after) in [
            (Standing::Friend, Standing::Stranger),
            (Standing::Friend, Standing::Blocked),
            (Standing::Member, Standing::Blocked),
        ] {
            let (calls, pass) = (Calls::new(), pass(before));
            let answer = endless(&calls, &pass).await;
            assert_eq!(answer.headers().get("grpc-status"), None, "it is let in");
            assert_eq!(calls.open_calls(), 1);
            let start = Instant::now();
            pass.turn(after).unwrap_err();
            let trailers = answer.into_body().collect().await.unwrap();
            assert_eq!(
                trailers.trailers().unwrap()["grpc-status"],
                "7",
                "{before:?} to {after:?}"
            );
            assert!(start.elapsed() < Duration::from_secs(1));
            assert_eq!(calls.open_calls(), 0);
        }
    }

    #[tokio::test]
    async fn an_open_call_goes_on_where_what_its_peer_has_become_may_make_it_too() {
        let (calls, pass) = (Calls::new(), pass(Standing::Friend));
        let _answer = endless(&calls, &pass).await;
        pass.turn(Standing::Member).unwrap();
        assert_eq!(calls.open_calls(), 1);
    }

    #[tokio::test]
    async fn a_peer_that_is_removed_while_its_call_is_on_the_way_in_is_refused() {
        let (calls, pass) = (Calls::new(), pass(Standing::Friend));
        pass.turn(Standing::Stranger).unwrap();
        let answer = endless(&calls, &pass).await;
        assert_eq!(answer.headers()["grpc-status"], "7");
        assert_eq!(
            pass.show(Rule::AnyCaller).map_err(|status| status.code()),
            Ok::<(), Code>(())
        );
    }
}
