//! Strangers that ask to be friends: how many may wait for an answer, and from where.
//!
//! Anybody can make up keys, as many as they like, and addresses are dearer: those of one place are few at once, and come
//! slowly.

use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
};

use iroh::{EndpointId, TransportAddr};

use super::Book;
use crate::{
    access::Hearing,
    bucket::Bucket,
    network::{known::Known, near::Near},
};

/// Peers that wait to hear whether they may be friends. More is a flood, not a crowd.
const MAX_WAITING: usize = 64;
/// How many of them may be at one place: more than a household has.
const MAX_OF_ONE_PLACE: usize = 8;
/// Requests that are taken from one place at once: twice as many as may wait there, for those that are declined.
const RUSH: f64 = 16.0;
/// And further ones, one in ten seconds: a person has to look at each.
const A_SECOND: f64 = 0.1;
/// Places that are remembered for that; of those that have been quiet for minutes nothing need be.
const MAX_PLACES: usize = 1024;

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::network) enum Place {
    /// An address, or all of those that one machine of the internet may take at will.
    Address(IpAddr),
    /// Nobody knows, as behind a relay.
    Hidden,
}

impl Place {
    /// The place of one with which packets are exchanged this way.
    pub(in crate::network) fn of(way: Option<&TransportAddr>, near: &Near) -> Self {
        let Some(TransportAddr::Ip(address)) = way else {
            return Self::Hidden;
        };
        Self::Address(match address.ip().to_canonical() {
            // Whoever has one of these has 2^64; on a network of this machine every host has one.
            IpAddr::V6(ip) if !near.is_own(IpAddr::V6(ip)) => {
                let [a, b, c, d, ..] = ip.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            ip => ip,
        })
    }
}

/// One that waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    place: Place,
    /// Which change it was: of two, the one with the smaller number came first.
    since: u64,
}

/// How often requests came from where.
#[derive(Debug, Default)]
pub(in crate::network) struct Requests(Mutex<HashMap<Place, Bucket>>);

impl Requests {
    /// Whether there may be one more from this place now.
    pub(in crate::network) fn may_come(&self, place: Place) -> bool {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= MAX_PLACES && !places.contains_key(&place) {
            places.retain(|_, bucket| !bucket.is_full());
            if places.len() >= MAX_PLACES {
                return false;
            }
        }
        let bucket = places.entry(place);
        bucket.or_insert_with(|| Bucket::new(RUSH, A_SECOND)).take()
    }
}

impl Book {
    /// Notes that a stranger asks to be friends; whether it waits for an answer now. Where too many do, the one goes that
    /// has waited longest of those who are not `there`; where all are, this one has to come again. Of one that is no
    /// stranger, or was told no, nothing is noted.
    pub(in crate::network) fn take_request(
        &self,
        id: EndpointId,
        place: Place,
        there: &HashSet<EndpointId>,
    ) -> bool {
        let mut pages = self.pages();
        let pages = &mut *pages;
        let peers = &pages.peers;
        // It may have become another since it asked.
        let may_ask =
            |known: &Known| Hearing::of_request(known.relation, known.was_declined()) == Hearing::Heard;
        if !peers.get(&id).is_some_and(may_ask) {
            return false;
        }
        let asks = |id: &EndpointId| peers.get(id).is_some_and(|known| known.asks);
        pages.waiting.retain(|id, _| asks(id));
        if asks(&id) {
            return true;
        }
        let all: Vec<_> = peers
            .values()
            .filter(|known| known.asks)
            .map(|known| known.id)
            .collect();
        let waiting = &pages.waiting;
        // Those of before the last start came first, from nobody knows where.
        let since = |id: &EndpointId| waiting.get(id).map_or(0, |waiting| waiting.since);
        let is_here = |id: &EndpointId| waiting.get(id).is_some_and(|waiting| waiting.place == place);
        let here: Vec<_> = all.iter().copied().filter(is_here).collect();
        let crowd = if here.len() >= MAX_OF_ONE_PLACE {
            Some(here)
        } else if all.len() >= MAX_WAITING {
            Some(all)
        } else {
            None
        };
        if let Some(crowd) = crowd {
            let absent = crowd.into_iter().filter(|id| !there.contains(id));
            let Some(out) = absent.min_by_key(since) else {
                return false;
            };
            if let Some(known) = pages.peers.get_mut(&out) {
                known.asks = false;
            }
            pages.mark(out);
        }
        let Some(known) = pages.peers.get_mut(&id) else {
            return false;
        };
        known.asks = true;
        pages.mark(id);
        let since = pages.changes;
        pages.waiting.insert(id, Waiting { place, since });
        self.changed.notify_one();
        true
    }
}

#[cfg(test)]
mod tests;
