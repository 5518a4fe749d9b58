//! Why a connection to another peer is closed, in a code and in words that both ends can read.

use iroh::endpoint::{ApplicationClose, Connection, ConnectionError, VarInt};

use crate::access::Refusal;

/// Why a connection was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goodbye {
    /// This peer stops.
    Stopping,
    /// The person of this peer blocked the other one.
    Blocked,
    /// The other one has not proved that it belongs to this network.
    NotAdmitted,
    /// It is not needed at the moment.
    Idle,
    /// The person of this peer forgot the other one.
    Forgotten,
    /// What came is not of this protocol, or far too much of it.
    Malformed,
    /// The other one has as many connections as it may have.
    TooMany,
    /// The other one did not answer any more.
    Lost,
}

impl From<Refusal> for Goodbye {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Blocked => Self::Blocked,
            Refusal::NotAdmitted => Self::NotAdmitted,
        }
    }
}

impl Goodbye {
    fn code(self) -> u32 {
        match self {
            Self::Stopping => 0,
            Self::Blocked => 1,
            Self::NotAdmitted => 2,
            Self::Idle => 3,
            Self::Forgotten => 4,
            Self::Malformed => 5,
            Self::TooMany => 6,
            Self::Lost => 7,
        }
    }

    /// In words.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Stopping => "this peer stops",
            Self::Blocked => "blocked by the person of this peer",
            Self::NotAdmitted => "not admitted: prove the network on a connection of parcero/control/1 first",
            Self::Idle => "not needed at the moment",
            Self::Forgotten => "forgotten by the person of this peer",
            Self::Malformed => "what came is not of this protocol, or too much of it",
            Self::TooMany => "too many connections to this peer",
            Self::Lost => "the other end did not answer any more",
        }
    }

    /// Closes a connection, unless it is: why that was is not to be forgotten. It does not wait.
    pub(super) fn close(self, connection: &Connection) {
        if connection.close_reason().is_some() {
            return;
        }
        connection.close(VarInt::from_u32(self.code()), self.reason().as_bytes());
    }

    /// Whether the other end closed the connection for this reason.
    pub(super) fn was_said_on(self, connection: &Connection) -> bool {
        matches!(
            connection.close_reason(),
            Some(ConnectionError::ApplicationClosed(close)) if self.is(&close)
        )
    }

    /// Whether the other end gives this reason.
    pub(super) fn is(self, close: &ApplicationClose) -> bool {
        close.error_code == VarInt::from_u32(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Peers of other versions read these: where they change, so must the names of both protocols.
    #[test]
    fn connections_are_closed_with_codes_that_stay_what_they_are() {
        let all = [
            Goodbye::Stopping,
            Goodbye::Blocked,
            Goodbye::NotAdmitted,
            Goodbye::Idle,
            Goodbye::Forgotten,
            Goodbye::Malformed,
            Goodbye::TooMany,
            Goodbye::Lost,
        ];
        assert_eq!(all.map(Goodbye::code), [0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
