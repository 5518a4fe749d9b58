//! Why a wish cannot be granted.

use std::{io, net::SocketAddr, path::PathBuf};

use super::{LARGEST_MAX_MESSAGE_BYTES, MAX_NAME_CHARS};
use crate::{
    front::InvalidOrigin,
    network::{MIN_SECRET_BYTES, NoTicket},
};

/// Why a wish cannot be granted.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Anybody near could use the page, and with it the peer.
    #[error("{0} can be reached from other machines, and a peer listens to its own machine only")]
    NotLoopback(SocketAddr),
    /// A loopback address which no page can use.
    #[error("a peer cannot listen on {0}: only 127.0.0.1 and [::1] are names of this machine to a browser")]
    OddLoopback(SocketAddr),
    /// No name, or one that does not fit in a list.
    #[error("the name has {0} characters, and 1 to {MAX_NAME_CHARS} fit")]
    NameLength(usize),
    /// Line breaks and the like in a name.
    #[error("the name holds a control character")]
    NameControl,
    /// Not an origin.
    #[error(transparent)]
    Origin(#[from] InvalidOrigin),
    /// A network's name that does not fit.
    #[error("the name of the network has {0} characters, and 1 to {MAX_NAME_CHARS} fit")]
    NetworkLength(usize),
    /// The secret cannot be had.
    #[error("cannot read the secret of the network from {}", path.display())]
    Secret {
        /// Where it should be.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A secret that can be guessed.
    #[error("the secret in {place} has {bytes} bytes, and at least {MIN_SECRET_BYTES} are needed")]
    ShortSecret {
        /// Where it is.
        place: String,
        /// How long it is.
        bytes: usize,
    },
    /// A secret that is none any more.
    #[error("other accounts can read the secret in {}", .0.display())]
    OpenSecret(PathBuf),
    /// Two secrets, of which only one can count.
    #[error("the secret of the network is given twice, in the environment and in {}", .0.display())]
    TwoSecrets(PathBuf),
    /// Not a ticket.
    #[error(transparent)]
    Ticket(#[from] NoTicket),
    /// No message could pass, or none would fit into memory.
    #[error("a limit of {0} bytes a message is outside 1 to {LARGEST_MAX_MESSAGE_BYTES}")]
    MessageLimit(usize),
    /// A relay that would never be used.
    #[error("the relay {0} leads over the internet, and this peer was not asked to use that")]
    RelayAlone(String),
    /// Not the address of a relay.
    #[error("`{0}` is not the address of a relay: it begins with https:// or http:// and names a host")]
    Relay(String),
    /// The file that was asked for is not there.
    #[error("cannot read {}: there is no such file", .0.display())]
    Missing(PathBuf),
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not understood.
    #[error("{} is not understood, line {line}: {why}", path.display())]
    NotUnderstood {
        /// The file.
        path: PathBuf,
        /// Where, from 1 on.
        line: usize,
        /// Why, on one line.
        why: String,
        /// The key that was probably meant.
        meant: Option<String>,
    },
    /// The secret itself, where others may read it.
    #[error("the secret of the network does not belong in {}", .0.display())]
    SecretInFile(PathBuf),
    /// A variable of the environment that looks like one of ours.
    #[error("the environment has {found}, which means nothing")]
    Variable {
        /// Its name.
        found: String,
        /// The one that was probably meant.
        meant: String,
    },
}

impl ConfigError {
    /// The key whose value it is about, where it is about the value of one.
    pub fn key(&self) -> Option<&'static str> {
        match self {
            Self::NotLoopback(_) | Self::OddLoopback(_) => Some("listen"),
            Self::NameLength(_) | Self::NameControl => Some("name"),
            Self::Origin(_) => Some("allow-origin"),
            Self::NetworkLength(_) => Some("network"),
            Self::Secret { .. } => Some("secret-file"),
            Self::MessageLimit(_) => Some("max-message-bytes"),
            Self::Relay(_) => Some("relay"),
            Self::ShortSecret { .. }
            | Self::OpenSecret(_)
            | Self::TwoSecrets(_)
            | Self::Ticket(_)
            | Self::RelayAlone(_)
            | Self::Missing(_)
            | Self::Unreadable { .. }
            | Self::NotUnderstood { .. }
            | Self::SecretInFile(_)
            | Self::Variable { .. } => None,
        }
    }
}
