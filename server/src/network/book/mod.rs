//! Every peer that is known: in memory to be asked, in the database to be remembered.
//!
//! What is changed here is true at once; it is written down soon after, or by [`Book::flush`] for a person who waits.

mod names;
mod requests;
mod writing;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use iroh::EndpointId;
use tokio::sync::{Notify, broadcast};

pub(super) use self::{
    requests::{Place, Requests},
    writing::Used,
};
use super::{
    card::{Card, now},
    known::{Known, MAX_ADDRESSES, Relation, Source, kept_name},
    store::Store,
};

/// Strangers beyond this are not remembered: anybody can make up a key.
const MAX_STRANGERS: usize = 1024;
/// Strangers that never answered: all that were discovered, and those each single peer told of.
const MAX_RUMOURS: usize = 128;
/// A card that says it was made later than so many seconds from now counts as made then: when its peer has set its clock
/// right, what others tell of it is believed again after that time.
const CLOCKS_DIFFER: u64 = 24 * 60 * 60;
/// Turns that somebody who follows them may be behind: then it looks again at whom it cares about.
const TURNS: usize = 64;

/// Every peer that is known.
#[derive(Debug)]
pub(super) struct Book {
    own: EndpointId,
    pages: Mutex<Pages>,
    store: Store,
    changed: Notify,
    turns: broadcast::Sender<EndpointId>,
    /// One writer at a time, so that an older row never replaces a newer one.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Pages {
    peers: BTreeMap<EndpointId, Known>,
    /// What is to be written, and which change made it so.
    unwritten: HashMap<EndpointId, u64>,
    changes: u64,
    /// What the database has.
    stored: HashSet<EndpointId>,
    /// Those that wait to hear whether they may be friends.
    waiting: HashMap<EndpointId, requests::Waiting>,
}

impl Pages {
    fn mark(&mut self, id: EndpointId) {
        self.changes += 1;
        self.unwritten.insert(id, self.changes);
    }
}

impl Book {
    pub(super) fn new(own: EndpointId, store: Store, known: Vec<Known>) -> Self {
        Self {
            own,
            pages: Mutex::new(Pages {
                stored: known.iter().map(|known| known.id).collect(),
                peers: known.into_iter().map(|known| (known.id, known)).collect(),
                ..Pages::default()
            }),
            store,
            changed: Notify::new(),
            turns: broadcast::Sender::new(TURNS),
            writing: tokio::sync::Mutex::default(),
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything.
    pub(super) fn all(&self) -> Vec<Known> {
        self.pages().peers.values().cloned().collect()
    }

    /// What is known of one peer.
    pub(super) fn get(&self, id: EndpointId) -> Option<Known> {
        self.pages().peers.get(&id).cloned()
    }

    /// Whether nothing of it is to be answered.
    pub(super) fn is_blocked(&self, id: EndpointId) -> bool {
        self.relation(id) == Some(Relation::Blocked)
    }

    /// What is between us.
    pub(super) fn relation(&self, id: EndpointId) -> Option<Relation> {
        self.pages().peers.get(&id).map(|known| known.relation)
    }

    /// Whose relation to this peer changes, from now on. Whoever falls behind has to look at everybody again.
    pub(super) fn turns(&self) -> broadcast::Receiver<EndpointId> {
        self.turns.subscribe()
    }

    pub(super) fn turned(&self, id: EndpointId) {
        // It is an error only where nobody follows.
        let _ = self.turns.send(id);
    }

    /// Changes what is known of a peer: how it is now. `None` where it is not known.
    pub(super) fn change(&self, id: EndpointId, act: impl FnOnce(&mut Known)) -> Option<Known> {
        let mut pages = self.pages();
        let known = pages.peers.get_mut(&id)?;
        let before = known.clone();
        act(known);
        let now = known.clone();
        if now != before {
            pages.mark(id);
            if now.name() != before.name() {
                names::warn_of_namesake(&pages, &now);
            }
            drop(pages);
            self.changed.notify_one();
            if now.relation != before.relation {
                self.turned(id);
            }
        }
        Some(now)
    }

    /// Makes a peer known, unless it is. Where there is no room, the stranger that seems to matter least goes.
    pub(super) fn meet(&self, id: EndpointId, source: Source, told_by: Option<EndpointId>) {
        if id == self.own {
            return;
        }
        let mut pages = self.pages();
        if pages.peers.contains_key(&id) {
            return;
        }
        let mut known = Known::new(id, source);
        known.told_by = told_by;
        let of_this_kind = |other: &&Known| other.is_rumour() && other.told_by == told_by;
        let strangers = |other: &&Known| other.is_dispensable();
        let least = if known.is_rumour() && pages.peers.values().filter(of_this_kind).count() >= MAX_RUMOURS {
            pages.peers.values().filter(of_this_kind).min_by_key(importance)
        } else if pages.peers.values().filter(strangers).count() >= MAX_STRANGERS {
            pages.peers.values().filter(strangers).min_by_key(importance)
        } else {
            None
        };
        if let Some(least) = least.map(|known| known.id) {
            pages.peers.remove(&least);
            pages.mark(least);
        }
        pages.peers.insert(id, known);
        pages.mark(id);
        drop(pages);
        self.changed.notify_one();
    }

    /// Takes what a peer says of itself, told by itself (`None`) or by another one.
    pub(super) fn take_card(&self, card: &Card, told_by: Option<EndpointId>) {
        self.meet(card.id, Source::Introduced, told_by);
        self.change(card.id, |known| {
            // What it says itself is true now, whatever its clock says.
            if told_by.is_none() || card.made > known.card_made {
                known.card_made = card.made.min(now() + CLOCKS_DIFFER);
                known.own_name = kept_name(&card.name);
                if !card.addresses.is_empty() {
                    known.addresses = card.addresses.iter().copied().take(MAX_ADDRESSES).collect();
                }
            }
        });
    }

    /// The database has a row of this peer that was not written from here: it is written again.
    pub(super) fn was_stored(&self, id: EndpointId) {
        let mut pages = self.pages();
        pages.stored.insert(id);
        pages.mark(id);
        drop(pages);
        self.changed.notify_one();
    }

    /// Forgets a peer.
    pub(super) fn forget(&self, id: EndpointId) {
        self.forget_if(id, |_| true);
    }

    /// Forgets a peer of which something is true, as it is known now.
    pub(super) fn forget_if(&self, id: EndpointId, is_so: impl FnOnce(&Known) -> bool) {
        let mut pages = self.pages();
        if !pages.peers.get(&id).is_some_and(is_so) {
            return;
        }
        pages.peers.remove(&id);
        pages.mark(id);
        drop(pages);
        self.changed.notify_one();
        self.turned(id);
    }
}

/// What decides which stranger goes first: those that never answered, then those that answered longest ago.
fn importance(known: &&Known) -> (bool, u64, u64) {
    (
        !known.is_rumour(),
        known.last_seen.unwrap_or_default(),
        known.first_seen,
    )
}

#[cfg(test)]
pub(in crate::network) mod tests {
    use iroh::SecretKey;

    use super::*;

    pub(super) fn id(number: u16) -> EndpointId {
        let mut key = [0; 32];
        key[..2].copy_from_slice(&number.to_be_bytes());
        SecretKey::from_bytes(&key).public()
    }

    pub(super) fn book(known: Vec<Known>) -> (tempfile::TempDir, Book) {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(&folder.path().join("peer.db"), "").unwrap();
        (folder, Book::new(id(0), store, known))
    }

    #[tokio::test]
    async fn an_older_card_does_not_undo_a_newer_one_unless_its_peer_says_so_itself() {
        let (_folder, book) = book(vec![]);
        let key = SecretKey::from_bytes(&[5; 32]);
        let new = Card::make(&key, "new", &["127.0.0.1:1".parse().unwrap()]);
        let old = Card {
            made: new.made - 10,
            name: "old".into(),
            ..new.clone()
        };
        book.take_card(&new, Some(id(3)));
        book.take_card(&old, Some(id(3)));
        assert_eq!(book.get(key.public()).unwrap().own_name, "new");
        book.take_card(&old, None);
        assert_eq!(book.get(key.public()).unwrap().own_name, "old");
    }

    #[tokio::test]
    async fn a_card_from_the_future_is_out_of_date_after_a_day() {
        let (_folder, book) = book(vec![]);
        let key = SecretKey::from_bytes(&[5; 32]);
        let card = |made, name| Card::make_at(made, &key, name, &[]);
        book.take_card(&card(u64::MAX, "future"), Some(id(3)));
        book.take_card(&card(now(), "today"), Some(id(3)));
        assert_eq!(book.get(key.public()).unwrap().own_name, "future");
        book.take_card(&card(now() + CLOCKS_DIFFER + 10, "tomorrow"), Some(id(3)));
        assert_eq!(book.get(key.public()).unwrap().own_name, "tomorrow");
    }

    #[tokio::test]
    async fn a_card_from_the_end_of_time_keeps_no_decision_from_being_written() {
        let (folder, book) = book(vec![]);
        let card = Card::make_at(u64::MAX, &SecretKey::from_bytes(&[5; 32]), "x", &[]);
        book.take_card(&card, None);
        book.change(card.id, |known| {
            known.last_seen = Some(1);
            // As it was taken before.
            known.card_made = u64::MAX;
        });
        book.meet(id(1), Source::Called, None);
        book.change(id(1), |known| known.relation = Relation::Blocked);
        book.flush().await.unwrap();
        let (_, known) = Store::open(&folder.path().join("peer.db"), "").unwrap();
        assert!(
            known
                .iter()
                .any(|known| known.id == id(1) && known.relation == Relation::Blocked)
        );
    }

    #[tokio::test]
    async fn only_what_is_true_now_makes_a_peer_forgotten() {
        let (_folder, book) = book(vec![]);
        book.meet(id(1), Source::Called, None);
        let before = book.get(id(1)).unwrap();
        let is_gone = |known: &Known| known.relation == Relation::Stranger;
        assert!(is_gone(&before));
        // Meanwhile.
        book.change(id(1), Known::befriend);
        book.forget_if(id(1), is_gone);
        assert_eq!(book.relation(id(1)), Some(Relation::Friend));
        book.forget_if(id(1), |known| known.relation == Relation::Friend);
        assert_eq!(book.get(id(1)), None);
    }

    #[tokio::test]
    async fn who_asks_to_be_a_friend_outlives_a_crowd_of_strangers_that_ask_nothing() {
        let (_folder, book) = book(vec![]);
        book.meet(id(1), Source::Called, None);
        book.change(id(1), |known| {
            known.last_seen = Some(1);
            known.asks = true;
        });
        for number in 2..3000 {
            book.meet(id(number), Source::Called, None);
            book.change(id(number), |known| known.last_seen = Some(u64::from(number)));
        }
        assert!(book.get(id(1)).is_some_and(|known| known.asks));
        assert_eq!(book.all().len(), MAX_STRANGERS + 1);
    }

    #[tokio::test]
    async fn this_peer_is_not_among_the_peers_it_knows() {
        let (_folder, book) = book(vec![]);
        book.meet(id(0), Source::Discovered, None);
        assert_eq!(book.all(), []);
    }

    #[tokio::test]
    async fn one_that_invents_peers_pushes_out_its_own_inventions_and_nobody_else() {
        let (_folder, book) = book(vec![]);
        book.meet(id(1), Source::Discovered, None);
        book.meet(id(2), Source::Introduced, Some(id(60_001)));
        for number in 1000..3000 {
            book.meet(id(number), Source::Introduced, Some(id(60_000)));
        }
        assert_eq!(book.all().len(), MAX_RUMOURS + 2);
        assert!(book.get(id(1)).is_some() && book.get(id(2)).is_some());
        // And nothing of that was written down.
        book.flush().await.unwrap();
        assert_eq!(book.store.count().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn friends_and_those_who_answered_outlive_a_crowd_of_strangers() {
        let (_folder, book) = book(vec![]);
        book.meet(id(1), Source::Called, None);
        book.change(id(1), Known::befriend);
        for number in 2..3000 {
            book.meet(id(number), Source::Called, None);
            book.change(id(number), |known| known.last_seen = Some(u64::from(number)));
        }
        assert_eq!(book.all().len(), MAX_STRANGERS + 1);
        assert_eq!(book.relation(id(1)), Some(Relation::Friend));
        assert!(book.get(id(2999)).is_some() && book.get(id(2)).is_none());
    }
}
