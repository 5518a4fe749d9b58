//! How many calls other peers may have under way, and as whom they come in.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use iroh::EndpointId;
use tokio::sync::Semaphore;
use tonic::Status;

use crate::{
    access::{Caller, Standing},
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

/// The entrance of one peer.
#[derive(Debug)]
pub(super) struct One {
    id: EndpointId,
    entrance: Entrance,
    rooms: Arc<Rooms>,
}

impl Entrance {
    pub(super) fn new(network: Network) -> Self {
        Self {
            network,
            strangers: Arc::new(Semaphore::new(MAX_OF_STRANGERS)),
            peers: Arc::default(),
        }
    }

    /// The entrance of the peer with this key, the same over all its connections.
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
        }
    }
}

impl One {
    /// Lets a call in.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED where there are too many already.
    pub(super) fn enter(&self) -> Result<Entered<Caller>, Status> {
        let id = self.id;
        let standing = self.entrance.network.standing(id);
        let rooms = match standing {
            Standing::Friend | Standing::Member => vec![(&self.rooms.known, MAX_OF_ONE)],
            Standing::Stranger | Standing::Blocked => vec![
                (&self.rooms.stranger, MAX_OF_STRANGER),
                (&self.entrance.strangers, MAX_OF_STRANGERS),
            ],
        };
        let permits = rooms.into_iter().map(|(room, most)| {
            room.clone().try_acquire_owned().map_err(|_| {
                Status::resource_exhausted(format!(
                    "{most} calls at once is the most this peer takes here; try again when one has ended"
                ))
            })
        });
        Ok(Entered {
            permits: permits.collect::<Result<_, _>>()?,
            caller: Caller::Peer { id, standing },
        })
    }
}
