//! Every peer that is known: in memory to be asked, in the database to be remembered.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use iroh::EndpointId;

use super::{
    NetworkError,
    card::Card,
    known::{Known, MAX_ADDRESSES, Relation, Source, kept_name},
    store::{Store, StoreError},
};

/// Strangers beyond this are not remembered: anybody can make up a key.
const MAX_STRANGERS: usize = 1024;
/// The shortest beginning of an id that names a peer.
const MIN_PREFIX: usize = 4;

/// Every peer that is known.
#[derive(Debug)]
pub(super) struct Book {
    own: EndpointId,
    peers: Mutex<BTreeMap<EndpointId, Known>>,
    store: Store,
}

impl Book {
    pub(super) fn new(own: EndpointId, store: Store, known: Vec<Known>) -> Self {
        let peers = known.into_iter().map(|known| (known.id, known)).collect();
        Self {
            own,
            peers: Mutex::new(peers),
            store,
        }
    }

    fn peers(&self) -> MutexGuard<'_, BTreeMap<EndpointId, Known>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything.
    pub(super) fn all(&self) -> Vec<Known> {
        self.peers().values().cloned().collect()
    }

    /// What is known of one peer.
    pub(super) fn get(&self, id: EndpointId) -> Option<Known> {
        self.peers().get(&id).cloned()
    }

    /// Whether nothing of it is to be answered.
    pub(super) fn is_blocked(&self, id: EndpointId) -> bool {
        self.relation(id) == Some(Relation::Blocked)
    }

    /// What is between us.
    pub(super) fn relation(&self, id: EndpointId) -> Option<Relation> {
        self.peers().get(&id).map(|known| known.relation)
    }

    /// Changes what is known of a peer, and writes it down. `None` where it is not known.
    ///
    /// # Errors
    /// Where it cannot be written: then it is not changed either.
    pub(super) async fn change(
        &self,
        id: EndpointId,
        act: impl FnOnce(&mut Known),
    ) -> Result<Option<Known>, StoreError> {
        let Some(mut changed) = self.get(id) else {
            return Ok(None);
        };
        let before = changed.clone();
        act(&mut changed);
        if changed != before {
            self.store.save(changed.clone()).await?;
            self.peers().insert(id, changed.clone());
            if changed.name() != before.name() {
                self.warn_of_namesake(&changed);
            }
        }
        Ok(Some(changed))
    }

    /// A name is a label that anybody can choose, and the name of a friend is worth choosing.
    fn warn_of_namesake(&self, known: &Known) {
        let peers = self.peers();
        if let Some(friend) = peers.values().find(|friend| known.has_name_of_friend(friend)) {
            tracing::warn!(
                name = known.name(),
                friend = %friend.id,
                other = %known.id,
                "a peer goes by the name of a friend and has another key: it may not be who it seems to be"
            );
        }
    }

    /// Makes a peer known, unless it is; `false` where there is no more room for strangers.
    pub(super) async fn meet(&self, id: EndpointId, source: Source) -> Result<bool, StoreError> {
        let new = {
            let peers = self.peers();
            if id == self.own || peers.contains_key(&id) {
                return Ok(id != self.own);
            }
            let strangers = peers
                .values()
                .filter(|known| known.relation == Relation::Stranger)
                .count();
            if strangers >= MAX_STRANGERS && source != Source::Ticket {
                return Ok(false);
            }
            Known::new(id, source)
        };
        self.store.save(new.clone()).await?;
        self.peers().entry(id).or_insert(new);
        Ok(true)
    }

    /// Takes what a peer says of itself.
    pub(super) async fn take_card(&self, card: &Card, source: Source) -> Result<(), StoreError> {
        if !self.meet(card.id, source).await? {
            return Ok(());
        }
        self.change(card.id, |known| {
            if card.made > known.card_made {
                known.card_made = card.made;
                known.own_name = kept_name(&card.name);
                if !card.addresses.is_empty() {
                    known.addresses = card.addresses.iter().copied().take(MAX_ADDRESSES).collect();
                }
            }
        })
        .await?;
        Ok(())
    }

    /// Forgets a peer.
    pub(super) async fn forget(&self, id: EndpointId) -> Result<(), StoreError> {
        self.store.forget(id).await?;
        self.peers().remove(&id);
        Ok(())
    }

    /// The peer that a person means by an id, a name, or the beginning of an id. A name this person gave wins.
    ///
    /// # Errors
    /// [`NetworkError::Unknown`], or [`NetworkError::Ambiguous`] with the ids it could be.
    pub(super) fn resolve(&self, text: &str) -> Result<EndpointId, NetworkError> {
        let text = text.trim();
        let peers = self.peers();
        if let Ok(id) = text.parse::<EndpointId>() {
            return if peers.contains_key(&id) || id == self.own {
                Ok(id)
            } else {
                Err(NetworkError::Unknown(text.to_owned()))
            };
        }
        let by = |fits: &dyn Fn(&Known) -> bool| -> Vec<EndpointId> {
            peers
                .values()
                .filter(|known| fits(known))
                .map(|known| known.id)
                .collect()
        };
        let prefix = text.to_ascii_lowercase();
        let found = [
            by(&|known| known.label.as_deref() == Some(text)),
            by(&|known| known.label.is_none() && known.own_name == text),
            if prefix.len() >= MIN_PREFIX {
                by(&|known| known.id.to_string().starts_with(&prefix))
            } else {
                Vec::new()
            },
        ]
        .into_iter()
        .find(|found| !found.is_empty());
        match found.as_deref() {
            None => Err(NetworkError::Unknown(text.to_owned())),
            Some([one]) => Ok(*one),
            Some(several) => Err(NetworkError::Ambiguous {
                asked: text.to_owned(),
                ids: several.to_vec(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use iroh::SecretKey;

    use super::*;

    fn id(number: u8) -> EndpointId {
        SecretKey::from_bytes(&[number; 32]).public()
    }

    fn named(number: u8, own: &str, label: Option<&str>) -> Known {
        Known {
            own_name: own.into(),
            label: label.map(Into::into),
            ..Known::new(id(number), Source::Introduced)
        }
    }

    fn book(known: Vec<Known>) -> (tempfile::TempDir, Book) {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(&folder.path().join("peer.db")).unwrap();
        (folder, Book::new(id(0), store, known))
    }

    #[tokio::test]
    async fn a_peer_is_found_by_its_id_its_name_and_the_beginning_of_its_id() {
        let (_folder, book) = book(vec![named(1, "laptop", None), named(2, "phone", Some("Ana"))]);
        assert_eq!(book.resolve(&id(1).to_string()).unwrap(), id(1));
        assert_eq!(book.resolve("laptop").unwrap(), id(1));
        assert_eq!(book.resolve("Ana").unwrap(), id(2));
        assert_eq!(book.resolve(&id(2).to_string()[..4]).unwrap(), id(2));
        assert!(matches!(
            book.resolve(&id(2).to_string()[..3]),
            Err(NetworkError::Unknown(_))
        ));
        assert!(matches!(
            book.resolve(&id(9).to_string()),
            Err(NetworkError::Unknown(_))
        ));
        assert!(
            matches!(book.resolve("phone"), Err(NetworkError::Unknown(_))),
            "it is called Ana now"
        );
    }

    #[tokio::test]
    async fn a_name_of_several_peers_names_none_of_them_and_says_which_it_could_be() {
        let (_folder, book) = book(vec![named(1, "laptop", None), named(2, "laptop", None)]);
        let Err(NetworkError::Ambiguous { ids, .. }) = book.resolve("laptop") else {
            panic!("one of two was taken");
        };
        assert_eq!(ids.len(), 2);
    }

    #[tokio::test]
    async fn the_name_this_person_gave_wins_over_the_one_another_peer_chose() {
        let (_folder, book) = book(vec![named(1, "Ana", None), named(2, "phone", Some("Ana"))]);
        assert_eq!(book.resolve("Ana").unwrap(), id(2));
    }

    #[tokio::test]
    async fn an_older_card_does_not_undo_a_newer_one() {
        let (_folder, book) = book(vec![]);
        let key = SecretKey::from_bytes(&[5; 32]);
        let new = Card::make(&key, "new", &["127.0.0.1:1".parse().unwrap()]);
        let mut old = new.clone();
        old.made -= 10;
        old.name = "old".into();
        book.take_card(&new, Source::Introduced).await.unwrap();
        book.take_card(&old, Source::Introduced).await.unwrap();
        assert_eq!(book.get(key.public()).unwrap().own_name, "new");
    }

    #[tokio::test]
    async fn this_peer_is_not_among_the_peers_it_knows() {
        let (_folder, book) = book(vec![]);
        assert!(!book.meet(id(0), Source::Discovered).await.unwrap());
        assert_eq!(book.all(), []);
    }
}
