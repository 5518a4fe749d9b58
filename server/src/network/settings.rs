//! What a network is told at its start.

use std::{fmt, net::SocketAddr, path::PathBuf};

use super::{Internet, Membership, Ticket};

/// What a network is told at its start.
pub struct NetworkSettings {
    /// The secret key of this peer.
    pub key: [u8; 32],
    /// What it calls itself.
    pub name: String,
    /// The UDP socket.
    pub listen: SocketAddr,
    /// Where it keeps what it knows.
    pub database: PathBuf,
    /// The network it belongs to.
    pub membership: Membership,
    /// Whether it looks for peers by multicast DNS.
    pub discovery: bool,
    /// Ways beyond this machine's own networks.
    pub internet: Option<Internet>,
    /// Peers to stay in touch with, the first before the second.
    pub friends: Vec<Ticket>,
}

impl fmt::Debug for NetworkSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkSettings")
            .field("name", &self.name)
            .field("listen", &self.listen)
            .field("membership", &self.membership)
            .finish_non_exhaustive()
    }
}
