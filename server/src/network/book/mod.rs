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
    names::MIN_PREFIX,
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
pub(in crate::network) mod tests;
