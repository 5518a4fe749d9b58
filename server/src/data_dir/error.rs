//! What can be wrong with a data folder.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::Record;

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// No folder was named and the platform has no home folder to put one in.
    #[error("this account has no home folder to keep data in")]
    NoHome,
    /// A peer runs with this folder; the record is missing if it has not said yet where it is.
    #[error("a peer is already running with the data folder {}", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
        /// Where the peer is.
        record: Option<Record>,
    },
    /// The peer that runs with this folder takes no more calls.
    #[error("the peer with the data folder {} is stopping", path.display())]
    Stopping {
        /// The folder.
        path: PathBuf,
    },
    /// A peer holds the folder and does not say where it is.
    #[error("a peer holds the data folder {} but does not say where it is", path.display())]
    Silent {
        /// The folder.
        path: PathBuf,
    },
    /// Other accounts of this machine can read what must be secret.
    #[error("other accounts of this machine can open {}", path.display())]
    Readable {
        /// The folder or file.
        path: PathBuf,
    },
    /// Somebody else owns the folder, and so could replace what is in it.
    #[error("the data folder {} belongs to another account", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the folder holds something else than expected.
    #[error("{} does not hold what a peer writes there", path.display())]
    Garbled {
        /// The file.
        path: PathBuf,
    },
    /// The system has no random numbers to make a token from.
    #[error("the system gives no random numbers for the token")]
    NoRandomness(#[source] getrandom::Error),
    /// The system refused.
    #[error("cannot {verb} {}", path.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl DataDirError {
    pub(super) fn io(verb: &'static str, path: &Path, source: io::Error) -> Self {
        DataDirError::Io {
            verb,
            path: path.to_owned(),
            source,
        }
    }
}
