//! Cards: how to reach a peer, signed by itself, so that others can pass them on.

use std::{
    net::SocketAddr,
    time::{SystemTime, UNIX_EPOCH},
};

use contract::parcero::v1::{Card as Wire, Introduction};
use iroh::{EndpointId, SecretKey, Signature};
use prost::Message;

/// What a signature is about, so that it is good for nothing else.
const CONTEXT: &[u8] = b"parcero/card/1";
/// More addresses than most machines have.
const MAX_ADDRESSES: usize = 16;
/// The longest card: a name of 64 characters of four bytes, 16 addresses of 50 letters, and the key.
const MAX_BYTES: usize = 1280;
/// The longest introduction: a card, and a signature of 64 bytes.
pub(super) const MAX_INTRODUCTION: usize = MAX_BYTES + 64;
/// The last second of the year 9999: a card that says it was made later was made to do harm. A clock that is wrong by
/// years is no crime, and this peer's own may be the wrong one, so that nothing sooner is refused.
const END_OF_TIME: u64 = 253_402_300_799;

/// A card that its peer has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    pub(super) id: EndpointId,
    pub(super) name: String,
    pub(super) addresses: Vec<SocketAddr>,
    /// Seconds since 1970.
    pub(super) made: u64,
    pub(super) signed: Introduction,
}

impl Card {
    /// The card of the peer whose key this is, made now.
    #[cfg(test)]
    pub(super) fn make(key: &SecretKey, name: &str, addresses: &[SocketAddr]) -> Self {
        Self::make_at(now(), key, name, addresses)
    }

    /// The same, made at a time in seconds since 1970.
    pub(super) fn make_at(made: u64, key: &SecretKey, name: &str, addresses: &[SocketAddr]) -> Self {
        let card = Wire {
            id: key.public().as_bytes().to_vec(),
            name: name.to_owned(),
            addresses: addresses
                .iter()
                .take(MAX_ADDRESSES)
                .map(ToString::to_string)
                .collect(),
            made,
        };
        let bytes = card.encode_to_vec();
        let signature = key.sign(&signed_bytes(&bytes)).to_bytes().to_vec();
        Self {
            id: key.public(),
            name: card.name,
            addresses: addresses.to_vec(),
            made: card.made,
            signed: Introduction {
                card: bytes,
                signature,
            },
        }
    }

    /// A card that somebody passed on; `None` where it is not what its peer signed.
    pub(super) fn check(introduction: Introduction) -> Option<Self> {
        if introduction.card.len() > MAX_BYTES {
            return None;
        }
        let card = Wire::decode(&introduction.card[..]).ok()?;
        let id = EndpointId::from_bytes(card.id[..].try_into().ok()?).ok()?;
        let signature = Signature::from_bytes(introduction.signature[..].try_into().ok()?);
        id.verify(&signed_bytes(&introduction.card), &signature).ok()?;
        if card.addresses.len() > MAX_ADDRESSES || card.made > END_OF_TIME {
            return None;
        }
        Some(Self {
            id,
            name: card.name,
            addresses: card
                .addresses
                .iter()
                .filter_map(|address| address.parse().ok())
                .collect(),
            made: card.made,
            signed: introduction,
        })
    }

    /// The card as it is passed on.
    pub(super) fn introduction(&self) -> Introduction {
        self.signed.clone()
    }

    /// Whether this is the very same card.
    pub(super) fn is(&self, introduction: &Introduction) -> bool {
        self.signed == *introduction
    }

    /// Whose card it says it is; nothing is proved by that.
    pub(super) fn claimed(introduction: &Introduction) -> Option<EndpointId> {
        let card = Wire::decode(&introduction.card[..]).ok()?;
        EndpointId::from_bytes(card.id[..].try_into().ok()?).ok()
    }
}

fn signed_bytes(card: &[u8]) -> Vec<u8> {
    [CONTEXT, card].concat()
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Card {
        let key = SecretKey::from_bytes(&[3; 32]);
        Card::make(&key, "Ana", &["127.0.0.1:4000".parse().unwrap()])
    }

    #[test]
    fn a_card_can_be_passed_on() {
        assert_eq!(Card::check(card().introduction()), Some(card()));
    }

    #[test]
    fn a_card_that_was_changed_is_no_card() {
        let mut changed = card().introduction();
        let last = changed.card.len() - 1;
        changed.card[last] ^= 1;
        assert_eq!(Card::check(changed), None);

        let mut other = card().introduction();
        other.signature = Card::make(&SecretKey::from_bytes(&[4; 32]), "Ana", &[])
            .introduction()
            .signature;
        assert_eq!(Card::check(other), None);
        assert_eq!(Card::check(Introduction::default()), None);
    }

    #[test]
    fn a_card_of_the_end_of_time_is_refused_and_one_of_a_clock_that_is_wrong_by_years_is_not() {
        let key = SecretKey::from_bytes(&[3; 32]);
        let check = |made| Card::check(Card::make_at(made, &key, "Ana", &[]).introduction());
        for made in [0, now() + 20 * 365 * 24 * 60 * 60, END_OF_TIME] {
            assert_eq!(check(made).map(|card| card.made), Some(made));
        }
        for made in [END_OF_TIME + 1, i64::MAX as u64 + 1, u64::MAX] {
            assert_eq!(check(made), None, "{made}");
        }
    }

    /// Peers of other versions check it: where these bytes change, so must the name of the control protocol.
    #[test]
    fn a_card_of_today_can_be_checked_for_ever() {
        let key = SecretKey::from_bytes(&[3; 32]);
        let card = Card::make_at(300, &key, "Ana", &["127.0.0.1:4000".parse().unwrap()]);
        let text = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let introduction = card.introduction();
        assert_eq!(
            text(&introduction.card),
            "0a20ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d11203416e611a0e3132372e302e302e313a3430303020ac02"
        );
        assert_eq!(
            text(&introduction.signature),
            "ab433a8ebfbc482f02fc5c5f74b4b40f1b5b1cc8d6720dfc3e68bd273debb32aeb646cb0da2333eb16688de840eeab12304fe4dc24e996880e0fb093fb183306"
        );
    }
}
