//! How what is known comes to be written down.

use std::time::Duration;

use iroh::EndpointId;
use tokio::time::sleep;

use super::Book;
use crate::{
    access::Hearing,
    network::{
        InvitationSecret,
        known::Known,
        store::{Row, StoreError},
    },
};

/// Changes of this time are written together.
const GATHER_TIME: Duration = Duration::from_millis(200);
/// The pause after the database did not work.
const RETRY_TIME: Duration = Duration::from_secs(5);

/// What came of an invitation that a peer used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::network) enum Used {
    /// The peer became a friend by it.
    Now,
    /// Nothing: it was of no use, or its peer needs none.
    Nothing,
}

impl Book {
    /// Makes a friend of a stranger that has an invitation: in memory and on disk, with nothing written between.
    ///
    /// # Errors
    /// Where the database does not work.
    ///
    /// # Cancel safety
    /// None: dropped between, a use is taken of which memory does not know.
    pub(in crate::network) async fn use_invitation(
        &self,
        id: EndpointId,
        secret: InvitationSecret,
        now: u64,
    ) -> Result<Used, StoreError> {
        // A row that was taken from memory before would be written over the friend's.
        let _turn = self.writing.lock().await;
        // As it is now; what is on disk is older.
        let is_heard = |known: &Known| Hearing::with_invitation(known.relation) == Hearing::Heard;
        let Some(mut friend) = self.get(id).filter(is_heard) else {
            return Ok(Used::Nothing);
        };
        friend.befriend();
        if !self.store.use_invitation(secret, now, friend).await? {
            return Ok(Used::Nothing);
        }
        // A person may have blocked or forgotten it meanwhile: that stays, and is written next.
        self.change(id, Known::befriend);
        self.was_stored(id);
        Ok(Used::Now)
    }

    /// Writes down what has changed, and returns when it is on disk.
    ///
    /// # Errors
    /// Where it cannot be written. It is true nevertheless, and tried again.
    ///
    /// # Cancel safety
    /// What was not written stays to be written.
    pub(in crate::network) async fn flush(&self) -> Result<(), StoreError> {
        let _turn = self.writing.lock().await;
        let (rows, written) = {
            let pages = self.pages();
            let row = |id: &EndpointId| match pages.peers.get(id).filter(|known| !known.is_rumour()) {
                Some(known) => Some(Row::Known(Box::new(known.clone()))),
                None => pages.stored.contains(id).then_some(Row::Forgotten(*id)),
            };
            let rows: Vec<_> = pages.unwritten.keys().filter_map(row).collect();
            (rows, pages.unwritten.clone())
        };
        let (kept, forgotten): (Vec<_>, Vec<_>) = rows.iter().partition(|row| matches!(row, Row::Known(_)));
        let (kept, forgotten) = (ids(&kept), ids(&forgotten));
        // Also where this ends before it hears that they were written.
        self.pages().stored.extend(kept);
        if !rows.is_empty() {
            self.store.write(rows).await?;
        }
        let mut pages = self.pages();
        pages
            .unwritten
            .retain(|id, change| written.get(id) != Some(change));
        pages.stored.retain(|id| !forgotten.contains(id));
        Ok(())
    }

    /// Writes down what changes, until it is dropped.
    pub(in crate::network) async fn keep_written(&self) {
        loop {
            self.changed.notified().await;
            sleep(GATHER_TIME).await;
            while let Err(error) = self.flush().await {
                tracing::warn!(%error, "what is known of other peers cannot be written down; trying again");
                sleep(RETRY_TIME).await;
            }
        }
    }
}

fn ids(rows: &[&Row]) -> Vec<EndpointId> {
    rows.iter().map(|row| row.id()).collect()
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, pin::pin, task::Poll};

    use super::{
        super::tests::{book, id},
        *,
    };
    use crate::network::{
        Invitation,
        known::{Relation, Source},
        store::Store,
    };

    const SECRET: [u8; 16] = [1; 16];

    /// A book with one stranger, and an invitation that is good for one use.
    async fn invited() -> (tempfile::TempDir, Book) {
        let (folder, book) = book(vec![]);
        book.meet(id(1), Source::Called, None);
        let invitation = Invitation {
            id: "a".into(),
            uses_left: 1,
            expires: 100,
        };
        book.store
            .invite(invitation, InvitationSecret::new(SECRET))
            .await
            .unwrap();
        (folder, book)
    }

    async fn used(book: &Book, secret: [u8; 16]) -> Used {
        book.use_invitation(id(1), InvitationSecret::new(secret), 50)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn who_was_a_friend_needs_an_invitation_to_become_one_again_also_before_the_end_is_on_disk() {
        let (folder, book) = invited().await;
        book.change(id(1), Known::befriend);
        book.flush().await.unwrap();
        book.change(id(1), |known| known.relation = Relation::Stranger);
        assert_eq!(used(&book, [9; 16]).await, Used::Nothing);
        assert_eq!(book.relation(id(1)), Some(Relation::Stranger));
        assert_eq!(used(&book, SECRET).await, Used::Now);
        assert_eq!(book.relation(id(1)), Some(Relation::Friend));
        let (_, known) = Store::open(&folder.path().join("peer.db"), "").unwrap();
        assert_eq!(
            known[0].relation,
            Relation::Friend,
            "before anything else is written"
        );
        assert_eq!(used(&book, SECRET).await, Used::Nothing);
    }

    #[tokio::test]
    async fn what_is_decided_while_an_invitation_waits_for_its_turn_counts() {
        let (_folder, book) = invited().await;
        let turn = book.writing.lock().await;
        let mut using = pin!(used(&book, SECRET));
        let first = poll_fn(|context| Poll::Ready(using.as_mut().poll(context))).await;
        assert!(first.is_pending());
        book.change(id(1), |known| known.relation = Relation::Blocked);
        drop(turn);
        assert_eq!(using.await, Used::Nothing);
        assert_eq!(book.relation(id(1)), Some(Relation::Blocked));
        assert_eq!(book.store.invitations(50).await.unwrap()[0].uses_left, 1);
    }

    #[tokio::test]
    async fn what_was_decided_is_on_disk_after_a_flush_and_what_was_forgotten_is_not() {
        let (folder, book) = book(vec![]);
        for number in [1, 2] {
            book.meet(id(number), Source::Ticket, None);
        }
        book.change(id(1), |known| known.relation = Relation::Blocked);
        book.flush().await.unwrap();
        book.forget(id(2));
        book.flush().await.unwrap();
        let (_, known) = Store::open(&folder.path().join("peer.db"), "").unwrap();
        let [known] = &known[..] else { panic!("{known:?}") };
        assert_eq!((known.id, known.relation), (id(1), Relation::Blocked));
    }
}
