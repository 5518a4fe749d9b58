//! A control connection to one peer: who we are to each other, and whether it still lives.

mod line;

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use contract::parcero::v1::{Ping, control::Say};
use iroh::{
    EndpointId, TransportAddr,
    endpoint::{Connection, ConnectionError},
};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, timeout},
};

pub(super) use self::line::Line;
use super::{Network, NetworkError, goodbye::Goodbye, introductions::Acquaintances};

/// The name of this protocol, version included.
pub(super) const ALPN: &[u8] = b"parcero/control/1";

/// A peer that was heard so recently need not be asked whether it is there.
const FRESH: Duration = Duration::from_millis(800);
/// How long to wait for an answer where one waits for it.
const PROBE_TIME: Duration = Duration::from_millis(1500);
/// How often each end tells whom else it knows.
const INTRODUCE_EVERY: Duration = Duration::from_secs(5);
/// Messages that may wait, on either side of a link.
const QUEUE: usize = 16;

/// What waits to be said on a link.
pub(super) type Queue = mpsc::Receiver<Say>;

/// A control connection on which both ends have admitted each other. A cheap clone of one handle.
#[derive(Debug, Clone)]
pub(super) struct Link(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connection: Connection,
    we_dialled: bool,
    since: Instant,
    outgoing: mpsc::Sender<Say>,
    /// Both ends have said that the other is admitted.
    is_ready: AtomicBool,
    /// It was closed because it was not needed, which says nothing about the other end.
    was_idle: AtomicBool,
    /// When the other end said something last.
    heard: watch::Sender<Instant>,
    /// The last measured round trip, in microseconds; 0 before the first.
    round_trip: AtomicU64,
    /// Acquaintances the other end said it is connected to.
    knows: Mutex<Acquaintances>,
    /// When it introduced others last.
    introduced: Mutex<Option<Instant>>,
}

impl Link {
    /// A link on a connection whose other end has proved that it belongs here; it counts from now on.
    ///
    /// # Errors
    /// Where it was blocked meanwhile, or the network stops.
    pub(super) fn new(
        network: &Network,
        connection: Connection,
        we_dialled: bool,
    ) -> Result<(Self, Queue), NetworkError> {
        let (outgoing, queue) = mpsc::channel(QUEUE);
        let link = Self(Arc::new(Shared {
            connection,
            we_dialled,
            since: Instant::now(),
            outgoing,
            is_ready: AtomicBool::new(false),
            was_idle: AtomicBool::new(false),
            heard: watch::Sender::new(Instant::now()),
            round_trip: AtomicU64::new(0),
            knows: Mutex::default(),
            introduced: Mutex::default(),
        }));
        network.linked(&link)?;
        Ok((link, queue))
    }

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

    pub(super) fn is_ready(&self) -> bool {
        self.0.is_ready.load(Ordering::Acquire)
    }

    pub(super) fn set_ready(&self) {
        self.0.is_ready.store(true, Ordering::Release);
    }

    /// Whether its end says nothing about whether the other peer is there.
    pub(super) fn was_idle(&self) -> bool {
        self.0.was_idle.load(Ordering::Relaxed) || Goodbye::Idle.was_said_on(&self.0.connection)
    }

    pub(super) fn was_closed_by_the_other_end(&self) -> bool {
        matches!(
            self.0.connection.close_reason(),
            Some(ConnectionError::ApplicationClosed(_))
        )
    }

    pub(super) fn knows(&self) -> BTreeSet<EndpointId> {
        self.with_acquaintances(|knows| knows.all())
    }

    /// Whether it is time for more introductions: each costs a check of a signature.
    pub(super) fn may_introduce(&self) -> bool {
        let mut introduced = self.0.introduced.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = introduced.is_none_or(|before| before.elapsed() > INTRODUCE_EVERY / 2);
        if is_time {
            *introduced = Some(Instant::now());
        }
        is_time
    }

    /// Does something with what it said of whom it is connected to.
    pub(super) fn with_acquaintances<T>(&self, act: impl FnOnce(&mut Acquaintances) -> T) -> T {
        act(&mut self.0.knows.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// It said something just now.
    fn spoke(&self) {
        self.0.heard.send_replace(Instant::now());
    }

    /// It answered so long after it was asked.
    fn answered(&self, after: Duration) {
        let micros = after.as_micros().max(1).try_into().unwrap_or(u64::MAX);
        self.0.round_trip.store(micros, Ordering::Relaxed);
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
        let selected = paths.iter().find(iroh::endpoint::Path::is_selected);
        selected
            .or_else(|| paths.iter().next())
            .map(|path| path.remote_addr().clone())
    }

    /// Tells the other end something; whether it will be told. It is not where the other end does not read.
    pub(super) fn tell(&self, say: Say) -> bool {
        self.0.outgoing.try_send(say).is_ok()
    }

    /// Whether the other end is still there, asked anew unless it has just said something. A process that was started
    /// again knows nothing of the connections of the one before.
    pub(super) async fn probe(&self) -> bool {
        self.0.heard.borrow().elapsed() < FRESH || self.answers().await
    }

    /// Whether the other end answers now.
    pub(super) async fn answers(&self) -> bool {
        let mut heard = self.0.heard.subscribe();
        self.tell(Say::Ping(Ping { number: 0 }))
            && matches!(timeout(PROBE_TIME, heard.changed()).await, Ok(Ok(())))
    }

    pub(super) fn close(&self, why: Goodbye) {
        if why == Goodbye::Idle {
            self.0.was_idle.store(true, Ordering::Relaxed);
        }
        why.close(&self.0.connection);
    }
}
