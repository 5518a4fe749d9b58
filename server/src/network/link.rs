//! A control connection to one peer: who we are to each other, and whether it still lives.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use contract::parcero::v1::{
    Acquaintances, Admitted, FriendAnswer, FriendRequest, Greeting, Ping, Pong, Proof, Refused,
    UseInvitation, control::Say,
};
use iroh::{
    EndpointId, TransportAddr,
    endpoint::{Connection, RecvStream, SendStream, VarInt},
};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, timeout},
};

use super::{
    Network, NetworkError,
    admission::{Meeting, Role},
    card::{Card, now},
    known::{Known, Relation, Source, kept_name},
    wire::{WireError, hear, say},
};
use crate::VERSION;

/// The name of this protocol, version included.
pub(super) const ALPN: &[u8] = b"parcero/control/1";

/// How long two peers may take to admit each other. On one network it takes milliseconds.
const ADMISSION_TIME: Duration = Duration::from_secs(5);
/// How often each end asks the other for a sign of life.
const PING_EVERY: Duration = Duration::from_millis(1500);
/// How long a sign of life may take.
const PONG_TIME: Duration = Duration::from_secs(4);
/// How often each end tells whom else it knows.
const INTRODUCE_EVERY: Duration = Duration::from_secs(5);
/// The most introductions in one message.
pub(super) const MAX_INTRODUCTIONS: usize = 64;
/// Messages that may wait to be sent.
const QUEUE: usize = 16;

/// Why a connection was closed. Both ends can read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goodbye {
    /// This peer stops.
    Stopping,
    /// The person of this peer blocked the other one.
    Blocked,
    /// The other one has not proved that it belongs to this network.
    NotAdmitted,
    /// It is not needed at the moment.
    Idle,
    /// The person of this peer forgot the other one.
    Forgotten,
    /// What came is not of this protocol.
    Malformed,
}

impl Goodbye {
    pub(super) fn close(self, connection: &Connection) {
        let (code, reason) = match self {
            Self::Stopping => (0, "this peer stops"),
            Self::Blocked => (1, "blocked by the person of this peer"),
            Self::NotAdmitted => (
                2,
                "not admitted: prove the network on a connection of parcero/control/1 first",
            ),
            Self::Idle => (3, "not needed at the moment"),
            Self::Forgotten => (4, "forgotten by the person of this peer"),
            Self::Malformed => (5, "what came is not of this protocol"),
        };
        connection.close(VarInt::from_u32(code), reason.as_bytes());
    }
}

/// A control connection on which both ends have admitted each other. A cheap clone of one handle.
#[derive(Debug, Clone)]
pub(super) struct Link(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connection: Connection,
    we_dialled: bool,
    since: Instant,
    outgoing: mpsc::Sender<Say>,
    /// The last measured round trip, in microseconds; 0 before the first.
    round_trip: AtomicU64,
    /// Whether the other end counts us among its friends.
    is_friend_there: AtomicBool,
    /// Whom the other end said it is connected to.
    knows: Mutex<BTreeSet<EndpointId>>,
}

impl Link {
    pub(super) fn id(&self) -> EndpointId {
        self.0.connection.remote_id()
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.0.connection
    }

    pub(super) fn we_dialled(&self) -> bool {
        self.0.we_dialled
    }

    /// How long it has been there.
    pub(super) fn age(&self) -> Duration {
        self.0.since.elapsed()
    }

    pub(super) fn is_alive(&self) -> bool {
        self.0.connection.close_reason().is_none()
    }

    pub(super) fn knows(&self) -> Vec<EndpointId> {
        self.0
            .knows
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .copied()
            .collect()
    }

    /// The last measured round trip.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        Some(self.0.round_trip.load(Ordering::Relaxed))
            .filter(|&micros| micros > 0)
            .map(Duration::from_micros)
    }

    /// The address packets go to at the moment.
    pub(super) fn path(&self) -> Option<TransportAddr> {
        let paths = self.0.connection.paths();
        let selected = paths.iter().find(|path| path.is_selected());
        selected
            .or_else(|| paths.iter().next())
            .map(|path| path.remote_addr().clone())
    }

    /// Tells the other end something. Waits where it does not read.
    pub(super) async fn tell(&self, say: Say) -> Result<(), NetworkError> {
        self.0
            .outgoing
            .send(say)
            .await
            .map_err(|_| NetworkError::unreachable("the connection has ended"))
    }

    pub(super) fn close(&self, why: Goodbye) {
        why.close(&self.0.connection);
    }
}

/// What runs a link, once both ends are admitted.
pub(super) struct Line {
    link: Link,
    send: SendStream,
    receive: RecvStream,
    queue: mpsc::Receiver<Say>,
}

/// Admits the other end, and is admitted by it.
pub(super) async fn meet(
    network: &Network,
    connection: Connection,
    role: Role,
) -> Result<(Link, Line), NetworkError> {
    match timeout(ADMISSION_TIME, admit(network, &connection, role)).await {
        Ok(Ok(met)) => Ok(met),
        Ok(Err(error)) => {
            let why = match error {
                NetworkError::Blocked => Goodbye::Blocked,
                _ => Goodbye::NotAdmitted,
            };
            why.close(&connection);
            Err(error)
        }
        Err(_) => {
            Goodbye::NotAdmitted.close(&connection);
            Err(NetworkError::unreachable("it did not introduce itself in time"))
        }
    }
}

async fn admit(network: &Network, connection: &Connection, role: Role) -> Result<(Link, Line), NetworkError> {
    let id = connection.remote_id();
    let lost = |error: WireError| broken(connection, &error);
    let opened = match role {
        Role::Dialler => connection.open_bi().await,
        Role::Listener => connection.accept_bi().await,
    };
    let (mut send, mut receive) = opened.map_err(|error| NetworkError::unreachable(error.to_string()))?;
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce)
        .map_err(|error| NetworkError::unreachable(format!("no randomness: {error}")))?;
    let membership = network.membership();
    let greeting = Say::Greeting(Greeting {
        name: network.name().to_owned(),
        version: VERSION.to_owned(),
        network: membership.name().to_owned(),
        nonce: nonce.to_vec(),
        addresses: Vec::new(),
    });
    say(&mut send, greeting).await.map_err(lost)?;
    let Some(Say::Greeting(theirs)) = hear(&mut receive).await.map_err(lost)? else {
        return Err(NetworkError::refused("it did not greet"));
    };
    let their_nonce: [u8; 32] = theirs.nonce[..]
        .try_into()
        .map_err(|_| NetworkError::refused("its greeting is malformed"))?;
    let meeting = match role {
        Role::Dialler => Meeting {
            dialler: network.id(),
            listener: id,
            dialler_nonce: nonce,
            listener_nonce: their_nonce,
        },
        Role::Listener => Meeting {
            dialler: id,
            listener: network.id(),
            dialler_nonce: their_nonce,
            listener_nonce: nonce,
        },
    };
    let other = match role {
        Role::Dialler => Role::Listener,
        Role::Listener => Role::Dialler,
    };
    let refusal = if network.is_blocked(id) {
        Some(NetworkError::Blocked)
    } else if theirs.network != membership.name() {
        Some(NetworkError::refused("it belongs to another network"))
    } else {
        let proof = Proof {
            mac: meeting.prove(membership, role),
        };
        say(&mut send, Say::Proof(proof)).await.map_err(lost)?;
        match hear(&mut receive).await.map_err(lost)? {
            Some(Say::Proof(Proof { mac })) if meeting.check(membership, other, &mac) => None,
            Some(Say::Refused(Refused { why })) => return Err(NetworkError::refused(why)),
            Some(_) | None => Some(NetworkError::refused(
                "the secret of the network is not the same on both sides",
            )),
        }
    };
    if let Some(refusal) = refusal {
        let refused = Refused {
            why: refusal.to_string(),
        };
        // It is told twice: here in words, and by how the connection is closed. Either may be lost.
        let _ = say(&mut send, Say::Refused(refused)).await;
        let _ = send.finish();
        let _ = timeout(Duration::from_millis(200), send.stopped()).await;
        return Err(refusal);
    }
    network.met(id, kept_name(&theirs.name), theirs.version).await?;

    let (outgoing, queue) = mpsc::channel(QUEUE);
    let link = Link(Arc::new(Shared {
        connection: connection.clone(),
        we_dialled: role == Role::Dialler,
        since: Instant::now(),
        outgoing,
        round_trip: AtomicU64::new(0),
        is_friend_there: AtomicBool::new(false),
        knows: Mutex::default(),
    }));
    // Before it is told, so that a call which it makes at once finds it admitted.
    network.linked(link.clone());
    let admitted = Admitted {
        is_friend: network.relation(id) == Some(Relation::Friend),
    };
    say(&mut send, Say::Admitted(admitted)).await.map_err(lost)?;
    match hear(&mut receive).await.map_err(lost)? {
        Some(Say::Admitted(admitted)) => network.is_friend_there(&link, admitted.is_friend).await?,
        Some(Say::Refused(Refused { why })) => return Err(NetworkError::refused(why)),
        Some(_) | None => return Err(NetworkError::refused("it neither admitted nor refused this peer")),
    }
    let line = Line {
        link: link.clone(),
        send,
        receive,
        queue,
    };
    Ok((link, line))
}

fn broken(connection: &Connection, error: &WireError) -> NetworkError {
    match connection.close_reason() {
        Some(iroh::endpoint::ConnectionError::ApplicationClosed(close)) => {
            NetworkError::refused(String::from_utf8_lossy(&close.reason))
        }
        Some(reason) => NetworkError::unreachable(reason.to_string()),
        None => NetworkError::unreachable(error.to_string()),
    }
}

impl Line {
    /// Talks until either end stops.
    pub(super) async fn run(self, network: Network) {
        let Self {
            link,
            mut send,
            mut receive,
            mut queue,
        } = self;
        let (heard, mut hearing) = mpsc::channel(QUEUE);
        let listener = async {
            loop {
                match hear(&mut receive).await {
                    // What a newer peer says, and this one does not understand.
                    Ok(None) => {}
                    Ok(Some(say)) => {
                        if heard.send(say).await.is_err() {
                            return;
                        }
                    }
                    Err(WireError::TooLong(_) | WireError::Garbled(_)) => {
                        return link.close(Goodbye::Malformed);
                    }
                    Err(WireError::Read(_) | WireError::Write(_)) => return,
                }
            }
        };
        let talker = async {
            let mut pings = interval(PING_EVERY);
            pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut introductions = interval(INTRODUCE_EVERY);
            introductions.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut asked: Option<(u64, Instant)> = None;
            let mut number = 0;
            loop {
                let next = tokio::select! {
                    Some(say) = queue.recv() => Some(say),
                    _ = pings.tick() => match asked {
                        Some((_, since)) if since.elapsed() >= PONG_TIME => return,
                        Some(_) => None,
                        None => {
                            number += 1;
                            asked = Some((number, Instant::now()));
                            Some(Say::Ping(Ping { number }))
                        }
                    },
                    _ = introductions.tick() => {
                        let peers = network.introductions(link.id());
                        Some(Say::Acquaintances(Acquaintances { peers }))
                    }
                    said = hearing.recv() => match said {
                        None => return,
                        Some(Say::Pong(Pong { number })) => {
                            if let Some((_, since)) = asked.take_if(|(asked, _)| *asked == number) {
                                let micros = since.elapsed().as_micros().max(1);
                                link.0.round_trip.store(micros.try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
                            }
                            None
                        }
                        Some(say) => match network.heard(&link, say).await {
                            Ok(answer) => answer,
                            Err(error) => {
                                tracing::warn!(%error, "what another peer said could not be written down");
                                None
                            }
                        },
                    },
                };
                if let Some(next) = next
                    && say(&mut send, next).await.is_err()
                {
                    return;
                }
            }
        };
        tokio::select! {
            () = listener => {}
            () = talker => {}
            _ = link.connection().closed() => {}
        }
        link.close(Goodbye::Idle);
        network.unlinked(&link);
    }
}

impl Network {
    /// What to answer to something another peer said.
    async fn heard(&self, link: &Link, said: Say) -> Result<Option<Say>, NetworkError> {
        let id = link.id();
        match said {
            Say::Ping(Ping { number }) => return Ok(Some(Say::Pong(Pong { number }))),
            Say::Admitted(Admitted { is_friend }) => self.is_friend_there(link, is_friend).await?,
            Say::Acquaintances(Acquaintances { peers }) => {
                let cards: Vec<_> = peers
                    .into_iter()
                    .take(MAX_INTRODUCTIONS)
                    .filter_map(Card::check)
                    .collect();
                for card in &cards {
                    self.book().take_card(card, Source::Introduced).await?;
                }
                self.remember_cards(&cards);
                *link.0.knows.lock().unwrap_or_else(PoisonError::into_inner) = cards
                    .iter()
                    .map(|card| card.id)
                    .filter(|&card| card != id)
                    .collect();
            }
            Say::FriendRequest(FriendRequest {}) => {
                let known = self
                    .book()
                    .change(id, |known| {
                        let may_ask = known.relation == Relation::Stranger && known.declined_until <= now();
                        if may_ask && known.asked {
                            known.befriend();
                        } else if may_ask {
                            known.asks = true;
                        }
                    })
                    .await?;
                if known.is_some_and(|known| known.relation == Relation::Friend) {
                    return Ok(Some(Say::Admitted(Admitted { is_friend: true })));
                }
            }
            Say::UseInvitation(UseInvitation { secret }) => {
                let accepted = match secret[..].try_into() {
                    Ok(secret) => self.store().use_invitation(secret, now()).await?,
                    Err(_) => false,
                };
                if !accepted {
                    return Ok(Some(Say::FriendAnswer(FriendAnswer { accepted })));
                }
                self.book().change(id, Known::befriend).await?;
                return Ok(Some(Say::Admitted(Admitted { is_friend: true })));
            }
            Say::FriendAnswer(FriendAnswer { accepted }) => {
                if !accepted {
                    self.book().change(id, |known| known.invitation = None).await?;
                }
            }
            // Said once, at the beginning.
            Say::Greeting(_) | Say::Proof(_) | Say::Refused(_) | Say::Pong(_) => {}
        }
        Ok(None)
    }

    /// The other end said whether it counts us among its friends.
    async fn is_friend_there(&self, link: &Link, is_friend: bool) -> Result<(), NetworkError> {
        link.0.is_friend_there.store(is_friend, Ordering::Relaxed);
        let known = self
            .book()
            .change(link.id(), |known| match (is_friend, known.relation) {
                (true, Relation::Stranger) if known.asked || known.invitation.is_some() => known.befriend(),
                (true, Relation::Friend) => known.befriend(),
                // It took the friendship back, and so it is none.
                (false, Relation::Friend) => known.relation = Relation::Stranger,
                (_, Relation::Stranger | Relation::Blocked) => {}
            })
            .await?;
        // What it has not heard yet.
        if let Some(known) = known.filter(|_| !is_friend) {
            if let Some(secret) = known.invitation {
                let secret = secret.to_vec();
                link.tell(Say::UseInvitation(UseInvitation { secret })).await?;
            } else if known.asked {
                link.tell(Say::FriendRequest(FriendRequest {})).await?;
            }
        }
        Ok(())
    }
}
