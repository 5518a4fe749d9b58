//! A peer as it is shown.

use std::{net::IpAddr, time::Duration};

use iroh::TransportAddr;

use super::{
    Network,
    known::{Known, Relation},
    link::Link,
};

/// A peer that answered so long ago counts as being there.
const FRESH: Duration = Duration::from_secs(14);

/// How packets to a peer travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// By an address of this machine or of a network it is in.
    Lan,
    /// By an address on the internet.
    Direct,
    /// By a relay.
    Relayed,
}

impl Path {
    /// The kind of path an address is.
    pub(super) fn of(address: &TransportAddr) -> Self {
        match address {
            TransportAddr::Ip(address) if is_near(address.ip()) => Self::Lan,
            TransportAddr::Relay(_) => Self::Relayed,
            _ => Self::Direct,
        }
    }
}

fn is_near(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// A peer as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerView {
    /// What is known of it.
    pub known: Known,
    /// Whether it is there.
    pub is_online: bool,
    /// How packets to it travel, while there is a connection.
    pub path: Option<Path>,
    /// The last measured round trip.
    pub round_trip: Option<Duration>,
    /// Received from it by the connections that are open now.
    pub bytes_in: u64,
    /// Sent to it by the connections that are open now.
    pub bytes_out: u64,
    /// Whom it says it is connected to.
    pub knows: Vec<iroh::EndpointId>,
    /// A friend of the same name was known before, with another key.
    pub name_has_another_key: bool,
}

impl Network {
    /// Every peer that is known: friends first, then by name.
    pub fn peers(&self) -> Vec<PeerView> {
        let all = self.book().all();
        let mut views: Vec<_> = all.iter().map(|known| self.view(known, &all)).collect();
        views.sort_by_key(|view| {
            (
                view.known.relation != Relation::Friend,
                view.known.relation == Relation::Blocked,
                view.known.name().to_lowercase(),
                view.known.id,
            )
        });
        views
    }

    /// One peer, if it is known.
    pub fn view_of(&self, id: iroh::EndpointId) -> Option<PeerView> {
        let all = self.book().all();
        let known = all.iter().find(|known| known.id == id)?;
        Some(self.view(known, &all))
    }

    fn view(&self, known: &Known, all: &[Known]) -> PeerView {
        let link = self.link_to(known.id);
        let heard = self.live().heard.get(&known.id).copied();
        let (mut bytes_in, mut bytes_out) = (0, 0);
        for connection in self.connections(Some(known.id)) {
            let stats = connection.stats();
            bytes_in += stats.udp_rx.bytes;
            bytes_out += stats.udp_tx.bytes;
        }
        PeerView {
            is_online: link.is_some() || heard.is_some_and(|heard| heard.elapsed() < FRESH),
            path: link
                .as_ref()
                .and_then(Link::path)
                .map(|address| Path::of(&address)),
            round_trip: link.as_ref().and_then(Link::round_trip),
            bytes_in,
            bytes_out,
            knows: link.as_ref().map(Link::knows).unwrap_or_default(),
            name_has_another_key: all.iter().any(|other| known.has_name_of_friend(other)),
            known: known.clone(),
        }
    }
}
