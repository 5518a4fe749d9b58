//! One peer of the network, safe to look at.

use contract::parcero::v1::{self as wire, PeerInfo};

use crate::model::visible::visible;

/// A name is a label, and its place is a column of a table.
pub const NAME_CHARS: usize = 64;

/// A peer.
#[derive(Debug, Clone, PartialEq)]
pub struct Peer {
    /// Its public key in hexadecimal: 64 digits.
    pub id: String,
    /// What to call it.
    pub name: String,
    /// What it calls itself.
    pub own_name: String,
    /// What is between it and this peer.
    pub relation: Relation,
    /// Whether it can be reached.
    pub is_online: bool,
    /// How packets to it travel, while they do.
    pub path: Option<Path>,
    /// The last measured round trip.
    pub round_trip_ms: Option<f64>,
    /// When it came to be known, in seconds since 1970.
    pub first_seen: Option<i64>,
    /// When it last answered, in seconds since 1970.
    pub last_seen: Option<i64>,
    /// Received from it since this peer started.
    pub bytes_in: u64,
    /// Sent to it since this peer started.
    pub bytes_out: u64,
    /// The version of its software; empty if it did not say.
    pub version: String,
    /// It asks to be friends.
    pub asks: bool,
    /// It was asked to be friends, and has not answered.
    pub asked: bool,
    /// How it came to be known.
    pub source: Source,
    /// Whom it says it is connected to, by their ids.
    pub knows: Vec<String>,
    /// It has a name that the person knows, and another key.
    pub name_has_another_key: bool,
}

/// What is between a peer and this one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Relation {
    /// Discovered or introduced, and no more.
    #[default]
    Stranger,
    /// Both persons agreed.
    Friend,
    /// Nothing of it is answered.
    Blocked,
}

/// How packets to a peer travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// Inside this machine or a network it is in.
    Lan,
    /// Over the internet, straight.
    Direct,
    /// By a relay.
    Relayed,
}

/// How a peer came to be known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Source {
    /// It was found on this network.
    Discovered,
    /// Another peer told of it.
    Introduced,
    /// By a ticket.
    Ticket,
    /// It came by itself.
    #[default]
    Called,
}

impl Peer {
    /// What was said of a peer.
    pub fn read(said: &PeerInfo) -> Self {
        let relation = match said.relation() {
            wire::Relation::Friend => Relation::Friend,
            wire::Relation::Blocked => Relation::Blocked,
            wire::Relation::Stranger | wire::Relation::Unspecified => Relation::Stranger,
        };
        let source = match said.source() {
            wire::Source::Discovered => Source::Discovered,
            wire::Source::Introduced => Source::Introduced,
            wire::Source::Ticket => Source::Ticket,
            wire::Source::Called | wire::Source::Unspecified => Source::Called,
        };
        Self {
            id: visible(&said.id, NAME_CHARS),
            name: visible(&said.name, NAME_CHARS),
            own_name: visible(&said.own_name, NAME_CHARS),
            relation,
            is_online: said.presence() == wire::Presence::Online,
            path: path(said.path()),
            round_trip_ms: said.round_trip.as_ref().map(milliseconds),
            first_seen: said.first_seen.map(|time| time.seconds),
            last_seen: said.last_seen.map(|time| time.seconds),
            bytes_in: said.bytes_in,
            bytes_out: said.bytes_out,
            version: visible(&said.version, NAME_CHARS),
            asks: said.asks,
            asked: said.asked,
            source,
            knows: said.knows.clone(),
            name_has_another_key: said.name_has_another_key,
        }
    }
}

/// How packets travel, if they do.
pub fn path(said: wire::Path) -> Option<Path> {
    match said {
        wire::Path::Unspecified => None,
        wire::Path::Lan => Some(Path::Lan),
        wire::Path::Direct => Some(Path::Direct),
        wire::Path::Relayed => Some(Path::Relayed),
    }
}

/// A time that was measured.
pub fn milliseconds(duration: &prost_types::Duration) -> f64 {
    duration.seconds as f64 * 1e3 + f64::from(duration.nanos) / 1e6
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A stranger that is away.
    pub(crate) fn peer(id: &str, name: &str) -> Peer {
        Peer::read(&PeerInfo {
            id: id.into(),
            name: name.into(),
            ..PeerInfo::default()
        })
    }

    #[test]
    fn a_peer_is_read_with_its_figures() {
        let said = PeerInfo {
            relation: wire::Relation::Friend.into(),
            presence: wire::Presence::Online.into(),
            path: wire::Path::Relayed.into(),
            round_trip: Some(prost_types::Duration {
                seconds: 1,
                nanos: 500_000,
            }),
            ..PeerInfo::default()
        };
        let peer = Peer::read(&said);
        assert_eq!(peer.relation, Relation::Friend);
        assert!(peer.is_online);
        assert_eq!(peer.path, Some(Path::Relayed));
        assert_eq!(peer.round_trip_ms, Some(1_000.5));
        assert_eq!(peer.last_seen, None);
    }

    #[test]
    fn what_nobody_said_means_the_least() {
        let said = peer("b", "bogota");
        assert_eq!(said.relation, Relation::Stranger);
        assert!(!said.is_online);
        assert_eq!(said.path, None);
    }

    #[test]
    fn a_name_cannot_hide_or_turn_the_line() {
        assert_eq!(peer("b", "a\u{202e}b").name, "a‹U+202E›b");
        assert_eq!(peer("b", &"x".repeat(100)).name.chars().count(), NAME_CHARS + 1);
    }
}
