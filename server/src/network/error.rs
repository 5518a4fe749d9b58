//! What can go wrong between peers, for whoever asked.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use iroh::EndpointId;

use super::{
    book::MIN_PREFIX,
    goodbye::Goodbye,
    known::{MAX_NAME, kept_text},
    store::StoreError,
};

/// Why a network cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The UDP socket cannot be had.
    #[error(
        "cannot take the UDP address {listen} for other peers: {why}. Another program may have it: try --peer-listen with another port, or port 0 for a free one"
    )]
    Socket {
        /// What was asked for.
        listen: SocketAddr,
        /// What the system says.
        why: String,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No UDP port is free.
    #[error("no UDP port can be had for other peers: {0}")]
    NoPort(#[from] io::Error),
}

/// Why something with another peer did not work.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NetworkError {
    /// Nothing was said of which peer is meant.
    #[error("no peer is named; say an id, a name, or the first letters of an id")]
    NoName,
    /// No peer is known by this id or name.
    #[error("no peer is known by `{0}`")]
    Unknown(String),
    /// It is the beginning of an id, and too little of it.
    #[error("no peer is known by `{0}`; of an id, its first {MIN_PREFIX} characters are needed at least")]
    TooShort(String),
    /// Several peers fit.
    #[error("`{asked}` could be any of {}; give more of the id", list(ids))]
    Ambiguous {
        /// What was asked for.
        asked: String,
        /// Which it could be.
        ids: Vec<EndpointId>,
    },
    /// A name for a peer that does not fit.
    #[error("the name has {0} characters, and at most {MAX_NAME} fit")]
    LongName(usize),
    /// Line breaks and the like in a name.
    #[error("the name holds a control character")]
    NameControl,
    /// Whoever is meant by that name would be two.
    #[error(
        "`{name}` is the name of another peer, {id}: choose another one, or name that peer otherwise first"
    )]
    NameTaken {
        /// The name.
        name: String,
        /// Who has it.
        id: EndpointId,
    },
    /// It is this peer itself.
    #[error("that is this peer itself")]
    Oneself,
    /// It does not answer.
    #[error("the peer cannot be reached: {0}")]
    Unreachable(String),
    /// Not one packet came back.
    #[error("the peer cannot be reached: no answer within {} seconds", .0.as_secs())]
    NoAnswer(Duration),
    /// It answered, and wants nothing to do with us.
    #[error("the peer refused: {0}")]
    Refused(String),
    /// Its person blocked this peer.
    #[error("the peer refused: the person of that peer has blocked this one")]
    BlockedThere,
    /// The person of this peer blocked it.
    #[error("that peer is blocked; unblock it first")]
    Blocked,
    /// It does not know the secret of the network, or another one.
    #[error("the peer refused: the secret of the network is not the same on both sides")]
    NotProved,
    /// It is a peer of another network.
    #[error("the peer refused: it belongs to another network")]
    OtherNetwork,
    /// It is of a version that speaks none of the protocols of this one.
    #[error(
        "the peer speaks another version of parcero than this one ({}): update the older of the two, and compare `parcero --version`",
        crate::VERSION
    )]
    OtherVersion,
    /// There is no such request or invitation.
    #[error("{0}")]
    Nothing(String),
    /// What is known cannot be written down.
    #[error("{0}")]
    Store(Arc<StoreError>),
}

impl From<StoreError> for NetworkError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl NetworkError {
    /// What the other peer is told, where this is why it is refused.
    pub(super) fn told_to_the_other_side(&self) -> &'static str {
        match self {
            Self::Blocked => Goodbye::Blocked.reason(),
            Self::NotProved => "the secret of the network is not the same on both sides",
            Self::OtherNetwork => "this peer belongs to another network",
            _ => "not admitted",
        }
    }

    pub(super) fn unreachable(why: impl Into<String>) -> Self {
        Self::Unreachable(why.into())
    }

    pub(super) fn refused(why: impl Into<String>) -> Self {
        Self::Refused(why.into())
    }

    /// The other side refused, and said why: of itself, so that "this peer" is that one.
    pub(super) fn refused_there(why: &str) -> Self {
        if why == Goodbye::Blocked.reason() {
            Self::BlockedThere
        } else {
            Self::Refused(kept_text(why))
        }
    }
}

fn list(ids: &[EndpointId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
