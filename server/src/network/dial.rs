//! Connections to other peers, made when they are needed and used as long as they live.

use std::{sync::Arc, time::Duration};

use iroh::{EndpointAddr, EndpointId, TransportAddr, endpoint::Connection};
use tokio::time::timeout;

use super::{
    Network, NetworkError,
    admission::Role,
    link::{self, Link},
};
use crate::calls;

/// How long a dial may take. The library gives up after 30 s.
const DIAL_TIME: Duration = Duration::from_secs(3);

/// How to reach one peer, for [`calls::Caller`].
#[derive(Debug, Clone)]
pub struct PeerDial {
    network: Network,
    id: EndpointId,
}

impl PeerDial {
    pub(super) fn new(network: Network, id: EndpointId) -> Self {
        Self { network, id }
    }
}

impl PeerDial {
    /// A connection for calls, new or in use already.
    ///
    /// # Errors
    /// Where the peer cannot be reached, or wants nothing to do with this one.
    pub async fn connection(&self) -> Result<Connection, NetworkError> {
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
        let id = self.book().resolve(peer)?;
        if id == self.id() {
            return Err(NetworkError::Oneself);
        }
        Ok(id)
    }

    /// A link to a peer, made if there is none.
    pub(super) async fn link(&self, id: EndpointId) -> Result<Link, NetworkError> {
        if let Some(link) = self.link_to(id) {
            return Ok(link);
        }
        let turn = self.turn(id);
        let _turn = turn.lock().await;
        // Somebody else may have dialled it meanwhile.
        if let Some(link) = self.link_to(id) {
            return Ok(link);
        }
        let connection = self.connect(id, link::ALPN).await?;
        let (link, line) = link::meet(self, connection, Role::Dialler).await?;
        self.spawn(line.run(self.clone()));
        Ok(link)
    }

    /// A connection for calls, made if there is none.
    async fn calls_to(&self, id: EndpointId) -> Result<Connection, NetworkError> {
        if let Some(connection) = self.open_calls(id) {
            return Ok(connection);
        }
        // It answers calls only of those it has admitted.
        self.link(id).await?;
        let turn = self.turn(id);
        let _turn = turn.lock().await;
        if let Some(connection) = self.open_calls(id) {
            return Ok(connection);
        }
        let connection = self.connect(id, calls::ALPN).await?;
        self.live().calls.insert(id, connection.clone());
        Ok(connection)
    }

    fn open_calls(&self, id: EndpointId) -> Option<Connection> {
        let live = self.live();
        live.calls
            .get(&id)
            .filter(|connection| connection.close_reason().is_none())
            .cloned()
    }

    fn turn(&self, id: EndpointId) -> Arc<tokio::sync::Mutex<()>> {
        self.live().dialling.entry(id).or_default().clone()
    }

    pub(super) async fn connect(&self, id: EndpointId, alpn: &[u8]) -> Result<Connection, NetworkError> {
        let known = self
            .book()
            .get(id)
            .ok_or_else(|| NetworkError::Unknown(id.to_string()))?;
        if known.addresses.is_empty() && self.0.relays.is_empty() {
            return Err(NetworkError::unreachable("no address of it is known"));
        }
        // By the relays of this person alone, whichever others a peer may name.
        let relays = self.0.relays.iter().cloned().map(TransportAddr::Relay);
        let addresses = known.addresses.into_iter().map(TransportAddr::Ip);
        let address = EndpointAddr::from_parts(id, addresses.chain(relays));
        match timeout(DIAL_TIME, self.0.endpoint.connect(address, alpn)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(NetworkError::unreachable(format!("{error:#}"))),
            Err(_) => Err(NetworkError::unreachable(format!(
                "no answer within {} seconds",
                DIAL_TIME.as_secs()
            ))),
        }
    }
}
