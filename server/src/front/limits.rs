//! How many connections a door takes, and how long one may be idle.

use std::time::Duration;

/// The limits of one door. Those of a peer are the defaults; tests have smaller ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Connections at once, over all sockets.
    pub(super) max_connections: usize,
    /// How long a connection may stay open with no call on it.
    pub(super) idle_time: Duration,
    /// How often a connection is looked at. Closing is late by at most this much.
    pub(super) look_every: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Loopback is bounded by file descriptors, and 10,000 open sockets are a goal.
            max_connections: 16 * 1024,
            idle_time: Duration::from_secs(120),
            look_every: Duration::from_secs(2),
        }
    }
}
