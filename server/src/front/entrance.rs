//! How many calls other peers may have under way, and as whom they come in.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use iroh::EndpointId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tonic::Status;

use crate::{
    access::{Pass, Standing},
    audit,
    calls::Entered,
    network::Network,
};

/// Calls one friend, or one member of the same secret network, may have at once over all its connections.
const MAX_OF_ONE: usize = 1024;
/// The same of a stranger: enough to try everything it may.
const MAX_OF_STRANGER: usize = 32;
/// The same of all strangers together. Each call may hold a message of the largest size.
const MAX_OF_STRANGERS: usize = 128;

/// The door of other peers, once their connection is let in.
#[derive(Debug, Clone)]
pub(super) struct Entrance {
    network: Network,
    strangers: Arc<Semaphore>,
    peers: Arc<Mutex<HashMap<EndpointId, Weak<Rooms>>>>,
}

/// What one peer may have at once.
#[derive(Debug)]
struct Rooms {
    known: Arc<Semaphore>,
    stranger: Arc<Semaphore>,
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
    room: Mutex<Room>,
    number: u64,
    inside: Arc<Inside>,
}

/// What one call takes up, and whether of that of the peers this one knows.
#[derive(Debug)]
struct Room {
    is_of_known: bool,
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
            strangers: Arc::new(Semaphore::new(MAX_OF_STRANGERS)),
            peers: Arc::default(),
        }
    }

    /// The entrance of a connection of the peer with this key. What one peer may have counts over all of them.
    pub(super) fn of(&self, id: EndpointId) -> One {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let rooms = peers.get(&id).and_then(Weak::upgrade).unwrap_or_else(|| {
            peers.retain(|_, rooms| rooms.strong_count() > 0);
            let rooms = Arc::new(Rooms {
                known: Arc::new(Semaphore::new(MAX_OF_ONE)),
                stranger: Arc::new(Semaphore::new(MAX_OF_STRANGER)),
            });
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
        let room = self.room(standing)?;
        let pass = Pass::new(self.id, standing);
        let call = self.note(pass.clone(), room);
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

    fn note(&self, pass: Pass, room: Room) -> Arc<Inner> {
        let mut inside = self.inside.lock();
        let (next, calls) = &mut *inside;
        let number = *next;
        *next += 1;
        let call = Arc::new(Inner {
            pass,
            room: Mutex::new(room),
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
        let mut taken = call.room.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.is_of_known == is_known(standing) {
            return;
        }
        // As many go on as such a peer may have.
        match self.room(standing) {
            Ok(room) => *taken = room,
            Err(status) => call.pass.take_back(status),
        }
    }

    fn room(&self, standing: Standing) -> Result<Room, Status> {
        let is_of_known = is_known(standing);
        let rooms = if is_of_known {
            vec![(&self.rooms.known, MAX_OF_ONE)]
        } else {
            vec![
                (&self.rooms.stranger, MAX_OF_STRANGER),
                (&self.entrance.strangers, MAX_OF_STRANGERS),
            ]
        };
        let permits = rooms.into_iter().map(|(room, most)| {
            room.clone().try_acquire_owned().map_err(|_| {
                audit::refused(self.id, "a call was refused: too many at once");
                Status::resource_exhausted(format!(
                    "{most} calls at once is the most this peer takes here; try again when one has ended"
                ))
            })
        });
        Ok(Room {
            is_of_known,
            _permits: permits.collect::<Result<_, _>>()?,
        })
    }
}

fn is_known(standing: Standing) -> bool {
    matches!(standing, Standing::Friend | Standing::Member)
}
