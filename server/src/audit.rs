//! What was decided about other peers, for whoever looks into it later: lines of the target `audit`, which the log shows
//! by name.
//!
//! What this person decides is always said. What others are refused they may ask for without end: of that, so much is said
//! that no disk fills up.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use iroh::EndpointId;

use crate::bucket::Bucket;

/// The target of these lines.
pub const TARGET: &str = "audit";

/// Refusals that are told of at once: more than a test of everything that is refused comes to.
const RUSH: f64 = 500.0;
/// And further ones, each second.
const A_SECOND: f64 = 10.0;

/// Something about another peer was decided, by the person of this one or by what that person had decided before.
pub(crate) fn decided(peer: EndpointId, what: impl fmt::Display) {
    tracing::info!(target: TARGET, %peer, "{what}");
}

/// Another peer was refused something.
pub(crate) fn refused(peer: EndpointId, what: impl fmt::Display) {
    match SAID.count() {
        Some(0) => tracing::info!(target: TARGET, %peer, "{what}"),
        Some(unsaid) => tracing::info!(target: TARGET, %peer, unsaid, "{what}"),
        None => {}
    }
}

/// Another peer is perhaps not who it seems to be.
pub(crate) fn suspected(peer: EndpointId, what: impl fmt::Display) {
    match SUSPECTED.count() {
        Some(0) => tracing::warn!(target: TARGET, %peer, "{what}"),
        Some(unsaid) => tracing::warn!(target: TARGET, %peer, unsaid, "{what}"),
        None => {}
    }
}

static SUSPECTED: Said = Said(Mutex::new(None));

static SAID: Said = Said(Mutex::new(None));

/// How much was said, and how many lines were left out since.
struct Said(Mutex<Option<(Bucket, u64)>>);

impl Said {
    /// Whether to say one more, and how many were left out before it.
    fn count(&self) -> Option<u64> {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (bucket, unsaid) = said.get_or_insert_with(|| (Bucket::new(RUSH, A_SECOND), 0));
        if bucket.take() {
            Some(std::mem::take(unsaid))
        } else {
            *unsaid += 1;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_that_is_refused_without_end_fills_no_disk_and_the_next_line_tells_how_often_it_was() {
        let said = Said(Mutex::new(None));
        let lines = (0..10_000).filter_map(|_| said.count()).count();
        assert_eq!(lines, 500);
        advance(Duration::from_secs(1)).await;
        assert_eq!(said.count(), Some(9_500));
        assert_eq!(said.count(), Some(0));
    }
}
