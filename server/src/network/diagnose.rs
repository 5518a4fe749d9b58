//! Tries to reach a peer, step by step, and tells what was seen.

use std::{
    pin::Pin,
    time::{Duration, Instant},
};

use contract::parcero::v1::{DiagnoseStep, diagnose_step::Step};
use futures_core::Stream;
use futures_util::stream;
use iroh::EndpointId;
use tokio::time::timeout;

use super::{Network, NetworkError, PeerDial, PeerView};

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

    /// Tries to reach a peer, step by step. It ends with the first step that fails.
    ///
    /// # Errors
    /// Where no peer is meant.
    pub fn diagnose(
        &self,
        peer: &str,
        ask: impl AskHealth,
    ) -> Result<Pin<Box<dyn Stream<Item = DiagnoseStep> + Send>>, NetworkError> {
        let id = self.other(peer)?;
        let start = (self.clone(), ask, Some(Step::Address));
        Ok(Box::pin(stream::unfold(
            start,
            move |(network, ask, step)| async move {
                let step = step?;
                let done = network.step(id, step, &ask).await;
                let next = match step {
                    Step::Unspecified | Step::Call => None,
                    Step::Address => Some(Step::Handshake),
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
        let addresses = self
            .book()
            .get(id)
            .map(|known| known.addresses)
            .unwrap_or_default();
        if addresses.is_empty() {
            return Err((
                "no address of this peer is known".to_owned(),
                "Ask its person for a new ticket (`parcero ticket` there), and add it here with `parcero friend add`.",
            ));
        }
        Ok(addresses
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "))
    }

    async fn has_handshake(&self, id: EndpointId) -> Outcome {
        if let Some(link) = self.link_to(id) {
            return Ok(match link.path() {
                Some(address) => format!("connected already, at {address}"),
                None => "connected already".to_owned(),
            });
        }
        match self.connect(id, super::link::ALPN).await {
            Ok(connection) => {
                connection.close(0_u32.into(), b"diagnosed");
                Ok("it answered and proved its key".to_owned())
            }
            Err(error) => Err((
                error.to_string(),
                "Nothing answers there as this peer. See that it runs, that both machines are on one network, that no \
                 firewall drops UDP to its port, and that its address is still the same.",
            )),
        }
    }

    async fn has_admission(&self, id: EndpointId) -> Outcome {
        match self.link(id).await {
            Ok(_) => Ok("both belong to the same network".to_owned()),
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

/// Evidence, or evidence and what to try next.
type Outcome = Result<String, (String, &'static str)>;
