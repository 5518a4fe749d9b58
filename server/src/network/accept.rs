//! The door for other peers: who may have a connection, before anything is answered.

use std::{sync::Arc, time::Duration};

use iroh::{
    EndpointId,
    endpoint::{Connection, Incoming, VarInt},
};
use tokio::{
    sync::{
        Semaphore,
        broadcast::{self, error::RecvError},
        watch,
    },
    time::timeout,
};

use super::{Network, NetworkError, admission::Role, goodbye::Goodbye, link, live::Live, meet};
use crate::{
    access::{Facts, MAX_CONNECTIONS, Purpose, Standing},
    audit,
};

/// Handshakes that may be under way at once with peers that dial us.
const MAX_HANDSHAKES: usize = 256;
/// Beyond so many, a packet has to show first that its address is not made up.
const UNASKED_HANDSHAKES: usize = 16;
/// How long such a handshake may take. On one network it takes milliseconds.
const HANDSHAKE_TIME: Duration = Duration::from_secs(3);

impl Network {
    /// Answers calls of other peers with what `answer` makes of a connection, until [`Network::shutdown`]. It is told
    /// what the peer is to this one, whenever that changes.
    pub fn serve<F>(
        &self,
        answer: impl Fn(Connection, watch::Receiver<Standing>) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let network = self.clone();
        let answer = Arc::new(answer);
        let handshakes = Arc::new(Semaphore::new(MAX_HANDSHAKES));
        self.spawn(async move {
            while let Some(incoming) = network.0.endpoint.accept().await {
                let Ok(permit) = handshakes.clone().try_acquire_owned() else {
                    incoming.refuse();
                    continue;
                };
                let under_way = MAX_HANDSHAKES - handshakes.available_permits();
                if under_way > UNASKED_HANDSHAKES && !incoming.remote_addr_validated() {
                    // It is an error only for an address that has shown it already, which this one has not.
                    let _ = incoming.retry();
                    continue;
                }
                let (network_, answer) = (network.clone(), answer.clone());
                network.spawn(async move {
                    if let Some(connection) = shake_hands(incoming).await {
                        drop(permit);
                        network_.accepted(connection, answer.as_ref()).await;
                    }
                });
            }
        });
    }

    async fn accepted<F: Future<Output = ()>>(
        &self,
        connection: Connection,
        answer: &impl Fn(Connection, watch::Receiver<Standing>) -> F,
    ) {
        let id = connection.remote_id();
        if let Err(why) = self.enter(&connection) {
            audit::refused(id, format_args!("a connection was refused: {}", why.reason()));
            return why.close(&connection);
        }
        if connection.alpn() == link::ALPN {
            match meet::meet(self, connection, Role::Listener).await {
                Ok(line) => line.run().await,
                // It went away, or took too long: nobody decided anything.
                Err(error @ (NetworkError::Unreachable(_) | NetworkError::NoAnswer(_))) => {
                    tracing::debug!(peer = %id.fmt_short(), %error, "a peer was not met");
                }
                Err(error) => {
                    audit::refused(id, format_args!("a peer was not admitted: {error}"));
                }
            }
        } else {
            // Before it is looked up, so that no turn is missed.
            let turns = self.book().turns();
            let (tell, standing) = watch::channel(self.standing(id));
            make_room(&connection, *standing.borrow());
            tokio::select! {
                () = answer(connection.clone(), standing) => {}
                () = self.follow(&connection, turns, &tell) => {}
            }
        }
    }

    /// Tells what the other end of a connection for calls turns into, and how many calls it may make as that.
    async fn follow(
        &self,
        connection: &Connection,
        mut turns: broadcast::Receiver<EndpointId>,
        tell: &watch::Sender<Standing>,
    ) {
        let id = connection.remote_id();
        loop {
            match turns.recv().await {
                Ok(of) if of != id => continue,
                // Some were missed: this one may have been among them.
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                // It is part of the network, which lives as long as this.
                Err(RecvError::Closed) => return std::future::pending().await,
            }
            if self.is_blocked(id) {
                // It is being hung up on, for a reason that both ends can read.
                continue;
            }
            let now = self.standing(id);
            make_room(connection, now);
            tell.send_if_modified(|before| std::mem::replace(before, now) != now);
        }
    }

    /// Whether another peer may have this connection; it is noted then. Asked of every protocol.
    fn enter(&self, connection: &Connection) -> Result<(), Goodbye> {
        let id = connection.remote_id();
        let mut live = self.live();
        if live.is_stopping {
            return Err(Goodbye::Stopping);
        }
        let purpose = if connection.alpn() == link::ALPN {
            Purpose::Admission
        } else {
            Purpose::Use
        };
        let facts = self.facts(&live, id);
        facts.may_connect(purpose)?;
        let share = Standing::of(facts).share();
        let limits = share.limits();
        let takes_of_it = |id| Standing::of(self.facts(&live, id)).share() == share;
        if live.count(takes_of_it) >= limits.connections_together
            || live.count(|_| true) >= MAX_CONNECTIONS
            || !live.add_connection(connection, limits.connections)
        {
            return Err(Goodbye::TooMany);
        }
        Ok(())
    }

    /// What a peer is to this one at the moment.
    pub fn standing(&self, id: EndpointId) -> Standing {
        Standing::of(self.facts(&self.live(), id))
    }

    fn facts(&self, live: &Live, id: EndpointId) -> Facts {
        Facts {
            relation: self.relation(id),
            network_is_secret: self.membership().is_secret(),
            is_admitted: live.is_admitted(id),
        }
    }
}

/// Lets the other end of a connection open as many streams as it may have calls, at once.
fn make_room(connection: &Connection, standing: Standing) {
    let calls = standing.share().limits().calls_of_connection;
    connection.set_max_concurrent_bi_streams(VarInt::from_u32(calls));
}

async fn shake_hands(incoming: Incoming) -> Option<Connection> {
    let connecting = incoming.accept().ok()?;
    timeout(HANDSHAKE_TIME, connecting).await.ok()?.ok()
}
