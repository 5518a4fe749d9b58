//! How much is listened to: nobody is heard better for shouting, and a crowd does not drown those who are known.

use std::{collections::HashMap, time::Duration};

use iroh::EndpointId;
use tokio::time::Instant;

/// How long it is remembered who was heard.
const MEMORY: Duration = Duration::from_secs(2);
/// One peer is heard so often in that time, and no more: once by each version of IP, and again for another interface. It
/// is more than once, so that who forges what a peer says does not silence the peer.
const MAX_HINTS: u8 = 8;
/// Peers nobody knows that are heard in that time: as many as a large office has, for all of them answer a newcomer at
/// once. In a flood of forged ones this is how many are taken in.
pub(super) const MAX_NEWCOMERS: usize = 128;
/// Peers that are known, and heard in that time. They cannot be forged in numbers: a guard and no more.
const MAX_KNOWN: usize = 4096;

/// Who was heard a moment ago.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    known: HashMap<EndpointId, Heard>,
    newcomers: HashMap<EndpointId, Heard>,
}

#[derive(Debug)]
struct Heard {
    since: Instant,
    times: u8,
}

impl Heard {
    fn is_old(&self) -> bool {
        self.since.elapsed() >= MEMORY
    }
}

impl Crowd {
    /// Whether to listen to this one now.
    pub(super) fn lets_in(&mut self, id: EndpointId, is_known: bool) -> bool {
        let (heard, most) = if is_known {
            (&mut self.known, MAX_KNOWN)
        } else {
            (&mut self.newcomers, MAX_NEWCOMERS)
        };
        if let Some(one) = heard.get_mut(&id).filter(|one| !one.is_old()) {
            one.times = one.times.saturating_add(1);
            return one.times <= MAX_HINTS;
        }
        if heard.len() >= most {
            heard.retain(|_, one| !one.is_old());
        }
        if heard.len() >= most {
            return false;
        }
        let since = Instant::now();
        heard.insert(id, Heard { since, times: 1 });
        true
    }
}

#[cfg(test)]
mod tests {
    use iroh::SecretKey;

    use super::*;

    fn peer(number: usize) -> EndpointId {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_le_bytes());
        SecretKey::from_bytes(&key).public()
    }

    // S19
    #[tokio::test(start_paused = true)]
    async fn a_peer_that_shouts_is_heard_a_few_times_in_a_while() {
        let mut crowd = Crowd::default();
        for time in 0..MAX_HINTS {
            assert!(crowd.lets_in(peer(1), false), "{time}");
        }
        assert!(!crowd.lets_in(peer(1), false));
        tokio::time::advance(MEMORY).await;
        assert!(crowd.lets_in(peer(1), false));
    }

    // S19: a hint of discovery takes no memory without end.
    #[tokio::test(start_paused = true)]
    async fn a_flood_of_newcomers_has_an_end_and_does_not_drown_who_is_known() {
        let mut crowd = Crowd::default();
        for number in 0..MAX_NEWCOMERS {
            assert!(crowd.lets_in(peer(number), false), "{number}");
        }
        assert!(!crowd.lets_in(peer(MAX_NEWCOMERS), false));
        assert!(crowd.lets_in(peer(MAX_NEWCOMERS), true));
        assert_eq!(crowd.newcomers.len(), MAX_NEWCOMERS);
        tokio::time::advance(MEMORY).await;
        assert!(crowd.lets_in(peer(MAX_NEWCOMERS + 1), false));
        assert_eq!(crowd.newcomers.len(), 1);
    }
}
