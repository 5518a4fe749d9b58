//! Connections to other peers, made when they are needed and used as long as they live.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use iroh::{
    EndpointAddr, EndpointId, TransportAddr,
    endpoint::{ConnectError, ConnectingError, Connection, ConnectionError, TransportErrorCode},
};
use tokio::time::timeout;

use super::{
    Network, NetworkError,
    admission::Role,
    book::MIN_PREFIX,
    goodbye::Goodbye,
    link::{self, Link},
    live::Dialling,
    meet,
};
use crate::calls::{self, Dialled};

/// How long a dial may take. The library gives up after 30 s.
const DIAL_TIME: Duration = Duration::from_secs(3);

/// How to reach one peer.
#[derive(Debug, Clone)]
pub struct PeerDial {
    network: Network,
    id: EndpointId,
}

impl PeerDial {
    pub(super) fn new(network: Network, id: EndpointId) -> Self {
        Self { network, id }
    }

    /// A connection for calls, new or in use already.
    ///
    /// # Errors
    /// Where the peer cannot be reached, or wants nothing to do with this one.
    pub async fn connection(&self) -> Result<Dialled, NetworkError> {
        self.network.calls_to(self.id).await
    }
}

impl Network {
    /// How to reach the peer a person means.
    ///
    /// # Errors
    /// Where none is meant, or several, or it is blocked.
    pub fn dial_to(&self, peer: &str) -> Result<PeerDial, NetworkError> {
        let id = self.other(peer)?;
        if self.is_blocked(id) {
            return Err(NetworkError::Blocked);
        }
        Ok(PeerDial::new(self.clone(), id))
    }

    /// Another peer, which a person means.
    pub(super) fn other(&self, peer: &str) -> Result<EndpointId, NetworkError> {
        match self.book().resolve(peer) {
            Ok(id) if id == self.id() => Err(NetworkError::Oneself),
            Err(NetworkError::Unknown(_)) if self.is_meant_by(peer.trim()) => Err(NetworkError::Oneself),
            found => found,
        }
    }

    /// Whether this is the name of this peer itself, or the beginning of its id.
    fn is_meant_by(&self, text: &str) -> bool {
        let beginning = text.to_ascii_lowercase();
        text == self.name() || beginning.len() >= MIN_PREFIX && self.id().to_string().starts_with(&beginning)
    }

    /// A link to a peer, made if there is none. Who asks while it is being made waits for the same one.
    pub(super) async fn link(&self, id: EndpointId) -> Result<Link, NetworkError> {
        let dialling = {
            let mut live = self.live();
            if let Some(link) = live.link(id) {
                return Ok(link);
            }
            let dial = || {
                let (network, ended) = (self.clone(), self.clone());
                let dial = async move { network.make_link(id).await };
                self.dialling(dial, move || drop(ended.live().linking.remove(&id)))
            };
            live.linking.entry(id).or_insert_with(dial).clone()
        };
        dialling.await
    }

    /// A connection for calls, made if there is none.
    async fn calls_to(&self, id: EndpointId) -> Result<Dialled, NetworkError> {
        let dialling = {
            let mut live = self.live();
            if let Some(calls) = live.calls(id) {
                return Ok(calls);
            }
            let dial = || {
                let (network, ended) = (self.clone(), self.clone());
                let dial = async move { network.make_calls(id).await };
                self.dialling(dial, move || drop(ended.live().calling.remove(&id)))
            };
            live.calling.entry(id).or_insert_with(dial).clone()
        };
        dialling.await
    }

    /// Runs a dial to its end, whoever waits for it: one that was given up half-way would leave half a link.
    fn dialling<T: Clone + Send + Sync + 'static>(
        &self,
        dial: impl Future<Output = Result<T, NetworkError>> + Send + 'static,
        ended: impl FnOnce() + Send + 'static,
    ) -> Dialling<T> {
        let stop = self.0.stop.clone();
        let dial = self.0.tasks.spawn(async move {
            // A dial that panicked must not be waited for by the next one.
            let made = AssertUnwindSafe(stop.run_until_cancelled(dial))
                .catch_unwind()
                .await;
            ended();
            made
        });
        async move {
            match dial.await {
                Ok(Ok(Some(made))) => made,
                Ok(Ok(None)) => Err(NetworkError::unreachable("this peer is stopping")),
                Ok(Err(_)) | Err(_) => Err(NetworkError::unreachable("the dial broke off")),
            }
        }
        .boxed()
        .shared()
    }

    async fn make_link(&self, id: EndpointId) -> Result<Link, NetworkError> {
        let connection = self.connect(id, link::ALPN).await?;
        let line = meet::meet(self, connection, Role::Dialler).await?;
        let link = line.link().clone();
        self.spawn(line.run());
        Ok(link)
    }

    async fn make_calls(&self, id: EndpointId) -> Result<Dialled, NetworkError> {
        // It answers calls only of those it has admitted. A process that was started again has admitted nobody yet.
        let link = self.link(id).await?;
        if !link.probe().await {
            // Not for lost: calls that are under way have their own time.
            link.close(Goodbye::Idle);
            self.link(id).await?;
        }
        let connection = self.connect(id, calls::ALPN).await?;
        let dialled = Dialled {
            connection,
            in_use: Arc::default(),
        };
        let mut live = self.live();
        if self.is_blocked(id) {
            Goodbye::Blocked.close(&dialled.connection);
            return Err(NetworkError::Blocked);
        }
        live.keep_calls(id, dialled.clone());
        Ok(dialled)
    }

    /// Where packets to a peer may go: where it said itself that it is as far as that is near, where this person's tickets
    /// say, and by this person's relays alone, whichever others a peer may name.
    pub(super) fn routes_to(&self, id: EndpointId) -> Result<Vec<TransportAddr>, NetworkError> {
        let known = self
            .book()
            .get(id)
            .ok_or_else(|| NetworkError::Unknown(id.to_string()))?;
        let said = known.addresses.into_iter().chain(known.hints);
        let near = said.filter(|address| self.0.near.contains(*address));
        let relays = self.0.relays.iter().cloned().map(TransportAddr::Relay);
        // One that came by itself may have said nothing yet.
        let open = self.link_to(id).and_then(|link| link.path());
        let mut routes: Vec<_> = near
            .chain(known.ticket_addresses)
            .map(TransportAddr::Ip)
            .chain(open)
            .chain(relays)
            .collect();
        routes.sort();
        routes.dedup();
        Ok(routes)
    }

    pub(super) async fn connect(&self, id: EndpointId, alpn: &[u8]) -> Result<Connection, NetworkError> {
        let routes = self.routes_to(id)?;
        if routes.is_empty() {
            return Err(NetworkError::unreachable(
                "no address of it is known that is on a network of this machine",
            ));
        }
        let address = EndpointAddr::from_parts(id, routes);
        let connection = match timeout(DIAL_TIME, self.0.endpoint.connect(address, alpn)).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return Err(why_not(&error)),
            Err(_) => return Err(NetworkError::NoAnswer(DIAL_TIME)),
        };
        let mut live = self.live();
        if live.is_stopping {
            Goodbye::Stopping.close(&connection);
            return Err(NetworkError::unreachable("this peer is stopping"));
        }
        live.add_connection(&connection, usize::MAX);
        Ok(connection)
    }
}

/// Why a peer was not reached, as far as it said so itself.
fn why_not(error: &ConnectError) -> NetworkError {
    /// The alert `no_application_protocol` of TLS (RFC 7301, section 3.2): each protocol has its version in its name.
    const NO_APPLICATION_PROTOCOL: u8 = 120;
    /// The alert `unknown_ca` (RFC 8446, section 6.2), with which this end turns away another key than the one it wants.
    const UNKNOWN_CA: u8 = 48;
    let why = match error {
        ConnectError::Connecting {
            source: ConnectingError::ConnectionError { source, .. },
            ..
        }
        | ConnectError::Connection { source, .. } => Some(source),
        _ => None,
    };
    match why {
        Some(ConnectionError::ConnectionClosed(close))
            if close.error_code == TransportErrorCode::crypto(NO_APPLICATION_PROTOCOL) =>
        {
            NetworkError::OtherVersion
        }
        // It may say so before this end knows that there is a connection at all.
        Some(ConnectionError::ApplicationClosed(close)) if Goodbye::Blocked.is(close) => {
            NetworkError::BlockedThere
        }
        // Its own silence is as long as the dial, and may be over first.
        Some(ConnectionError::TimedOut) => NetworkError::NoAnswer(DIAL_TIME),
        Some(ConnectionError::TransportError(error))
            if error.code == TransportErrorCode::crypto(UNKNOWN_CA) =>
        {
            NetworkError::unreachable("what answers there has another key")
        }
        Some(why) => NetworkError::unreachable(why.to_string()),
        None => NetworkError::unreachable(format!("{error:#}")),
    }
}
