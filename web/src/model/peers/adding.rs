//! A ticket that was pasted, and what using it would do.

use contract::parcero::v1::TicketInfo;
use tonic::Status;

use super::{
    join::begins_like_a_ticket,
    peer::{NAME_CHARS, Peer, Relation},
};
use crate::model::visible::visible;

/// Addresses that are shown of a ticket; a machine has a few.
const SHOWN_ADDRESSES: usize = 4;

/// What stands in the dialog.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// The text in the field: a ticket, or a link with one.
    pub pasted: String,
    /// What to call the friend.
    pub name: String,
    /// Whether a link brought the ticket, and nobody pasted it.
    pub is_by_link: bool,
    /// What the ticket is.
    pub seen: Seen,
    /// Whether it is being used.
    pub is_adding: bool,
    /// Why it could not be read or used.
    pub failed: Option<Status>,
}

/// What a text is.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Seen {
    /// There is none.
    #[default]
    Nothing,
    /// It is no ticket.
    NoTicket,
    /// It begins as a ticket does, and is none.
    Damaged,
    /// It is being read.
    Reading,
    /// It is a ticket.
    Ticket(Box<Ticket>),
}

/// A ticket that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    /// Whose it is.
    pub id: String,
    /// Where it says that this peer is.
    pub addresses: Vec<String>,
    /// Whether it makes friends at once.
    pub has_invitation: bool,
    /// The peer, if it is known already.
    pub peer: Option<Peer>,
    /// Whether it is a ticket of this very peer.
    pub is_own: bool,
}

impl Seen {
    /// What a text is that is no ticket.
    pub fn not_a_ticket(text: &str) -> Self {
        if begins_like_a_ticket(text) {
            Self::Damaged
        } else {
            Self::NoTicket
        }
    }
}

impl Ticket {
    /// What was said of a ticket.
    pub fn read(said: &TicketInfo) -> Self {
        Self {
            id: visible(&said.id, NAME_CHARS),
            addresses: said
                .addresses
                .iter()
                .take(SHOWN_ADDRESSES)
                .map(|address| visible(address, NAME_CHARS))
                .collect(),
            has_invitation: said.has_invitation,
            peer: said.peer.as_ref().map(Peer::read),
            is_own: said.is_own,
        }
    }

    /// Whether the peer has a name that the person knows, and another key.
    pub fn is_doubtful(&self) -> bool {
        self.peer.as_ref().is_some_and(|peer| peer.name_has_another_key)
    }

    /// What using it means.
    pub fn means(&self) -> Means {
        match self.peer.as_ref().map(|peer| peer.relation) {
            _ if self.is_own => Means::Own,
            Some(Relation::Blocked) => Means::Blocked,
            Some(Relation::Friend) => Means::FriendAlready,
            Some(Relation::Stranger) | None if self.has_invitation => Means::Friendship,
            Some(Relation::Stranger) | None => Means::Acquaintance,
        }
    }
}

/// What using a ticket means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// Friends at once.
    Friendship,
    /// The peer becomes known.
    Acquaintance,
    /// Its addresses become known, no more.
    FriendAlready,
    /// Nothing: this person blocked the peer.
    Blocked,
    /// Nothing: it is this very peer.
    Own,
}

impl Form {
    /// Whether there is a ticket that can be used.
    pub fn may_add(&self) -> bool {
        match &self.seen {
            Seen::Nothing | Seen::NoTicket | Seen::Damaged | Seen::Reading => false,
            Seen::Ticket(ticket) => !matches!(ticket.means(), Means::Own | Means::Blocked),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::peer::tests::peer, *};

    fn ticket(has_invitation: bool, relation: Option<Relation>) -> Ticket {
        Ticket {
            peer: relation.map(|relation| Peer {
                relation,
                ..peer("b", "bogota")
            }),
            ..Ticket::read(&TicketInfo {
                id: "b".into(),
                has_invitation,
                ..TicketInfo::default()
            })
        }
    }

    #[test]
    fn a_person_is_told_what_a_ticket_does_before_it_does_it() {
        for (invites, relation, means) in [
            (true, None, Means::Friendship),
            (false, None, Means::Acquaintance),
            (true, Some(Relation::Stranger), Means::Friendship),
            (true, Some(Relation::Friend), Means::FriendAlready),
            (true, Some(Relation::Blocked), Means::Blocked),
        ] {
            assert_eq!(ticket(invites, relation).means(), means, "{invites} {relation:?}");
        }
        let own = Ticket {
            is_own: true,
            ..ticket(true, None)
        };
        assert_eq!(own.means(), Means::Own);
    }

    #[test]
    fn what_begins_as_a_ticket_and_is_none_is_damaged() {
        for (text, seen) in [
            ("parcero", Seen::Damaged),
            ("parceroabc234", Seen::Damaged),
            ("parceroabc 234", Seen::Damaged),
            ("hola", Seen::NoTicket),
            ("arceroabc234", Seen::NoTicket),
        ] {
            assert_eq!(Seen::not_a_ticket(text), seen, "{text}");
        }
    }

    #[test]
    fn only_a_ticket_that_was_read_and_is_of_use_can_be_added() {
        let with = |seen| Form {
            seen,
            ..Form::default()
        };
        for seen in [Seen::Nothing, Seen::NoTicket, Seen::Damaged, Seen::Reading] {
            assert!(!with(seen).may_add());
        }
        let read = |relation| Seen::Ticket(Box::new(ticket(true, relation)));
        assert!(with(read(None)).may_add());
        assert!(!with(read(Some(Relation::Blocked))).may_add());
    }
}
