//! Tries to reach a peer, step by step, and tells what was seen.

use std::{
    pin::Pin,
    time::{Duration, Instant},
};

use contract::parcero::v1::{DiagnoseStep, diagnose_step::Step};
use futures_core::Stream;
use futures_util::stream;
use iroh::{EndpointId, TransportAddr};
use tokio::time::timeout;

use super::{Network, NetworkError, PeerDial, PeerView, goodbye::Goodbye};

/// How long a call to another peer may take here.
const CALL_TIME: Duration = Duration::from_secs(3);

/// Asks a peer by a call whether it is well.
pub trait AskHealth: Send + Sync + 'static {
    /// Returns when it said so.
    ///
    /// # Errors
    /// Where it cannot be reached, or refuses.
    fn ask(&self, peer: PeerDial) -> impl Future<Output = Result<(), NetworkError>> + Send;
}

impl Network {
    /// Asks a peer for a sign of life: what it is, and how long it took.
    ///
    /// # Errors
    /// Where no peer is meant, or it does not answer.
    pub async fn ping(&self, peer: &str, ask: &impl AskHealth) -> Result<(PeerView, Duration), NetworkError> {
        let id = self.other(peer)?;
        if self.is_blocked(id) {
            return Err(NetworkError::Blocked);
        }
        let start = Instant::now();
        self.has_answered(id, ask).await?;
        let took = start.elapsed();
        let view = self
            .view_of(id)
            .ok_or_else(|| NetworkError::Unknown(id.to_string()))?;
        Ok((view, took))
    }

    async fn has_answered(&self, id: EndpointId, ask: &impl AskHealth) -> Result<(), NetworkError> {
        match timeout(CALL_TIME, ask.ask(PeerDial::new(self.clone(), id))).await {
            Ok(answered) => answered,
            Err(_) => Err(NetworkError::unreachable(format!(
                "it took the call and did not answer within {} seconds",
                CALL_TIME.as_secs()
            ))),
        }
    }

    /// Tries to reach a peer, step by step. It ends with the first step that fails. One that is blocked is not contacted.
    ///
    /// # Errors
    /// Where no peer is meant.
    pub fn diagnose(
        &self,
        peer: &str,
        ask: impl AskHealth,
    ) -> Result<Pin<Box<dyn Stream<Item = DiagnoseStep> + Send>>, NetworkError> {
        let id = self.other(peer)?;
        // Nothing goes to a peer that is blocked, and nothing but that is the reason.
        let first = match self.is_blocked(id) {
            true => Step::Admission,
            false => Step::Address,
        };
        let start = (self.clone(), ask, Some(first));
        Ok(Box::pin(stream::unfold(
            start,
            move |(network, ask, step)| async move {
                let step = step?;
                let done = network.step(id, step, &ask).await;
                let next = match step {
                    Step::Unspecified | Step::Call => None,
                    Step::Address => Some(Step::Packets),
                    Step::Packets => Some(Step::Handshake),
                    Step::Handshake => Some(Step::Admission),
                    Step::Admission => Some(Step::Call),
                };
                let next = next.filter(|_| done.passed);
                Some((done, (network, ask, next)))
            },
        )))
    }

    async fn step(&self, id: EndpointId, step: Step, ask: &impl AskHealth) -> DiagnoseStep {
        let start = Instant::now();
        let outcome = match step {
            Step::Unspecified | Step::Address => self.has_address(id),
            Step::Packets => self.has_packets(id).await,
            Step::Handshake => self.has_handshake(id).await,
            Step::Admission => self.has_admission(id).await,
            Step::Call => self.has_call(id, ask).await,
        };
        let (passed, evidence, next) = match outcome {
            Ok(evidence) => (true, evidence, String::new()),
            Err((evidence, next)) => (false, evidence, next.to_owned()),
        };
        let took = start.elapsed();
        let evidence = if took < Duration::from_millis(1) || step == Step::Address {
            evidence
        } else {
            format!("{evidence} (after {} ms)", took.as_millis())
        };
        DiagnoseStep {
            step: step.into(),
            passed,
            evidence,
            next,
        }
    }

    fn has_address(&self, id: EndpointId) -> Outcome {
        let routes = self.routes_to(id).map_err(|error| (error.to_string(), ""))?;
        if !routes.is_empty() {
            return Ok(routes.iter().map(shown).collect::<Vec<_>>().join(", "));
        }
        let told = self
            .book()
            .get(id)
            .map(|known| known.addresses)
            .unwrap_or_default();
        let evidence = match told.is_empty() {
            true => "no address of this peer is known".to_owned(),
            false => "all known addresses of this peer are on networks this machine is not in".to_owned(),
        };
        Err((
            evidence,
            "Ask its person for a new ticket (`parcero ticket` there), and add it here with `parcero friend add`.",
        ))
    }

    async fn has_packets(&self, id: EndpointId) -> Outcome {
        if let Some(link) = self.link_to(id) {
            if link.answers().await {
                let path = link
                    .path()
                    .as_ref()
                    .map_or_else(|| "a connection".to_owned(), shown);
                return Ok(format!("packets come and go by {path}"));
            }
            link.close(Goodbye::Idle);
        }
        match self.connect(id, super::link::ALPN).await {
            Err(error @ NetworkError::NoAnswer(_)) => Err((
                error.to_string(),
                "Nothing answers there. See that the peer runs, that both machines are on one network, that no firewall \
                 drops UDP to its port, and that its address is still the same.",
            )),
            Err(error) => Ok(format!("something answered: {error}")),
            Ok(connection) => {
                Goodbye::Idle.close(&connection);
                Ok("something answered".to_owned())
            }
        }
    }

    async fn has_handshake(&self, id: EndpointId) -> Outcome {
        if self.link_to(id).is_some() {
            return Ok("it has proved its key".to_owned());
        }
        match self.connect(id, super::link::ALPN).await {
            Ok(connection) => {
                Goodbye::Idle.close(&connection);
                Ok("it proved its key".to_owned())
            }
            // Who says so has proved its key before.
            Err(NetworkError::BlockedThere) => Ok("it proved its key".to_owned()),
            Err(error) => Err((
                error.to_string(),
                "Something is there, but not this peer, or one of a version that cannot talk to this one. Another peer \
                 may have its address now: ask its person for a new ticket, and compare `parcero --version`.",
            )),
        }
    }

    async fn has_admission(&self, id: EndpointId) -> Outcome {
        if self.is_blocked(id) {
            return Err((
                NetworkError::Blocked.to_string(),
                "`parcero friend unblock` takes the block back.",
            ));
        }
        match self.link(id).await {
            Ok(_) => Ok("both belong to the same network".to_owned()),
            Err(error @ NetworkError::BlockedThere) => Err((
                error.to_string(),
                "Only its person can take that back (`parcero friend unblock` there).",
            )),
            Err(error) => Err((
                error.to_string(),
                "Compare --network and the secret file on both sides, and see in `parcero peers` on both that neither \
                 has blocked the other.",
            )),
        }
    }

    async fn has_call(&self, id: EndpointId, ask: &impl AskHealth) -> Outcome {
        match self.has_answered(id, ask).await {
            Ok(()) => Ok("grpc.health.v1.Health/Check came back".to_owned()),
            Err(error) => Err((
                error.to_string(),
                "The peer is there and answers no calls: look at what it logs (PARCERO_LOG=debug).",
            )),
        }
    }
}

fn shown(address: &TransportAddr) -> String {
    match address {
        TransportAddr::Ip(address) => address.to_string(),
        TransportAddr::Relay(url) => format!("the relay {url}"),
        other => format!("{other:?}"),
    }
}

/// Evidence, or evidence and what to try next.
type Outcome = Result<String, (String, &'static str)>;
