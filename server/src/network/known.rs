//! What is known of one peer.

use std::{collections::BTreeSet, net::SocketAddr};

use iroh::EndpointId;

use super::{card::now, ticket::InvitationSecret};

/// Addresses kept of one peer.
pub(super) const MAX_ADDRESSES: usize = 32;

/// The longest name that is kept of what a peer calls itself, in characters.
const MAX_NAME: usize = 64;

/// What is between this peer and another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Discovered or introduced, and no more.
    Stranger = 0,
    /// Both persons agreed.
    Friend = 1,
    /// Nothing of it is answered.
    Blocked = 2,
}

impl Relation {
    /// As it is stored. What nobody wrote means the least.
    pub(super) fn from_number(number: i64) -> Self {
        match number {
            1 => Self::Friend,
            2 => Self::Blocked,
            _ => Self::Stranger,
        }
    }
}

/// How a peer came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// By multicast DNS.
    Discovered = 0,
    /// Another peer told of it.
    Introduced = 1,
    /// By a ticket.
    Ticket = 2,
    /// It came by itself.
    Called = 3,
}

impl Source {
    /// As it is stored.
    pub(super) fn from_number(number: i64) -> Self {
        match number {
            0 => Self::Discovered,
            1 => Self::Introduced,
            2 => Self::Ticket,
            _ => Self::Called,
        }
    }
}

/// What is known of one peer, and kept over restarts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its public key.
    pub id: EndpointId,
    /// What it calls itself.
    pub own_name: String,
    /// What this person calls it.
    pub label: Option<String>,
    /// What is between us.
    pub relation: Relation,
    /// How it came to be known.
    pub source: Source,
    /// Where it may be reached.
    pub addresses: BTreeSet<SocketAddr>,
    /// When it signed these addresses, in seconds since 1970; 0 for never.
    pub card_made: u64,
    /// Seconds since 1970.
    pub first_seen: u64,
    /// Seconds since 1970; `None` if it never answered.
    pub last_seen: Option<u64>,
    /// The version of its software, as it says.
    pub version: String,
    /// It wants to be friends.
    pub asks: bool,
    /// We asked it.
    pub asked: bool,
    /// It may not ask before, in seconds since 1970.
    pub declined_until: u64,
    /// An invitation of it that we have not been able to use yet.
    pub invitation: Option<InvitationSecret>,
}

impl Known {
    /// A stranger that came to be known just now.
    pub(super) fn new(id: EndpointId, source: Source) -> Self {
        Self {
            id,
            own_name: String::new(),
            label: None,
            relation: Relation::Stranger,
            source,
            addresses: BTreeSet::new(),
            card_made: 0,
            first_seen: now(),
            last_seen: None,
            version: String::new(),
            asks: false,
            asked: false,
            declined_until: 0,
            invitation: None,
        }
    }

    /// Adds addresses that somebody heard of. They never push out those the peer has signed.
    pub(super) fn hint(&mut self, addresses: &[SocketAddr]) {
        for address in addresses {
            if self.addresses.len() < MAX_ADDRESSES {
                self.addresses.insert(*address);
            }
        }
    }

    /// Makes a friend of it.
    pub(super) fn befriend(&mut self) {
        self.relation = Relation::Friend;
        self.asks = false;
        self.asked = false;
        self.invitation = None;
    }

    /// Whether it goes by the name of `other`, a friend, and is somebody else.
    pub(super) fn has_name_of_friend(&self, other: &Known) -> bool {
        self.relation != Relation::Friend
            && other.relation == Relation::Friend
            && other.id != self.id
            && other.name().to_lowercase() == self.name().to_lowercase()
    }

    /// What to call it: the name this person gave it, its own, or the beginning of its id.
    pub fn name(&self) -> String {
        match (&self.label, self.own_name.as_str()) {
            (Some(label), _) => label.clone(),
            (None, "") => self.id.fmt_short().to_string(),
            (None, own) => own.to_owned(),
        }
    }
}

/// A name from outside, as it is kept: of a bearable length, on one line.
pub(super) fn kept_name(name: &str) -> String {
    name.chars()
        .filter(|char| !char.is_control())
        .take(MAX_NAME)
        .collect::<String>()
        .trim()
        .to_owned()
}
