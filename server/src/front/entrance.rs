//! How many calls other peers may have under way, and as whom they come in.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use iroh::EndpointId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tonic::Status;

use crate::{
    access::{Limits, Pass, Share, Standing},
    audit,
    calls::Entered,
    network::Network,
};

/// The door of other peers, once their connection is let in.
#[derive(Debug, Clone)]
pub(super) struct Entrance {
    network: Network,
    together: Arc<Rooms>,
    peers: Arc<Mutex<HashMap<EndpointId, Weak<Rooms>>>>,
}

/// How many calls there may be at once, of either share.
#[derive(Debug)]
struct Rooms([Option<Room>; Share::ALL.len()]);

/// Room for so many calls.
#[derive(Debug)]
struct Room {
    most: usize,
    free: Arc<Semaphore>,
}

impl Rooms {
    /// As much room as these limits say; where they say nothing, there is no end to it.
    fn new(most: impl Fn(Limits) -> Option<usize>) -> Self {
        let room = |most| Room {
            most,
            free: Arc::new(Semaphore::new(most)),
        };
        Self(Share::ALL.map(|share| most(share.limits()).map(room)))
    }

    fn of(&self, share: Share) -> Option<&Room> {
        self.0[share as usize].as_ref()
    }
}

/// The entrance of one connection.
#[derive(Debug, Clone)]
pub(super) struct One {
    id: EndpointId,
    entrance: Entrance,
    rooms: Arc<Rooms>,
    inside: Arc<Inside>,
}

/// The calls of one connection that are under way, by number.
#[derive(Debug, Default)]
struct Inside(Mutex<(u64, HashMap<u64, Weak<Inner>>)>);

impl Inside {
    fn lock(&self) -> MutexGuard<'_, (u64, HashMap<u64, Weak<Inner>>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One call that was let in. It is inside until nobody holds this any more.
#[derive(Debug)]
struct Inner {
    pass: Pass,
    taken: Mutex<Taken>,
    number: u64,
    inside: Arc<Inside>,
}

/// What one call takes up, and of whose share.
#[derive(Debug)]
struct Taken {
    of: Share,
    _permits: Vec<OwnedSemaphorePermit>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.inside.lock().1.remove(&self.number);
    }
}

impl Entrance {
    pub(super) fn new(network: Network) -> Self {
        Self {
            network,
            together: Arc::new(Rooms::new(|limits| limits.calls_together)),
            peers: Arc::default(),
        }
    }

    /// The entrance of a connection of the peer with this key. What one peer may have counts over all of them.
    pub(super) fn of(&self, id: EndpointId) -> One {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let rooms = peers.get(&id).and_then(Weak::upgrade).unwrap_or_else(|| {
            peers.retain(|_, rooms| rooms.strong_count() > 0);
            let rooms = Arc::new(Rooms::new(|limits| Some(limits.calls)));
            peers.insert(id, Arc::downgrade(&rooms));
            rooms
        });
        One {
            id,
            entrance: self.clone(),
            rooms,
            inside: Arc::default(),
        }
    }
}

impl One {
    /// Lets a call in.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED where there are too many already.
    pub(super) fn enter(&self) -> Result<Entered, Status> {
        let standing = self.entrance.network.standing(self.id);
        let taken = self.take(standing.share())?;
        let pass = Pass::new(self.id, standing);
        let call = self.note(pass.clone(), taken);
        // It may have turned before the call was noted.
        let now = self.entrance.network.standing(self.id);
        if now != standing {
            self.reconsider(&call, now);
        }
        Ok(Entered {
            extensions: pass.extensions(),
            held: call,
        })
    }

    /// Ends the calls of this connection that its peer may not make any more, as what it has become; until the
    /// connection ends.
    pub(super) async fn follow(&self, mut standing: watch::Receiver<Standing>) {
        while standing.changed().await.is_ok() {
            let now = *standing.borrow_and_update();
            let inside: Vec<_> = self.inside.lock().1.values().filter_map(Weak::upgrade).collect();
            for call in inside {
                self.reconsider(&call, now);
            }
        }
        // Nobody tells any more: the connection is about to end.
        std::future::pending::<()>().await;
    }

    fn note(&self, pass: Pass, taken: Taken) -> Arc<Inner> {
        let mut inside = self.inside.lock();
        let (next, calls) = &mut *inside;
        let number = *next;
        *next += 1;
        let call = Arc::new(Inner {
            pass,
            taken: Mutex::new(taken),
            number,
            inside: self.inside.clone(),
        });
        calls.insert(number, Arc::downgrade(&call));
        call
    }

    fn reconsider(&self, call: &Inner, standing: Standing) {
        if call.pass.turn(standing).is_err() {
            return;
        }
        let mut taken = call.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.of == standing.share() {
            return;
        }
        // As many go on as such a peer may have.
        match self.take(standing.share()) {
            Ok(now) => *taken = now,
            Err(status) => call.pass.take_back(status),
        }
    }

    /// Takes up the room of one call.
    fn take(&self, share: Share) -> Result<Taken, Status> {
        let rooms = [self.rooms.of(share), self.entrance.together.of(share)];
        let permits = rooms.into_iter().flatten().map(|Room { most, free }| {
            free.clone().try_acquire_owned().map_err(|_| {
                audit::refused(self.id, "a call was refused: too many at once");
                Status::resource_exhausted(format!(
                    "{most} calls at once is the most this peer takes here; try again when one has ended"
                ))
            })
        });
        Ok(Taken {
            of: share,
            _permits: permits.collect::<Result<_, _>>()?,
        })
    }
}
