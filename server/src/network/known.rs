//! What is known of one peer.

use std::{collections::BTreeSet, net::SocketAddr};

use iroh::EndpointId;

use super::{NetworkError, card::now, ticket::InvitationSecret};
use crate::access;

/// Signed addresses that are kept of one peer.
pub(super) const MAX_ADDRESSES: usize = 16;
/// Addresses of one peer that somebody merely heard of, the newest first.
const MAX_HINTS: usize = 4;

/// The longest name of a peer, in characters: of what one calls itself, so much is kept.
pub(super) const MAX_NAME: usize = 64;
/// The longest sentence of another peer that is shown, in characters.
const MAX_TEXT: usize = 200;

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
    /// Where it is, as it signed.
    pub addresses: BTreeSet<SocketAddr>,
    /// Where it is, by the tickets a person used.
    pub ticket_addresses: BTreeSet<SocketAddr>,
    /// Where somebody heard it, the newest first. Not stored.
    pub hints: Vec<SocketAddr>,
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
    /// Who told of it, while it has never answered. Not stored.
    pub told_by: Option<EndpointId>,
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
            ticket_addresses: BTreeSet::new(),
            hints: Vec::new(),
            card_made: 0,
            first_seen: now(),
            last_seen: None,
            version: String::new(),
            asks: false,
            asked: false,
            declined_until: 0,
            invitation: None,
            told_by: None,
        }
    }

    /// Notes where somebody heard it.
    pub(super) fn hint(&mut self, addresses: &[SocketAddr]) {
        let before = std::mem::take(&mut self.hints);
        for &address in addresses.iter().chain(&before) {
            if self.hints.len() < MAX_HINTS && !self.hints.contains(&address) {
                self.hints.push(address);
            }
        }
    }

    /// Makes a friend of it. A blocked peer stays blocked: a person has to take that back first.
    pub(super) fn befriend(&mut self) {
        if !access::is_shut_out(Some(self.relation)) {
            self.relation = Relation::Friend;
        }
        self.asks = false;
        self.asked = false;
        self.invitation = None;
    }

    /// A stranger that never answered and that nobody here did anything about. Anybody can make up such, so they are
    /// few, and not written down.
    pub(super) fn is_rumour(&self) -> bool {
        self.relation == Relation::Stranger
            && self.last_seen.is_none()
            && self.source != Source::Ticket
            && !self.asked
            && self.label.is_none()
    }

    /// A stranger that can be forgotten where there are too many: nothing of it was decided here, and it waits for
    /// nothing. Those that wait are few.
    pub(super) fn is_dispensable(&self) -> bool {
        self.relation == Relation::Stranger
            && self.source != Source::Ticket
            && self.label.is_none()
            && !self.asks
            && !self.asked
            && self.invitation.is_none()
            && !self.was_declined()
    }

    /// Whether it was told no, and may not ask again yet.
    pub(super) fn was_declined(&self) -> bool {
        self.declined_until > now()
    }

    /// Whether this person knows it, and by its name.
    pub(super) fn is_familiar(&self) -> bool {
        self.relation == Relation::Friend || self.label.is_some()
    }

    /// Whether it goes by the name of `other`, whom this person knows, and is somebody else. Of two friends that call
    /// themselves the same, the one that was seen first had the name; a name that this person gave belongs to nobody else.
    pub(super) fn has_name_of(&self, other: &Known) -> bool {
        let skeleton = skeleton(&self.name());
        let came_later = !self.is_familiar() || other.label.is_some() || self.first_seen >= other.first_seen;
        other.id != self.id
            && other.is_familiar()
            && self.label.is_none()
            && came_later
            && !skeleton.is_empty()
            && skeleton == self::skeleton(&other.name())
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

/// What is left of a name for the eye: two names of one skeleton are taken for the same.
fn skeleton(name: &str) -> String {
    let letters = name.chars().filter(|char| char.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// A sentence from outside, as it is shown: not endless, and on one line.
pub(super) fn kept_text(text: &str) -> String {
    text.chars()
        .filter(|char| !char.is_control())
        .take(MAX_TEXT)
        .collect()
}

/// A name that this person gives a peer; none where it is empty.
///
/// # Errors
/// [`NetworkError::LongName`] or [`NetworkError::NameControl`]: what a person chose is kept whole, or not at all.
pub(super) fn label(name: &str) -> Result<Option<String>, NetworkError> {
    let name = name.trim();
    let length = name.chars().count();
    if length > MAX_NAME {
        return Err(NetworkError::LongName(length));
    }
    if name.chars().any(char::is_control) {
        return Err(NetworkError::NameControl);
    }
    Ok(Some(name.to_owned()).filter(|name| !name.is_empty()))
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

#[cfg(test)]
mod tests {
    use iroh::SecretKey;

    use super::*;

    fn known(number: u8, name: &str) -> Known {
        let id = SecretKey::from_bytes(&[number; 32]).public();
        Known {
            own_name: name.to_owned(),
            ..Known::new(id, Source::Called)
        }
    }

    #[test]
    fn a_name_that_looks_like_a_friends_is_noticed_whoever_bears_it() {
        let mut friend = known(1, "Ana María");
        friend.befriend();
        for name in ["Ana María", "ana maría", "Ana\u{200b}María", " Ana-María "] {
            assert!(known(2, name).has_name_of(&friend), "{name:?}");
        }
        assert!(!known(2, "Ana").has_name_of(&friend));
        assert!(!friend.has_name_of(&friend), "itself");
        assert!(
            !known(2, "Ana María").has_name_of(&known(3, "Ana María")),
            "of two strangers"
        );
        let labelled = Known {
            label: Some("Ana María".into()),
            ..known(2, "")
        };
        assert!(!labelled.has_name_of(&friend), "a person chose that");
    }

    #[test]
    fn of_two_friends_that_call_themselves_the_same_the_one_that_came_later_is_noticed() {
        let friend = |number, first_seen| {
            let mut friend = known(number, "Ana");
            friend.first_seen = first_seen;
            friend.befriend();
            friend
        };
        let (old, new) = (friend(1, 1000), friend(2, 1001));
        assert!(new.has_name_of(&old));
        assert!(!old.has_name_of(&new), "it was there before");
        let at_once = friend(3, 1000);
        assert!(
            at_once.has_name_of(&old) && old.has_name_of(&at_once),
            "nobody knows"
        );
        let stranger = Known {
            first_seen: 1,
            ..known(4, "Ana")
        };
        assert!(stranger.has_name_of(&new), "whom this person never chose");
        assert!(!new.has_name_of(&stranger));
        let named = Known {
            label: Some("Ana".into()),
            ..friend(5, 2000)
        };
        assert!(old.has_name_of(&named), "the name was given to another");
        assert!(!named.has_name_of(&old), "a person chose that");
    }

    #[test]
    fn a_name_that_a_person_gives_is_kept_whole_or_refused() {
        for (given, kept) in [
            ("Ana", Some("Ana")),
            (" Ana María ", Some("Ana María")),
            ("", None),
            (" ", None),
            // Characters count, not bytes.
            (&"ñ".repeat(64), Some("ñ".repeat(64).as_str())),
        ] {
            assert_eq!(label(given).unwrap().as_deref(), kept, "{given:?}");
        }
        let error = label(&"n".repeat(65)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the name has 65 characters, and at most 64 fit"
        );
        assert!(matches!(label("An\u{7}a"), Err(NetworkError::NameControl)));
    }

    #[test]
    fn a_blocked_peer_is_befriended_by_nothing() {
        let mut blocked = known(1, "x");
        blocked.relation = Relation::Blocked;
        blocked.befriend();
        assert_eq!(blocked.relation, Relation::Blocked);
    }

    #[test]
    fn the_secret_of_an_invitation_is_not_printed_for_debugging() {
        let known = Known {
            invitation: Some(InvitationSecret::new([99; 16])),
            ..known(1, "x")
        };
        let text = format!("{known:?}");
        assert!(text.contains("[redacted]") && !text.contains("99"), "{text}");
    }

    #[test]
    fn of_what_was_heard_the_newest_counts() {
        let mut known = known(1, "x");
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        for port in 1..=10 {
            known.hint(&[address(port)]);
        }
        known.hint(&[address(9)]);
        assert_eq!(known.hints, [9, 10, 8, 7].map(address));
    }
}
