//! The listening sockets, from bind to a graceful end.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use bridge::server::{BridgeLayer, Origins};
use futures_util::future::BoxFuture;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{Status, service::Routes};

use super::{
    OriginPattern, Page, connection,
    entrance::Entrance,
    entry::Rules,
    limits::Limits,
    roads::{self, Stack},
};
use crate::{calls, grpc, peer::Peer};

/// How long calls may go on once the peer is asked to stop.
const FINISH_TIME: Duration = Duration::from_secs(10);
/// How long calls may go on before a person hears of them: those that only watch take a moment to end.
const QUIET_TIME: Duration = Duration::from_millis(200);
/// How long the last answers may take to leave.
const FLUSH_TIME: Duration = Duration::from_secs(1);
/// The pause after a failed accept: out of file descriptors, mostly, and trying at once would burn a core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why a door cannot open.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The door is for this machine alone.
    #[error("{0} is not a loopback address")]
    NotLoopback(SocketAddr),
    /// Somebody else listens there.
    #[error("{0} is taken by another program")]
    Taken(SocketAddr),
    /// Anything else the system said.
    #[error("cannot listen on {address}")]
    Io {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// The TCP door, open but not served yet.
#[derive(Debug)]
pub struct Door {
    listeners: Vec<(TcpListener, SocketAddr)>,
    allowed: Arc<[OriginPattern]>,
    page: Page,
    limits: Limits,
}

/// What is left to finish while the peer stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Calls under way.
    pub calls: usize,
}

impl Door {
    /// Listens on `addresses`, all of the loopback; pages of the origins in `allowed` may call.
    ///
    /// # Errors
    /// See [`BindError`].
    pub async fn bind(addresses: &[SocketAddr], allowed: Vec<OriginPattern>) -> Result<Self, BindError> {
        let mut listeners = Vec::new();
        for &address in addresses {
            listeners.push(bind(address).await?);
        }
        Ok(Self {
            listeners,
            allowed: allowed.into(),
            page: Page::none(),
            limits: Limits::default(),
        })
    }

    /// What it shows to a browser; without this, a sentence that there is no page.
    #[must_use]
    pub fn showing(self, page: Page) -> Self {
        Self { page, ..self }
    }

    /// Where it listens, with the ports that were taken where port 0 was asked for.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().map(|(_, address)| *address).collect()
    }

    /// Serves `peer` until `stop` is done and what is under way has ended.
    ///
    /// Then it takes no more connections, ends the calls that only watch, and gives the others ten seconds; `tell` hears
    /// how many are left, whenever that changes.
    ///
    /// # Errors
    /// Where the services cannot be built, which no caller can cause.
    pub async fn serve(
        self,
        peer: Peer,
        stop: impl Future<Output = ()> + Send,
        tell: impl Fn(Left) + Sync,
    ) -> Result<(), tonic_reflection::server::Error> {
        let services = grpc::services(&peer).await?;
        self.serve_services(peer, services, stop, tell).await;
        Ok(())
    }

    /// Like [`Door::serve`], with services of your own in place of the peer's.
    pub async fn serve_services(
        self,
        peer: Peer,
        services: Routes,
        stop: impl Future<Output = ()> + Send,
        tell: impl Fn(Left) + Sync,
    ) {
        self.serve_until(peer, services, Box::pin(stop), &tell).await;
    }

    /// Boxed, so that all of it is compiled here and not with whoever waits for it: that may be optimised less.
    fn serve_until<'a>(
        self,
        peer: Peer,
        services: Routes,
        stop: BoxFuture<'a, ()>,
        tell: &'a (dyn Fn(Left) + Sync),
    ) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let routes = grpc::layered(&peer, services);
            if let Some(network) = peer.network() {
                // The other door, onto the same layered routes.
                let routes = routes.clone();
                let entrance = Entrance::new(network.clone());
                network.serve(move |connection, standing| {
                    let one = entrance.of(connection.remote_id());
                    let routes = routes.clone();
                    async move {
                        tokio::select! {
                            () = calls::serve(connection, routes, || one.enter()) => {}
                            () = one.follow(standing) => {}
                        }
                    }
                });
            }
            // Who may open a socket was decided before: the door's own rules know more than the bridge's.
            let bridge = BridgeLayer::new()
                .max_message_bytes(peer.max_message_bytes())
                .origins(Origins::Any);
            let permits = Arc::new(Semaphore::new(self.limits.max_connections));
            let connections = TaskTracker::new();
            let (stopping, stopped) = watch::channel(false);
            // However this function ends, its connections end with it.
            let end = CancellationToken::new();
            let _end = end.clone().drop_guard();

            let mut accepting = JoinSet::new();
            for (listener, address) in self.listeners {
                let rules = Rules::new(address, self.allowed.clone());
                let stack = roads::stack(
                    routes.clone(),
                    &bridge,
                    self.page.clone(),
                    rules,
                    peer.max_message_bytes(),
                );
                accepting.spawn(accept(
                    listener,
                    stack,
                    self.limits,
                    permits.clone(),
                    connections.clone(),
                    stopped.clone(),
                    end.clone(),
                ));
            }
            stop.await;

            // The listening sockets close with their tasks.
            accepting.shutdown().await;
            connections.close();
            let status = Status::unavailable("this peer is stopping");
            peer.calls().close(&status);
            stopping.send_replace(true);
            let sockets = bridge.sockets();
            // Running out of time is not an error here: what is left is ended below.
            let _ = timeout(FINISH_TIME, finish(&peer, tell)).await;
            peer.calls().end_all(&status);
            // The same: whoever does not read its last answer within this time does not get it.
            let _ = timeout(FLUSH_TIME, async {
                tokio::join!(connections.wait(), sockets.wait())
            })
            .await;
            sockets.end();
            if let Some(network) = peer.network() {
                network.shutdown().await;
            }
        })
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), BindError> {
    if !address.ip().is_loopback() {
        return Err(BindError::NotLoopback(address));
    }
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::Taken(address),
        _ => BindError::Io { address, source },
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Takes connections in for ever.
async fn accept(
    listener: TcpListener,
    stack: Stack,
    limits: Limits,
    permits: Arc<Semaphore>,
    connections: TaskTracker,
    stopping: watch::Receiver<bool>,
    end: CancellationToken,
) {
    loop {
        // Over the limit, newcomers wait in the system's queue.
        let Ok(permit) = permits.clone().acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection without TCP_NODELAY");
                }
                let serving = connection::serve(stream, permit, stack.clone(), limits, stopping.clone());
                connections.spawn(end.clone().run_until_cancelled_owned(serving));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Waits until no call is left.
async fn finish(peer: &Peer, tell: &(dyn Fn(Left) + Sync)) {
    let mut told = 0;
    // What ends within this is not worth a word.
    let _ = timeout(QUIET_TIME, async {
        while peer.calls().open_calls() > 0 {
            peer.calls().one_less().await;
        }
    })
    .await;
    loop {
        let one_less = peer.calls().one_less();
        let calls = peer.calls().open_calls();
        if calls == 0 {
            return;
        }
        if calls != told {
            tell(Left { calls });
            told = calls;
        }
        one_less.await;
    }
}

#[cfg(test)]
mod tests;
