//! The network of peers: who there is, who we are to each other, and connections to them.
//!
//! Every peer has a key, and is known by it. Two protocols are spoken over QUIC: [`link`] is the control connection, on
//! which two peers admit each other, and the calls ([`crate::calls`]), which only an admitted peer may make. `book` is
//! what is known of others, `keeper` keeps it true, `discovery` finds peers on this machine's own networks.

mod admission;
mod book;
mod card;
mod diagnose;
mod dial;
mod discovery;
mod endpoint;
mod error;
mod friends;
mod keeper;
mod known;
mod link;
mod store;
mod ticket;
mod view;
mod wire;

use std::{
    collections::HashMap,
    fmt,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use iroh::{
    Endpoint, EndpointAddr, EndpointId, RelayUrl, SecretKey,
    endpoint::{Connection, Incoming},
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    admission::Role,
    book::Book,
    card::Card,
    link::{Goodbye, Link, MAX_INTRODUCTIONS},
    store::Store,
};
pub use self::{
    admission::{MIN_SECRET_BYTES, Membership},
    diagnose::AskHealth,
    dial::PeerDial,
    endpoint::Internet,
    error::{NetworkError, StartError},
    known::{Known, Relation, Source},
    store::{Invitation, StoreError},
    ticket::{InvitationSecret, NoTicket, Ticket},
    view::{Path, PeerView},
};
use crate::calls;

/// Handshakes that may be under way at once with peers that dial us.
const MAX_HANDSHAKES: usize = 64;
/// How long such a handshake may take.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// Connections one other peer may have to us.
const MAX_CONNECTIONS: usize = 256;
/// How long saying goodbye may take.
const GOODBYE_TIME: Duration = Duration::from_secs(2);

/// What a network is told at its start.
pub struct NetworkSettings {
    /// The secret key of this peer.
    pub key: [u8; 32],
    /// What it calls itself.
    pub name: String,
    /// The UDP socket.
    pub listen: SocketAddr,
    /// Where it keeps what it knows.
    pub database: PathBuf,
    /// The network it belongs to.
    pub membership: Membership,
    /// Whether it looks for peers by multicast DNS.
    pub discovery: bool,
    /// Ways beyond this machine's own networks.
    pub internet: Option<Internet>,
    /// Peers to stay in touch with, the first before the second.
    pub friends: Vec<Ticket>,
}

impl fmt::Debug for NetworkSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkSettings")
            .field("name", &self.name)
            .field("listen", &self.listen)
            .field("membership", &self.membership)
            .finish_non_exhaustive()
    }
}

/// The network as one peer sees it. A cheap clone of one handle.
#[derive(Clone)]
pub struct Network(Arc<Inner>);

struct Inner {
    endpoint: Endpoint,
    key: SecretKey,
    name: String,
    membership: Membership,
    relays: Vec<RelayUrl>,
    /// Those of the configuration, the primary one first.
    friends: Vec<EndpointId>,
    /// The one of them that is there.
    relies_on: Mutex<Option<EndpointId>>,
    book: Book,
    store: Store,
    started: Instant,
    live: Mutex<Live>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// What is true only while connections live.
#[derive(Default)]
struct Live {
    links: HashMap<EndpointId, Vec<Link>>,
    /// Connections for calls, those we dialled.
    calls: HashMap<EndpointId, Connection>,
    /// Connections other peers dialled.
    incoming: HashMap<EndpointId, Vec<Connection>>,
    /// One dial at a time to each peer.
    dialling: HashMap<EndpointId, Arc<tokio::sync::Mutex<()>>>,
    /// The newest cards, to be passed on.
    cards: HashMap<EndpointId, Card>,
    /// When a peer answered last.
    heard: HashMap<EndpointId, Instant>,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

impl Network {
    /// Opens the socket and the database, and starts to look for peers. Calls are not answered before
    /// [`Network::serve`].
    ///
    /// # Errors
    /// Where the socket cannot be had, or the database cannot be used.
    pub async fn start(settings: NetworkSettings) -> Result<Self, StartError> {
        let NetworkSettings {
            key,
            name,
            listen,
            database,
            membership,
            discovery,
            internet,
            friends,
        } = settings;
        let key = SecretKey::from_bytes(&key);
        let (store, known) = Store::open(&database)?;
        let alpns = vec![link::ALPN.to_vec(), calls::ALPN.to_vec()];
        let endpoint = open_socket(&store, &key, listen, internet.as_ref(), alpns).await?;
        let network = Self(Arc::new(Inner {
            book: Book::new(key.public(), store.clone(), known),
            endpoint,
            key,
            name,
            membership,
            relays: internet.map(|internet| internet.relays).unwrap_or_default(),
            friends: friends.iter().map(Ticket::id).collect(),
            relies_on: Mutex::default(),
            store,
            started: Instant::now(),
            live: Mutex::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }));
        for ticket in &friends {
            network.take_ticket(ticket, "").await?;
        }
        network.spawn(keeper::keep(network.clone()));
        if discovery {
            network.spawn(discovery::discover(network.clone(), listen.ip()));
        }
        Ok(network)
    }

    /// Answers calls of other peers with what `answer` makes of a connection, until [`Network::shutdown`].
    pub fn serve<F>(&self, answer: impl Fn(Connection) -> F + Send + Sync + 'static)
    where
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
                let (network_, answer) = (network.clone(), answer.clone());
                network.spawn(async move {
                    if let Some(connection) = accept(incoming).await {
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
        answer: &impl Fn(Connection) -> F,
    ) {
        let id = connection.remote_id();
        if self.is_blocked(id) {
            return Goodbye::Blocked.close(&connection);
        }
        {
            let mut live = self.live();
            let theirs = live.incoming.entry(id).or_default();
            theirs.retain(|connection| connection.close_reason().is_none());
            if theirs.len() >= MAX_CONNECTIONS {
                return Goodbye::Idle.close(&connection);
            }
            theirs.push(connection.clone());
        }
        if connection.alpn() == link::ALPN {
            match link::meet(self, connection, Role::Listener).await {
                Ok((_, line)) => line.run(self.clone()).await,
                Err(error) => tracing::debug!(peer = %id.fmt_short(), %error, "a peer was not admitted"),
            }
        } else if !self.is_admitted(id) {
            Goodbye::NotAdmitted.close(&connection);
        } else {
            answer(connection).await;
        }
    }

    /// Runs something until the network stops.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.0.stop.clone();
        self.0.tasks.spawn(async move {
            tokio::select! {
                () = task => {}
                () = stop.cancelled() => {}
            }
        });
    }

    /// Says goodbye to everybody and ends every task, within seconds.
    pub async fn shutdown(&self) {
        for connection in self.connections(None) {
            Goodbye::Stopping.close(&connection);
        }
        self.0.stop.cancel();
        self.0.tasks.close();
        let ended = async {
            self.0.tasks.wait().await;
            self.0.endpoint.close().await;
        };
        if timeout(GOODBYE_TIME, ended).await.is_err() {
            tracing::debug!("not every peer took the goodbye in time");
        }
    }

    /// The public key of this peer.
    pub fn id(&self) -> EndpointId {
        self.0.key.public()
    }

    /// What it calls itself.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The network it belongs to.
    pub fn membership(&self) -> &Membership {
        &self.0.membership
    }

    /// How long it has been running.
    pub fn uptime(&self) -> Duration {
        self.0.started.elapsed()
    }

    /// Where it can be reached.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.0.endpoint.addr().ip_addrs().copied().collect()
    }

    /// A ticket by which others find it, with an invitation or without.
    pub fn ticket(&self, invitation: Option<InvitationSecret>) -> Ticket {
        let addresses = self.0.endpoint.addr();
        Ticket::new(EndpointAddr::from_parts(self.id(), addresses.addrs), invitation)
    }

    /// The friend of the configuration through which it stays in touch: the primary one, or the backup while that one is
    /// away.
    pub fn relies_on(&self) -> Option<EndpointId> {
        let friends = self.0.friends.iter();
        friends.copied().find(|&friend| self.link_to(friend).is_some())
    }

    /// What is between us and a peer; `None` where it is not known.
    pub fn relation(&self, id: EndpointId) -> Option<Relation> {
        self.0.book.relation(id)
    }

    fn is_blocked(&self, id: EndpointId) -> bool {
        self.0.book.is_blocked(id)
    }

    fn book(&self) -> &Book {
        &self.0.book
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a peer has proved that it belongs here. It has to stay in touch for that.
    fn is_admitted(&self, id: EndpointId) -> bool {
        self.link_to(id).is_some()
    }

    /// A link to a peer that is alive.
    fn link_to(&self, id: EndpointId) -> Option<Link> {
        let live = self.live();
        live.links.get(&id)?.iter().find(|link| link.is_alive()).cloned()
    }

    /// Every connection there is, or those to one peer.
    fn connections(&self, with: Option<EndpointId>) -> Vec<Connection> {
        let live = self.live();
        let links = live.links.values().flatten().map(Link::connection);
        links
            .chain(live.calls.values())
            .chain(live.incoming.values().flatten())
            .filter(|connection| with.is_none_or(|id| connection.remote_id() == id))
            .cloned()
            .collect()
    }

    fn hang_up(&self, id: EndpointId, why: Goodbye) {
        for connection in self.connections(Some(id)) {
            why.close(&connection);
        }
    }

    /// Another peer introduced itself.
    async fn met(&self, id: EndpointId, name: String, version: String) -> Result<(), NetworkError> {
        self.book().meet(id, Source::Called).await?;
        let version = known::kept_name(&version);
        self.book()
            .change(id, |known| {
                known.own_name = name;
                known.version = version;
                known.last_seen = Some(card::now());
            })
            .await?;
        Ok(())
    }

    fn linked(&self, link: Link) {
        let mut live = self.live();
        live.heard.insert(link.id(), Instant::now());
        live.links.entry(link.id()).or_default().push(link);
    }

    fn unlinked(&self, link: &Link) {
        let mut live = self.live();
        let id = link.id();
        if let Some(links) = live.links.get_mut(&id) {
            links.retain(Link::is_alive);
            if links.is_empty() {
                live.links.remove(&id);
            }
        }
    }

    fn remember_cards(&self, cards: &[Card]) {
        let mut live = self.live();
        for card in cards {
            if self.0.book.get(card.id).is_some()
                && live
                    .cards
                    .get(&card.id)
                    .is_none_or(|known| known.made < card.made)
            {
                live.cards.insert(card.id, card.clone());
            }
        }
    }

    /// What to tell a peer about us and about those we are connected to.
    fn introductions(&self, to: EndpointId) -> Vec<contract::parcero::v1::Introduction> {
        let own = Card::make(&self.0.key, self.name(), &self.addresses());
        let live = self.live();
        let others = live
            .links
            .iter()
            .filter(|(id, links)| **id != to && links.iter().any(Link::is_alive))
            .filter_map(|(id, _)| live.cards.get(id));
        std::iter::once(&own)
            .chain(others)
            .take(MAX_INTRODUCTIONS)
            .map(Card::introduction)
            .collect()
    }
}

/// Opens the socket; where any port will do, the one it had before, so that tickets stay good.
async fn open_socket(
    store: &Store,
    key: &SecretKey,
    listen: SocketAddr,
    internet: Option<&Internet>,
    alpns: Vec<Vec<u8>>,
) -> Result<Endpoint, StartError> {
    if listen.port() == 0
        && let Some(port) = store.port().await?
    {
        match endpoint::open(
            key.clone(),
            SocketAddr::new(listen.ip(), port),
            internet,
            alpns.clone(),
        )
        .await
        {
            Ok(endpoint) => return Ok(endpoint),
            Err(error) => {
                tracing::warn!(port, %error, "the UDP port of last time is taken: tickets need a new one")
            }
        }
    }
    let endpoint = endpoint::open(key.clone(), listen, internet, alpns)
        .await
        .map_err(|error| StartError::Socket {
            listen,
            why: error.to_string(),
        })?;
    if let Some(socket) = endpoint.bound_sockets().first().filter(|_| listen.port() == 0) {
        store.keep_port(socket.port()).await?;
    }
    Ok(endpoint)
}

async fn accept(incoming: Incoming) -> Option<Connection> {
    let connecting = incoming.accept().ok()?;
    timeout(HANDSHAKE_TIME, connecting).await.ok()?.ok()
}
