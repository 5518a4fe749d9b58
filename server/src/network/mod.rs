//! The network of peers: who there is, who we are to each other, and connections to them.
//!
//! Every peer has a key, and is known by it. Two protocols are spoken over QUIC: [`link`] is the control connection, on
//! which two peers admit each other, and the calls ([`crate::calls`]), which only an admitted peer may make. `book` is
//! what is known of others, `keeper` keeps it true, `discovery` finds peers on this machine's own networks.

mod accept;
mod admission;
mod book;
mod card;
mod diagnose;
mod dial;
mod discovery;
mod endpoint;
mod error;
mod friends;
mod friendship;
mod goodbye;
mod introductions;
mod keeper;
mod known;
mod link;
mod live;
mod meet;
mod near;
mod settings;
mod store;
mod ticket;
mod view;
mod wire;

use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use iroh::{Endpoint, EndpointAddr, EndpointId, RelayUrl, SecretKey};
use tokio::time::{Instant, timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::{
    admission::{MIN_SECRET_BYTES, Membership},
    diagnose::AskHealth,
    dial::PeerDial,
    endpoint::Internet,
    error::{NetworkError, StartError},
    known::{Known, Relation, Source},
    settings::NetworkSettings,
    store::{Invitation, StoreError},
    ticket::{InvitationSecret, NoTicket, Ticket},
    view::{Path, PeerView},
};
use self::{
    book::{Book, Requests},
    card::Card,
    goodbye::Goodbye,
    link::Link,
    live::Live,
    near::{Near, Reach},
    store::Store,
};
use crate::{access, calls};

/// How long saying goodbye may take.
const GOODBYE_TIME: Duration = Duration::from_secs(2);

/// The same where nobody waits for it.
const MOMENT: Duration = Duration::from_millis(200);

/// How long a member of a secret network may be without a link before its calls end: one that is replaced is missed for
/// a moment.
const MEMBER_TIME: Duration = Duration::from_secs(2);

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
    /// How often strangers asked to be friends.
    requests: Requests,
    store: Store,
    near: Near,
    started: Instant,
    live: Mutex<Live>,
    /// The newest card of this peer.
    card: Mutex<Option<(Card, Instant)>>,
    tasks: TaskTracker,
    stop: CancellationToken,
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
        Self::open(settings).await
    }

    /// Boxed, so that everything it starts is compiled here and not with whoever waits for it: that may be optimised less.
    fn open(settings: NetworkSettings) -> BoxFuture<'static, Result<Self, StartError>> {
        Box::pin(async move {
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
            let (store, known) = Store::open(&database, membership.name())?;
            let near = Near::new(match &internet {
                Some(_) => Reach::Internet,
                None if listen.ip().is_loopback() => Reach::Loopback,
                None => Reach::Subnets,
            });
            let alpns = vec![link::ALPN.to_vec(), calls::ALPN.to_vec()];
            let endpoint = endpoint::open_kept(&store, &key, listen, internet.as_ref(), alpns).await?;
            let network = Self(Arc::new(Inner {
                book: Book::new(key.public(), store.clone(), known),
                requests: Requests::default(),
                endpoint,
                key,
                name,
                membership,
                relays: internet.map(|internet| internet.relays).unwrap_or_default(),
                friends: friends.iter().map(Ticket::id).collect(),
                relies_on: Mutex::default(),
                store,
                near,
                started: Instant::now(),
                live: Mutex::default(),
                card: Mutex::default(),
                tasks: TaskTracker::new(),
                stop: CancellationToken::new(),
            }));
            for ticket in &friends {
                network.take_ticket(ticket, None);
            }
            let writer = network.clone();
            network.spawn(async move { writer.book().keep_written().await });
            network.spawn(keeper::look_around(network.clone()));
            network.spawn(keeper::keep(network.clone()));
            if discovery {
                network.spawn(discovery::discover(network.clone(), listen.ip()));
            }
            Ok(network)
        })
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

    /// Says goodbye to everybody, at once and without waiting; nothing is dialled or answered any more.
    pub fn close(&self) {
        let open = {
            let mut live = self.live();
            live.is_stopping = true;
            live.connections(None)
        };
        for connection in open {
            Goodbye::Stopping.close(&connection);
        }
    }

    /// The same; then it ends every task and writes down what is not written yet, within seconds.
    pub async fn shutdown(&self) {
        self.close();
        self.0.stop.cancel();
        self.0.tasks.close();
        match timeout(GOODBYE_TIME, self.book().flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "what was learned of other peers last could not be written down");
            }
            Err(_) => tracing::warn!("what was learned of other peers last was not written down in time"),
        }
        let (ended, is_closed) = tokio::join!(
            timeout(GOODBYE_TIME, self.0.tasks.wait()),
            endpoint::close(&self.0.endpoint, GOODBYE_TIME),
        );
        if ended.is_err() || !is_closed {
            tracing::debug!("not every peer took the goodbye in time");
        }
    }

    /// Says goodbye, and closes the socket within a moment: what is not written down yet stays so. Where it was shut down
    /// before, nothing happens.
    pub async fn leave(&self) {
        self.close();
        self.0.stop.cancel();
        endpoint::close(&self.0.endpoint, MOMENT).await;
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
        access::is_shut_out(self.relation(id))
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

    /// A link to a peer that is alive.
    fn link_to(&self, id: EndpointId) -> Option<Link> {
        self.live().link(id)
    }

    fn hang_up(&self, id: EndpointId, why: Goodbye) {
        // All at once, so that every one of them is closed for this reason.
        let live = self.live();
        for connection in live.connections(Some(id)) {
            why.close(&connection);
        }
    }

    /// Notes a link, unless its other end was blocked meanwhile or the network stops. Whoever blocks a peer hangs up
    /// afterwards, and so either finds the link here or is seen.
    fn linked(&self, link: &Link) -> Result<(), NetworkError> {
        let mut live = self.live();
        if self.is_blocked(link.id()) {
            return Err(NetworkError::Blocked);
        }
        if live.is_stopping {
            return Err(NetworkError::unreachable("this peer is stopping"));
        }
        if live.add_link(link) {
            Ok(())
        } else {
            Err(NetworkError::unreachable(
                "there are too many connections to it already",
            ))
        }
    }

    fn unlinked(&self, link: &Link) {
        self.live().remove_link(link);
        let id = link.id();
        self.book()
            .change(id, |known| known.last_seen = Some(card::now()));
        // The other end let it go. A friend is somebody to stay in touch with: it is dialled again.
        let is_kept = self.relation(id) == Some(Relation::Friend) || self.0.friends.contains(&id);
        if is_kept && Goodbye::Idle.was_said_on(link.connection()) {
            self.live().hurry(id);
        }
        if self.membership().is_secret() {
            let network = self.clone();
            self.spawn(async move {
                // Time for another one to follow on.
                tokio::time::sleep(MEMBER_TIME).await;
                if !network.live().is_admitted(id) {
                    network.book().turned(id);
                }
            });
        }
        // What was said last on the one that ended may not have been heard.
        if let Some(other) = self.link_to(link.id()) {
            self.repeat(&other);
        }
    }
}
