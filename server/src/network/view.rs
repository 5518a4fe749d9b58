//! A peer as it is shown.

use std::time::Duration;

use iroh::TransportAddr;

use super::{
    Network,
    card::now,
    known::{Known, Relation},
    link::Link,
    live::Sight,
    near::Near,
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
    /// The kind of path an address is, from this machine.
    pub(super) fn of(address: &TransportAddr, near: &Near) -> Self {
        match address {
            TransportAddr::Ip(address) if near.is_own(address.ip()) => Self::Lan,
            TransportAddr::Relay(_) => Self::Relayed,
            _ => Self::Direct,
        }
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
        let mut known = known.clone();
        if is_there {
            // In the book it is true to the minute.
            known.last_seen = Some(now());
        }
        PeerView {
            is_online: is_there,
            path: link
                .as_ref()
                .and_then(Link::path)
                .map(|address| Path::of(&address, &self.0.near)),
            round_trip: link.as_ref().and_then(Link::round_trip),
            bytes_in: bytes.0,
            bytes_out: bytes.1,
            knows: link
                .map(|link| link.knows().into_iter().collect())
                .unwrap_or_default(),
            name_has_another_key: all
                .iter()
                .filter(|other| other.is_familiar())
                .any(|other| known.has_name_of(other)),
            known,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::near::Reach;

    #[test]
    fn a_way_is_of_this_network_where_the_address_is_in_a_subnet_of_this_machine_whatever_its_range() {
        let subnets = [
            ("192.168.1.7", 24),
            ("203.0.113.5", 28),
            ("2001:db8:7::5", 64),
            ("fe80::5", 64),
        ];
        for reach in [Reach::Subnets, Reach::Internet] {
            let near = Near::with(reach, &subnets);
            for (address, expected) in [
                ("127.0.0.1:1", Path::Lan),
                ("[::1]:1", Path::Lan),
                ("192.168.1.9:1", Path::Lan),
                ("[::ffff:192.168.1.9]:1", Path::Lan),
                // Addresses the whole internet knows, next door all the same.
                ("203.0.113.14:1", Path::Lan),
                ("[2001:db8:7::9]:1", Path::Lan),
                ("[fe80::9]:1", Path::Lan),
                // Ranges that many networks use, and this machine is in none of these.
                ("10.1.2.3:1", Path::Direct),
                ("192.168.2.9:1", Path::Direct),
                ("[fd00::9]:1", Path::Direct),
                ("203.0.113.16:1", Path::Direct),
                ("[2001:db8:8::9]:1", Path::Direct),
            ] {
                let address = TransportAddr::Ip(address.parse().unwrap());
                assert_eq!(Path::of(&address, &near), expected, "{address:?}");
            }
            let relay = "https://relay.example".parse().unwrap();
            assert_eq!(Path::of(&TransportAddr::Relay(relay), &near), Path::Relayed);
        }
    }
}
