//! The calls under way, and the figures of all that have been.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;
use tonic::Status;

use super::Ending;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The handler ended it, with whatever status.
    Completed,
    /// The caller gave it up before the handler was done.
    Cancelled,
    /// Its deadline passed.
    DeadlineExceeded,
    /// This peer stopped or refused it: too large, not allowed, shutting down.
    Refused,
}

/// How many calls came to what end since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Under way now.
    pub open: u64,
    /// [`How::Completed`].
    pub completed: u64,
    /// [`How::Cancelled`].
    pub cancelled: u64,
    /// [`How::DeadlineExceeded`].
    pub deadline_exceeded: u64,
    /// [`How::Refused`].
    pub refused: u64,
}

/// The calls made to this peer. A cheap clone of one handle.
#[derive(Clone, Default)]
pub struct Calls(Arc<Inner>);

#[derive(Default)]
struct Inner {
    open: Mutex<Open>,
    completed: AtomicU64,
    cancelled: AtomicU64,
    deadline_exceeded: AtomicU64,
    refused: AtomicU64,
    one_less: Notify,
}

#[derive(Default)]
struct Open {
    next: u64,
    calls: HashMap<u64, OpenCall>,
    /// Set once the peer is stopping: what comes now is refused with it.
    closed: Option<Status>,
}

struct OpenCall {
    ending: Ending,
    only_watches: bool,
}

impl Calls {
    /// No calls yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The figures at this moment.
    pub fn figures(&self) -> Figures {
        Figures {
            open: self.open().calls.len() as u64,
            completed: self.0.completed.load(Ordering::Relaxed),
            cancelled: self.0.cancelled.load(Ordering::Relaxed),
            deadline_exceeded: self.0.deadline_exceeded.load(Ordering::Relaxed),
            refused: self.0.refused.load(Ordering::Relaxed),
        }
    }

    /// Takes no more calls, ends those that only watch, and leaves the others to finish.
    pub fn close(&self, status: &Status) {
        let watching: Vec<Ending> = {
            let mut open = self.open();
            open.closed = Some(status.clone());
            open.calls
                .values()
                .filter(|call| call.only_watches)
                .map(|call| call.ending.clone())
                .collect()
        };
        for ending in watching {
            ending.end(status.clone());
        }
    }

    /// Ends every call that is still under way.
    pub fn end_all(&self, status: &Status) {
        // Collected first: ending a call drops its handler, which may come back here.
        let all: Vec<Ending> = self
            .open()
            .calls
            .values()
            .map(|call| call.ending.clone())
            .collect();
        for ending in all {
            ending.end(status.clone());
        }
    }

    /// How many calls are under way now.
    pub fn open_calls(&self) -> usize {
        self.open().calls.len()
    }

    /// Done when a call ends after this was called. For a loop around [`Calls::open_calls`].
    pub fn one_less(&self) -> impl Future<Output = ()> {
        self.0.one_less.notified()
    }

    /// Counts a call in, or refuses it because the peer is stopping.
    pub(super) fn register(&self, ending: Ending, only_watches: bool) -> Result<Registered, Status> {
        let mut open = self.open();
        if let Some(status) = &open.closed {
            let status = status.clone();
            drop(open);
            self.0.refused.fetch_add(1, Ordering::Relaxed);
            return Err(status);
        }
        let number = open.next;
        open.next += 1;
        open.calls.insert(number, OpenCall { ending, only_watches });
        Ok(Registered {
            calls: self.clone(),
            number,
        })
    }

    /// Counts a call that was refused before it began.
    pub(super) fn refused(&self) {
        self.0.refused.fetch_add(1, Ordering::Relaxed);
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Calls").field(&self.figures()).finish()
    }
}

/// One open call's place in [`Calls`].
#[derive(Debug)]
pub(super) struct Registered {
    calls: Calls,
    number: u64,
}

impl Registered {
    /// Counts the call out.
    pub(super) fn done(self, how: How) {
        let inner = &self.calls.0;
        let counter = match how {
            How::Completed => &inner.completed,
            How::Cancelled => &inner.cancelled,
            How::DeadlineExceeded => &inner.deadline_exceeded,
            How::Refused => &inner.refused,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let gone = self.calls.open().calls.remove(&self.number);
        drop(gone);
        inner.one_less.notify_waiters();
    }
}
