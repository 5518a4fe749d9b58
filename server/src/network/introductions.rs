//! Introductions: whom a peer tells of, a part of them at a time, and what is made of what it is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::PoisonError,
    time::Duration,
};

use contract::parcero::v1::Introduction;
use iroh::EndpointId;
use tokio::time::Instant;

use super::{
    Network,
    card::{Card, MAX_INTRODUCTION, now},
    link::Link,
};

/// A card is made anew so often, so that those who have it know that it is not out of date.
const CARD_TIME: Duration = Duration::from_secs(60 * 60);
/// The most introductions in one message.
const MOST: usize = 64;
/// The most bytes of them, well within one message.
const MOST_BYTES: usize = 48 * 1024;
/// One whose introductions come in parts has told of everybody it is connected to within so long: of 756, for one part of
/// 63 comes every five seconds.
const ROUND_TIME: Duration = Duration::from_secs(60);

/// How far one end of a link has come with telling of others.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Who was told of last, where not everybody was.
    last: Option<EndpointId>,
}

impl Round {
    /// What to tell next: of this peer itself, and of as many others as fit. Who did not fit comes first the next time.
    pub(super) fn next(&mut self, own: &Card, mut others: Vec<&Card>) -> Vec<Introduction> {
        others.sort_by_key(|card| card.id);
        let told = others.partition_point(|card| Some(card.id) <= self.last);
        others.rotate_left(told);
        let mut bytes = 0;
        let told: Vec<_> = std::iter::once(own)
            .chain(others.iter().copied())
            .take(MOST)
            .take_while(|card| {
                bytes += card.signed.card.len() + card.signed.signature.len();
                bytes <= MOST_BYTES
            })
            .collect();
        let is_whole = told.len() > others.len();
        self.last = told.last().filter(|_| !is_whole).map(|card| card.id);
        told.into_iter().map(Card::introduction).collect()
    }
}

/// Whether these are everybody, and not the part that fits: there would have been room for one more, however long.
fn are_whole(told: &[Introduction]) -> bool {
    let bytes: usize = told
        .iter()
        .map(|told| told.card.len() + told.signature.len())
        .sum();
    told.len() < MOST && bytes + MAX_INTRODUCTION <= MOST_BYTES
}

/// Whom another peer says it is connected to.
#[derive(Debug, Default)]
pub(super) struct Acquaintances(BTreeMap<EndpointId, Instant>);

impl Acquaintances {
    /// Takes what it says now: all of them, or the next part.
    fn take(&mut self, peers: BTreeSet<EndpointId>, is_whole: bool) {
        let now = Instant::now();
        self.0
            .retain(|_, said| !is_whole && now.duration_since(*said) < ROUND_TIME);
        self.0.extend(peers.into_iter().map(|id| (id, now)));
    }

    pub(super) fn all(&self) -> BTreeSet<EndpointId> {
        self.0.keys().copied().collect()
    }
}

impl Network {
    /// What to tell a peer next about us and about those that are there.
    pub(super) fn introductions(&self, to: EndpointId, round: &mut Round) -> Vec<Introduction> {
        if !self.standing(to).is_introduced() {
            return Vec::new();
        }
        let own = self.card();
        let live = self.live();
        round.next(&own, live.cards(to))
    }

    /// The card of this peer: the same as long as nothing has changed, and never older than the one before.
    pub(super) fn card(&self) -> Card {
        let addresses = self.addresses();
        let mut kept = self.0.card.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((card, since)) = &*kept
            && card.addresses == addresses
            && since.elapsed() < CARD_TIME
        {
            return card.clone();
        }
        let made = kept.as_ref().map_or(0, |(before, _)| before.made + 1).max(now());
        let card = Card::make_at(made, &self.0.key, self.name(), &addresses);
        *kept = Some((card.clone(), Instant::now()));
        card
    }

    /// Takes what the other end of a link says of itself and of others, no more often than it has to say it.
    pub(super) fn introduced(&self, link: &Link, mut peers: Vec<Introduction>) {
        let id = link.id();
        if !self.standing(id).is_introduced() || !link.may_introduce() {
            return;
        }
        let is_whole = are_whole(&peers);
        peers.truncate(MOST);
        let mut knows = BTreeSet::new();
        for introduction in peers {
            // The same as some seconds ago, mostly: its signature was checked then.
            let known = self.live().whose(&introduction);
            let of = match known.filter(|&of| self.relation(of).is_some()) {
                Some(of) => of,
                None => {
                    let Some(card) = Card::check(introduction) else {
                        continue;
                    };
                    let of = card.id;
                    self.book().take_card(&card, (of != id).then_some(id));
                    if self.relation(of).is_some() {
                        self.live().keep_card(card, of == id);
                    }
                    of
                }
            };
            if of != id {
                knows.insert(of);
            }
        }
        link.with_acquaintances(|acquaintances| acquaintances.take(knows, is_whole));
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use iroh::SecretKey;
    use tokio::time::advance;

    use super::*;

    fn card(number: u16) -> Card {
        let mut key = [0; 32];
        key[..2].copy_from_slice(&number.to_be_bytes());
        Card::make(
            &SecretKey::from_bytes(&key),
            "somebody",
            &["127.0.0.1:1".parse().unwrap()],
        )
    }

    /// One of the longest.
    fn long(number: u16) -> Card {
        let mut key = [7; 32];
        key[..2].copy_from_slice(&number.to_be_bytes());
        let addresses: Vec<SocketAddr> = (0..16)
            .map(|last| {
                format!("[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ff{last:02x}]:65535")
                    .parse()
                    .unwrap()
            })
            .collect();
        Card::make(&SecretKey::from_bytes(&key), &"\u{1f600}".repeat(64), &addresses)
    }

    fn ids(told: &[Introduction]) -> Vec<EndpointId> {
        told.iter()
            .map(|told| Card::check(told.clone()).unwrap().id)
            .collect()
    }

    #[test]
    fn of_a_crowd_everybody_is_told_of_in_turn_and_this_peer_itself_each_time() {
        let (own, crowd) = (card(0), (1..=200).map(card).collect::<Vec<_>>());
        let mut round = Round::default();
        let mut told = BTreeSet::new();
        // 200 in parts of 63.
        for _ in 0..4 {
            let part = ids(&round.next(&own, crowd.iter().collect()));
            assert_eq!((part.len(), part[0]), (64, own.id));
            assert_eq!(part.iter().collect::<BTreeSet<_>>().len(), 64, "nobody twice");
            told.extend(part);
        }
        assert_eq!(told.len(), 201);
    }

    #[test]
    fn who_comes_or_goes_meanwhile_makes_nobody_left_out() {
        let (own, mut crowd) = (card(0), (1..=150).map(card).collect::<Vec<_>>());
        let mut round = Round::default();
        let mut told: BTreeSet<_> = ids(&round.next(&own, crowd.iter().collect()))
            .into_iter()
            .collect();
        // Among them the very one that was told of last.
        crowd.retain(|card| !told.contains(&card.id) || card.id.as_bytes()[0] % 2 == 0);
        crowd.extend((300..320).map(card));
        for _ in 0..3 {
            told.extend(ids(&round.next(&own, crowd.iter().collect())));
        }
        assert!(crowd.iter().all(|card| told.contains(&card.id)));
    }

    #[test]
    fn as_many_as_fit_are_told_of_each_time_in_the_same_words() {
        for count in [0, 1, 63] {
            let (own, few) = (card(0), (1..=count).map(card).collect::<Vec<_>>());
            let mut round = Round::default();
            let first = round.next(&own, few.iter().collect());
            assert_eq!(first.len(), usize::from(count) + 1);
            assert_eq!(round.next(&own, few.iter().rev().collect()), first);
        }
    }

    #[test]
    fn the_longest_introductions_fit_into_a_message_and_all_are_told_in_the_end() {
        let (own, crowd) = (long(0), (1..=100).map(long).collect::<Vec<_>>());
        let mut round = Round::default();
        let mut told = BTreeSet::new();
        for _ in 0..3 {
            let part = round.next(&own, crowd.iter().collect());
            let bytes: usize = part.iter().map(prost::Message::encoded_len).sum();
            assert!(bytes < 60 * 1024, "{bytes}");
            told.extend(ids(&part));
        }
        assert_eq!(told.len(), 101);
    }

    #[test]
    fn a_part_is_known_for_a_part_by_its_number_and_by_its_length() {
        for card in [card, long] {
            for count in [1, 10, 30, 62, 63, 64, 100] {
                let (own, crowd) = (card(0), (1..=count).map(card).collect::<Vec<_>>());
                let told = Round::default().next(&own, crowd.iter().collect());
                if told.len() <= crowd.len() {
                    assert!(!are_whole(&told), "{} of {count}", told.len());
                }
                assert!(count > 30 || are_whole(&told), "{count}");
            }
        }
        assert!(
            Round::default()
                .next(&long(0), (1..=60).map(long).collect::<Vec<_>>().iter().collect())
                .len()
                < MOST
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_told_in_parts_is_put_together_and_what_is_not_repeated_is_forgotten() {
        let part =
            |numbers: std::ops::Range<u16>| numbers.map(|number| card(number).id).collect::<BTreeSet<_>>();
        let mut known = Acquaintances::default();
        known.take(part(0..60), false);
        advance(Duration::from_secs(5)).await;
        known.take(part(60..120), false);
        assert_eq!(known.all(), part(0..120));
        advance(Duration::from_secs(56)).await;
        known.take(part(60..120), false);
        assert_eq!(known.all(), part(60..120));
        known.take(part(3..5), true);
        assert_eq!(known.all(), part(3..5));
    }
}
