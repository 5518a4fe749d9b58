//! How what is known comes to be written down.

use std::time::Duration;

use iroh::EndpointId;
use tokio::time::sleep;

use super::Book;
use crate::network::store::{Row, StoreError};

/// Changes of this time are written together.
const GATHER_TIME: Duration = Duration::from_millis(200);
/// The pause after the database did not work.
const RETRY_TIME: Duration = Duration::from_secs(5);

impl Book {
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
    use super::super::tests::{book, id};
    use crate::network::{
        known::{Relation, Source},
        store::Store,
    };

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
