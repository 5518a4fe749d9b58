//! What a peer remembers of others, in SQLite, on a thread of its own.

mod invitations;
mod peers;
mod schema;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use iroh::EndpointId;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, params};
use tokio::sync::{mpsc, oneshot};

pub use self::invitations::Invitation;
use self::schema::{SchemaError, VERSION};
use super::known::Known;

/// Jobs that may wait. More than that, and whoever wants another waits too.
const QUEUE: usize = 256;

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It was written by a newer version of this software.
    #[error(
        "the data folder {} was used by a newer Parcero: its peer.db is of version {found}, and this one knows none \
         above {VERSION}. Start the newer one, or use another folder with --data-dir",
        folder.display()
    )]
    TooNew {
        /// The folder.
        folder: PathBuf,
        /// What the file says.
        found: i64,
    },
    /// SQLite says no.
    #[error("the database of this peer cannot be used: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The system says no.
    #[error("the database of this peer cannot be used: {0}")]
    Io(#[from] io::Error),
    /// The thread of the database has ended.
    #[error("the database of this peer is closed")]
    Closed,
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The database. A cheap clone of one handle; the file is closed with the last of them.
#[derive(Debug, Clone)]
pub(super) struct Store {
    jobs: mpsc::Sender<Job>,
    /// The name of the network: peers of another one are not known in this one.
    network: Arc<str>,
}

/// What is written of one peer.
#[derive(Debug)]
pub(super) enum Row {
    /// All that is known of it.
    Known(Box<Known>),
    /// It is forgotten.
    Forgotten(EndpointId),
}

impl Row {
    /// Whom it is about.
    pub(super) fn id(&self) -> EndpointId {
        match self {
            Self::Known(known) => known.id,
            Self::Forgotten(id) => *id,
        }
    }
}

impl Store {
    /// Opens the file, or makes it; everything in it about this network comes back with it.
    pub(super) fn open(path: &Path, network: &str) -> Result<(Self, Vec<Known>), StoreError> {
        // SQLite would make it readable to whom the process's mask allows.
        make_private(path)?;
        let mut connection = Connection::open(path)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // Before anything is changed: a newer one is left as it is.
        schema::migrate(&mut connection).map_err(|error| match error {
            SchemaError::Sqlite(error) => StoreError::Sqlite(error),
            SchemaError::TooNew(found) => StoreError::TooNew {
                folder: path.parent().unwrap_or(path).to_owned(),
                found,
            },
        })?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let network: Arc<str> = network.into();
        let known = peers::load(&connection, &network)?;
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE);
        thread::Builder::new()
            .name("peer.db".into())
            .spawn(move || {
                while let Some(job) = queue.blocking_recv() {
                    job(&mut connection);
                }
            })
            .map_err(|error| {
                tracing::error!(%error, "no thread for the database");
                StoreError::Closed
            })?;
        Ok((Self { jobs, network }, known))
    }

    /// Does something in one transaction, and returns when it is on disk.
    pub(super) async fn transact<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let done = (|| -> rusqlite::Result<T> {
                let mut transaction = connection.transaction()?;
                let value = act(&mut transaction)?;
                transaction.commit()?;
                Ok(value)
            })();
            // Whoever asked may have given up.
            let _ = tell.send(done);
        });
        self.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        Ok(told.await.map_err(|_| StoreError::Closed)??)
    }

    /// The UDP port this peer had before.
    pub(super) async fn port(&self) -> Result<Option<u16>, StoreError> {
        self.transact(|transaction| {
            transaction
                .query_row("SELECT value FROM settings WHERE key = 'port'", [], |row| {
                    row.get(0)
                })
                .optional()
        })
        .await
    }

    /// Keeps the UDP port, so that tickets stay good.
    pub(super) async fn keep_port(&self, port: u16) -> Result<(), StoreError> {
        self.transact(move |transaction| {
            transaction.execute(
                "INSERT OR REPLACE INTO settings (key, value) VALUES ('port', ?1)",
                [port],
            )?;
            Ok(())
        })
        .await
    }

    /// Writes what is known of some peers. A row that cannot be written is left out, and said to be: what one peer says
    /// of itself keeps nothing of another from being written.
    pub(super) async fn write(&self, rows: Vec<Row>) -> Result<(), StoreError> {
        let network = self.network.clone();
        self.transact(move |transaction| {
            for row in rows {
                let savepoint = transaction.savepoint()?;
                match write_row(&savepoint, &network, &row) {
                    Ok(()) => savepoint.commit()?,
                    // Undone with the savepoint.
                    Err(error) if is_of_row(&error) => {
                        let peer = row.id().fmt_short();
                        tracing::warn!(%peer, %error, "what is known of a peer cannot be written down");
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })
        .await
    }

    /// How many peers are written down.
    #[cfg(test)]
    pub(super) async fn count(&self) -> Result<i64, StoreError> {
        self.transact(|transaction| transaction.query_row("SELECT count(*) FROM peers", [], |row| row.get(0)))
            .await
    }
}

fn write_row(connection: &Connection, network: &str, row: &Row) -> rusqlite::Result<()> {
    match row {
        Row::Known(known) => peers::save(connection, network, known),
        Row::Forgotten(id) => {
            let forget = "DELETE FROM peers WHERE network = ?1 AND id = ?2";
            connection
                .execute(forget, params![network, id.as_bytes()])
                .map(drop)
        }
    }
}

/// Whether it is for what is in the row. Where the disk is full or broken, for one, no other row could be written either.
fn is_of_row(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::ToSqlConversionFailure(_))
        || matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
        )
}

fn make_private(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests;
