//! What runs side by side: a way to travel, and the server at its end.

use super::workload::{LARGE, SMALL, Workload};
use crate::roads::Way;

/// One row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Native gRPC to the peer's front.
    Native,
    /// gRPC-Web to the peer's front.
    Web,
    /// The bridge, in the peer's front.
    Bridge,
    /// Native gRPC to plain tonic.
    PlainNative,
    /// gRPC-Web to plain tonic with tonic-web.
    PlainWeb,
}

impl Lane {
    /// How calls travel on it.
    pub(crate) fn way(self) -> Way {
        match self {
            Self::Native | Self::PlainNative => Way::Native,
            Self::Web | Self::PlainWeb => Way::Web,
            Self::Bridge => Way::Bridge,
        }
    }

    /// Its name in a table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Native => "native HTTP/2",
            Self::Web => "gRPC-Web",
            Self::Bridge => "bridge",
            Self::PlainNative => "plain tonic, HTTP/2",
            Self::PlainWeb => "plain tonic-web",
        }
    }

    /// The same way to plain tonic, where there is one.
    pub(crate) fn plain(self) -> Option<Self> {
        match self {
            Self::Native => Some(Self::PlainNative),
            Self::Web => Some(Self::PlainWeb),
            Self::Bridge | Self::PlainNative | Self::PlainWeb => None,
        }
    }

    /// The lanes on which a workload can run. gRPC-Web carries no stream of requests.
    pub(crate) fn of(workload: Workload) -> &'static [Self] {
        match workload {
            Workload::Unary | Workload::Down(_) => &[
                Self::Native,
                Self::Web,
                Self::Bridge,
                Self::PlainNative,
                Self::PlainWeb,
            ],
            Workload::PingPong | Workload::Up(_) => &[Self::Native, Self::Bridge, Self::PlainNative],
        }
    }
}

/// The tables, in order: what is done, what it is called, and what is counted.
pub(crate) const WORKLOADS: [(Workload, &str, Unit); 6] = [
    (Workload::Unary, "Unary calls", Unit::Calls),
    (Workload::PingPong, "Bidi round trips", Unit::RoundTrips),
    (
        Workload::Down(LARGE),
        "Server streaming, 64 KiB messages",
        Unit::Megabytes,
    ),
    (
        Workload::Down(SMALL),
        "Server streaming, 16-byte messages",
        Unit::Messages,
    ),
    (
        Workload::Up(LARGE),
        "Client streaming, 64 KiB messages",
        Unit::Megabytes,
    ),
    (
        Workload::Up(SMALL),
        "Client streaming, 16-byte messages",
        Unit::Messages,
    ),
];

/// What a table counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Calls.
    Calls,
    /// Round trips.
    RoundTrips,
    /// Messages.
    Messages,
    /// Megabytes, in large messages.
    Megabytes,
}

impl Unit {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls/s",
            Self::RoundTrips => "round trips/s",
            Self::Messages => "messages/s",
            Self::Megabytes => "MB/s",
        }
    }

    /// How many of it one operation is.
    pub(crate) fn per_operation(self) -> f64 {
        match self {
            Self::Calls | Self::RoundTrips | Self::Messages => 1.0,
            Self::Megabytes => LARGE as f64 / 1e6,
        }
    }
}
