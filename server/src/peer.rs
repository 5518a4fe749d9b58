//! The peer: the one handle everything else is reached by.

use std::sync::Arc;

use crate::{layers::Calls, network::Network};

/// What a peer is told at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name its person gave it.
    pub name: String,
    /// The largest message taken or sent, in bytes.
    pub max_message_bytes: usize,
}

/// A running peer. A cheap clone of one handle.
#[derive(Debug, Clone)]
pub struct Peer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    calls: Calls,
    network: Option<Network>,
}

impl Peer {
    /// A peer with these settings, with no door open yet. Without a network it is alone.
    pub fn new(settings: Settings, network: Option<Network>) -> Self {
        Self(Arc::new(Inner {
            settings,
            calls: Calls::new(),
            network,
        }))
    }

    /// The other peers, unless it is alone.
    pub fn network(&self) -> Option<&Network> {
        self.0.network.as_ref()
    }

    /// The name its person gave it.
    pub fn name(&self) -> &str {
        &self.0.settings.name
    }

    /// The largest message taken or sent, in bytes.
    pub fn max_message_bytes(&self) -> usize {
        self.0.settings.max_message_bytes
    }

    /// The calls made to this peer, by whichever door.
    pub fn calls(&self) -> &Calls {
        &self.0.calls
    }
}
