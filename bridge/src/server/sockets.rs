//! Who owns the tasks: every socket belongs to a handle, and ends with it.

use std::{fmt, sync::Arc};

use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

/// The open sockets of a bridge. A cheap clone of a handle.
///
/// An owner that shuts down waits for them, and ends what is still open when its patience does:
///
/// ```
/// # async fn shut_down(bridge: bridge::server::BridgeLayer) {
/// let sockets = bridge.sockets();
/// let patience = std::time::Duration::from_secs(10);
/// if tokio::time::timeout(patience, sockets.wait()).await.is_err() {
///     sockets.end();
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Sockets {
    owner: Owner,
}

impl Sockets {
    /// How many sockets are open now. One socket is one call.
    pub fn count(&self) -> usize {
        self.owner.inner.tasks.len()
    }

    /// Ends every open call with UNAVAILABLE, closes its socket with 1001, and does so to those yet to come.
    pub fn end(&self) {
        self.owner.inner.end.cancel();
    }

    /// Waits until no socket is open.
    ///
    /// # Cancel safety
    /// Dropping this loses nothing; the sockets stay open.
    pub async fn wait(&self) {
        self.owner.inner.tasks.close();
        self.owner.inner.tasks.wait().await;
    }
}

/// Ends all tasks when the last clone goes.
#[derive(Clone)]
pub(super) struct Owner {
    inner: Arc<Inner>,
}

struct Inner {
    tasks: TaskTracker,
    end: CancellationToken,
    _end_on_drop: DropGuard,
}

impl Owner {
    /// Starts the task `task` makes; it is told to end by the token it gets.
    pub(super) fn spawn<F>(&self, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // A child of its own for each task: waiting on one shared token, they would all fight for one lock.
        let task = task(self.inner.end.child_token());
        self.inner.tasks.spawn(task);
    }

    pub(super) fn sockets(&self) -> Sockets {
        Sockets { owner: self.clone() }
    }
}

impl Default for Owner {
    fn default() -> Self {
        let end = CancellationToken::new();
        Self {
            inner: Arc::new(Inner {
                tasks: TaskTracker::new(),
                _end_on_drop: end.clone().drop_guard(),
                end,
            }),
        }
    }
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} open", self.inner.tasks.len())
    }
}
