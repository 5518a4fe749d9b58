//! What another peer is to this one, and what it gets as that. Those who count, close and answer ask here.

use crate::network::Relation;

/// Connections with other peers in all; each costs some tens of kilobytes.
pub const MAX_CONNECTIONS: usize = 2048;

/// What another peer is to this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing of it is answered: its person was blocked, or it has not proved that it belongs to this network.
    Blocked,
    /// Anybody: it may say hello.
    Stranger,
    /// It has proved the secret of this network.
    Member,
    /// Both persons agreed.
    Friend,
}

/// What is known of another peer, as far as it decides what that one is to this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// What is between the two persons; `None` where the peer is not known.
    pub relation: Option<Relation>,
    /// Whether nobody belongs to this network without its secret.
    pub network_is_secret: bool,
    /// Whether the peer has proved that it belongs here, on a control connection that is open.
    pub is_admitted: bool,
}

/// What a peer wants a connection for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be admitted: the control connection, the only one on which a peer can prove that it belongs here.
    Admission,
    /// Everything else.
    Use,
}

/// Why a peer may not have a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The person of this peer blocked it.
    Blocked,
    /// It has not proved that it belongs to this network.
    NotAdmitted,
}

/// Whether this peer has nothing to do with one that is that to it: it is neither answered nor dialled.
pub fn is_shut_out(relation: Option<Relation>) -> bool {
    relation == Some(Relation::Blocked)
}

impl Facts {
    /// Decides about a connection.
    ///
    /// # Errors
    /// Why the peer may not have it.
    pub fn may_connect(self, purpose: Purpose) -> Result<(), Refusal> {
        match (purpose, self.is_admitted) {
            _ if is_shut_out(self.relation) => Err(Refusal::Blocked),
            (Purpose::Admission, _) | (Purpose::Use, true) => Ok(()),
            (Purpose::Use, false) => Err(Refusal::NotAdmitted),
        }
    }
}

impl Standing {
    /// What a peer is of which this is known.
    pub fn of(facts: Facts) -> Self {
        match (facts.relation, facts.network_is_secret, facts.is_admitted) {
            (Some(Relation::Blocked), ..) => Self::Blocked,
            (Some(Relation::Friend), ..) => Self::Friend,
            (Some(Relation::Stranger) | None, false, _) => Self::Stranger,
            (Some(Relation::Stranger) | None, true, true) => Self::Member,
            (Some(Relation::Stranger) | None, true, false) => Self::Blocked,
        }
    }

    /// Whether it is told of the other peers, and heard about them.
    pub fn is_introduced(self) -> bool {
        match self {
            Self::Friend | Self::Member | Self::Stranger => true,
            Self::Blocked => false,
        }
    }

    /// Whose share of this peer it takes of.
    pub fn share(self) -> Share {
        match self {
            Self::Friend | Self::Member => Share::Known,
            Self::Stranger | Self::Blocked => Share::Strangers,
        }
    }
}

/// A part of what this peer has to give, which one kind of peers takes of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// That of friends and of members of the same secret network.
    Known,
    /// That of everybody else, none of which is taken from the others.
    Strangers,
}

/// How much peers may have. One more connection, or one more call of a peer, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections of one peer to this one.
    pub connections: usize,
    /// Connections of all of them together.
    pub connections_together: usize,
    /// Calls at once on one connection; one more waits, in the deadline of its caller.
    pub calls_of_connection: u32,
    /// Calls at once of one peer, over all its connections.
    pub calls: usize,
    /// Calls at once of all of them together. Each may hold a message of the largest size.
    pub calls_together: Option<usize>,
}

impl Share {
    /// Every one, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::Known, Self::Strangers];

    /// How much those may have who take of it.
    pub fn limits(self) -> Limits {
        match self {
            Self::Known => Limits {
                connections: 256,
                connections_together: MAX_CONNECTIONS,
                calls_of_connection: 1024,
                calls: 1024,
                calls_together: None,
            },
            Self::Strangers => Limits {
                // For its link and its calls, and those that follow on while the old ones end.
                connections: 8,
                // So that there is always room for friends.
                connections_together: MAX_CONNECTIONS / 2,
                // Some more than are let in, so that it is told about the others.
                calls_of_connection: 40,
                // Enough to try everything it may.
                calls: 32,
                calls_together: Some(128),
            },
        }
    }
}

/// How a peer is heard that wants to be a friend, whether it asks or has an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearing {
    /// It is one: it is told so, nobody is asked, and no invitation is used up.
    IsFriend,
    /// It is heard.
    Heard,
    /// It is told nothing, and nothing of it is noted.
    Ignored,
}

impl Hearing {
    /// Of a peer that has an invitation.
    pub fn with_invitation(relation: Relation) -> Self {
        match relation {
            Relation::Friend => Self::IsFriend,
            Relation::Stranger => Self::Heard,
            Relation::Blocked => Self::Ignored,
        }
    }

    /// Of a peer that asks, and was told no or was not. To ask again changes nothing, for a while.
    pub fn of_request(relation: Relation, was_declined: bool) -> Self {
        match (relation, was_declined) {
            (Relation::Friend, _) => Self::IsFriend,
            (Relation::Stranger, false) => Self::Heard,
            (Relation::Stranger, true) | (Relation::Blocked, _) => Self::Ignored,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELATIONS: [Option<Relation>; 4] = [
        None,
        Some(Relation::Stranger),
        Some(Relation::Friend),
        Some(Relation::Blocked),
    ];

    /// Open network or secret one, not admitted or admitted.
    const NETWORKS: [(bool, bool); 4] = [(false, false), (false, true), (true, false), (true, true)];

    fn facts(relation: Option<Relation>, (network_is_secret, is_admitted): (bool, bool)) -> Facts {
        Facts {
            relation,
            network_is_secret,
            is_admitted,
        }
    }

    #[test]
    fn what_a_peer_is_follows_from_what_is_known_of_it() {
        use Standing::{Blocked, Friend, Member, Stranger};
        let table = [
            // Open; secret, and it has not proved the secret, or has.
            (None, [Stranger, Stranger, Blocked, Member]),
            (Some(Relation::Stranger), [Stranger, Stranger, Blocked, Member]),
            (Some(Relation::Friend), [Friend; 4]),
            (Some(Relation::Blocked), [Blocked; 4]),
        ];
        assert_eq!(table.map(|(relation, _)| relation), RELATIONS, "all of them");
        for (relation, expected) in table {
            let found = NETWORKS.map(|network| Standing::of(facts(relation, network)));
            assert_eq!(found, expected, "{relation:?}");
        }
    }

    #[test]
    fn a_blocked_peer_gets_no_connection_and_one_that_is_not_admitted_only_the_one_to_be_admitted_on() {
        let (blocked, stays_out) = (Err(Refusal::Blocked), Err(Refusal::NotAdmitted));
        for relation in RELATIONS {
            for network in NETWORKS {
                let facts = facts(relation, network);
                let expected = match (relation, facts.is_admitted) {
                    (Some(Relation::Blocked), _) => [blocked, blocked],
                    (_, false) => [Ok(()), stays_out],
                    (_, true) => [Ok(()), Ok(())],
                };
                let found = [Purpose::Admission, Purpose::Use].map(|purpose| facts.may_connect(purpose));
                assert_eq!(found, expected, "{facts:?}");
                assert_eq!(is_shut_out(relation), found[0] == blocked, "{facts:?}");
            }
        }
    }

    #[test]
    fn strangers_have_a_small_share_and_cannot_take_that_of_the_others() {
        for (standing, share, is_introduced) in [
            (Standing::Blocked, Share::Strangers, false),
            (Standing::Stranger, Share::Strangers, true),
            (Standing::Member, Share::Known, true),
            (Standing::Friend, Share::Known, true),
        ] {
            assert_eq!(standing.share(), share, "{standing:?}");
            assert_eq!(standing.is_introduced(), is_introduced, "{standing:?}");
        }
        let table = Share::ALL.map(|share| {
            let limits = share.limits();
            (
                limits.connections,
                limits.connections_together,
                limits.calls_of_connection,
                limits.calls,
                limits.calls_together,
            )
        });
        assert_eq!(
            table,
            [(256, 2048, 1024, 1024, None), (8, 1024, 40, 32, Some(128))]
        );
        assert_eq!(Share::ALL.map(|share| share as usize), [0, 1]);
    }

    #[test]
    fn who_wants_to_be_a_friend_is_heard_unless_it_is_one_or_was_blocked_or_told_no() {
        use Hearing::{Heard, Ignored, IsFriend};
        for (relation, invited, asks, asks_again) in [
            (Relation::Stranger, Heard, Heard, Ignored),
            (Relation::Friend, IsFriend, IsFriend, IsFriend),
            (Relation::Blocked, Ignored, Ignored, Ignored),
        ] {
            assert_eq!(Hearing::with_invitation(relation), invited, "{relation:?}");
            assert_eq!(Hearing::of_request(relation, false), asks, "{relation:?}");
            assert_eq!(Hearing::of_request(relation, true), asks_again, "{relation:?}");
        }
    }
}
