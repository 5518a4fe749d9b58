//! A peer as it is shown.

use std::{net::IpAddr, time::Duration};

use iroh::TransportAddr;

use super::{
    Network,
    known::{Known, Relation},
    link::Link,
    live::Sight,
};

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
    /// Received from it since this peer started.
    pub bytes_in: u64,
    /// Sent to it since this peer started.
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
        views.sort_by_cached_key(|view| {
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
        let Sight {
            link,
            is_there,
            bytes,
        } = self.live().sight(known.id);
        let person_knows = |other: &&Known| other.relation == Relation::Friend || other.label.is_some();
        PeerView {
            is_online: is_there,
            path: link
                .as_ref()
                .and_then(Link::path)
                .map(|address| Path::of(&address)),
            round_trip: link.as_ref().and_then(Link::round_trip),
            bytes_in: bytes.0,
            bytes_out: bytes.1,
            knows: link
                .map(|link| link.knows().into_iter().collect())
                .unwrap_or_default(),
            name_has_another_key: all
                .iter()
                .filter(person_knows)
                .any(|other| known.has_name_of(other)),
            known: known.clone(),
        }
    }
}
