//! What is going on on a connection, and whether it has had its time.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::Version;
use tokio::time::Instant;

/// How long a request's head may take, and a new connection to make its first request.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a caller may read nothing of what it is sent. Long, because a socket tells of progress only once a good part
/// of its buffer, up to a megabyte or two, has been read: a slow reader is not a dead one.
const UNREAD_TIME: Duration = Duration::from_secs(600);

/// What is going on on a connection.
#[derive(Debug, Clone)]
pub(super) struct Activity(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// How long it may stay open with no call on it.
    idle_time: Duration,
    /// Requests whose answer is not whole yet.
    open: AtomicUsize,
    clock: Mutex<Clock>,
}

#[derive(Debug)]
struct Clock {
    /// When the last request came or ended; the start of the connection at first.
    last: Instant,
    /// When the first byte of a request's head came that is not whole yet.
    head: Option<Instant>,
    /// The version of the requests so far, if any.
    version: Option<Version>,
    /// Since when nothing of what is written has been taken, while something is.
    stuck: Option<Instant>,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            last: Instant::now(),
            head: None,
            version: None,
            stuck: None,
        }
    }
}

impl Activity {
    /// A connection begins, which may be idle for so long.
    pub(super) fn new(idle_time: Duration) -> Self {
        Self(Arc::new(Shared {
            idle_time,
            open: AtomicUsize::new(0),
            clock: Mutex::default(),
        }))
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.0.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes came in.
    pub(super) fn heard(&self) {
        if self.0.open.load(Ordering::Relaxed) == 0 {
            let mut clock = self.clock();
            // On an HTTP/2 connection in use these may be pings and window updates: no head to wait for.
            if clock.head.is_none() && clock.version != Some(Version::HTTP_2) {
                clock.head = Some(Instant::now());
            }
        }
    }

    /// Bytes were written, or could not be because the caller does not read.
    pub(super) fn wrote(&self, is_stuck: bool) {
        let mut clock = self.clock();
        clock.stuck = match (is_stuck, clock.stuck) {
            (false, _) => None,
            (true, None) => Some(Instant::now()),
            (true, since) => since,
        };
    }

    /// A request came; it is under way until what this returns is dropped.
    pub(super) fn request(&self, version: Version) -> Open {
        self.0.open.fetch_add(1, Ordering::Relaxed);
        let mut clock = self.clock();
        clock.head = None;
        clock.version = Some(version);
        Open(self.clone())
    }

    /// Why the connection has to go, if it has.
    pub(super) fn over_time(&self) -> Option<&'static str> {
        if self
            .clock()
            .stuck
            .is_some_and(|since| since.elapsed() >= UNREAD_TIME)
        {
            return Some("nothing was read for too long");
        }
        if self.0.open.load(Ordering::Relaxed) > 0 {
            return None;
        }
        let clock = self.clock();
        match clock.version {
            None if clock.last.elapsed() >= HEAD_TIME => Some("no request came"),
            Some(_) if clock.head.is_some_and(|since| since.elapsed() >= HEAD_TIME) => {
                Some("the head of a request took too long")
            }
            Some(_) if clock.last.elapsed() >= self.0.idle_time => Some("nothing was asked for too long"),
            None | Some(_) => None,
        }
    }
}

/// A request that is under way.
#[derive(Debug)]
pub(super) struct Open(Activity);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.clock().last = Instant::now();
        self.0.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const IDLE_TIME: Duration = Duration::from_secs(120);

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_request_has_ten_seconds() {
        let activity = Activity::new(IDLE_TIME);
        advance(HEAD_TIME - Duration::from_millis(1)).await;
        assert_eq!(activity.over_time(), None);
        advance(Duration::from_millis(1)).await;
        assert_eq!(activity.over_time(), Some("no request came"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_between_calls_has_two_minutes_and_one_with_a_call_has_for_ever() {
        let activity = Activity::new(IDLE_TIME);
        let open = activity.request(Version::HTTP_2);
        advance(100 * IDLE_TIME).await;
        assert_eq!(activity.over_time(), None);
        drop(open);
        advance(IDLE_TIME - Duration::from_millis(1)).await;
        assert_eq!(activity.over_time(), None);
        advance(Duration::from_millis(1)).await;
        assert_eq!(activity.over_time(), Some("nothing was asked for too long"));
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_head_after_a_request_has_ten_seconds() {
        let activity = Activity::new(IDLE_TIME);
        drop(activity.request(Version::HTTP_11));
        activity.heard();
        advance(HEAD_TIME).await;
        assert_eq!(activity.over_time(), Some("the head of a request took too long"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_reads_nothing_has_ten_minutes_even_with_a_call() {
        let activity = Activity::new(IDLE_TIME);
        let _open = activity.request(Version::HTTP_11);
        activity.wrote(true);
        advance(UNREAD_TIME / 2).await;
        activity.wrote(true);
        assert_eq!(activity.over_time(), None);
        advance(UNREAD_TIME / 2).await;
        assert_eq!(activity.over_time(), Some("nothing was read for too long"));
        activity.wrote(false);
        assert_eq!(activity.over_time(), None);
    }
}
