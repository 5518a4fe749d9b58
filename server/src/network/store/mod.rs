//! What a peer remembers of others, in SQLite, on a thread of its own.

use std::{collections::BTreeSet, fs, io, net::SocketAddr, path::Path, sync::Arc, thread};

use iroh::EndpointId;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};

use super::known::{Known, Relation, Source};

/// The version of the tables. An older file is brought up to it in one transaction, a newer one is refused.
const VERSION: i64 = 1;

/// Jobs that may wait. More than that, and whoever wants another waits too.
const QUEUE: usize = 256;

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It was written by a newer version of this software.
    #[error(
        "the database of this peer is of version {found}, and this software knows only up to {VERSION}: \
         it was used by a newer Parcero. Start that one, or use another --data-dir"
    )]
    TooNew {
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
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        migrate(&mut connection)?;
        let network: Arc<str> = network.into();
        let known = load(&connection, &network)?;
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
        act: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let done = (|| -> rusqlite::Result<T> {
                let transaction = connection.transaction()?;
                let value = act(&transaction)?;
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

    /// Writes what is known of some peers.
    pub(super) async fn write(&self, rows: Vec<Row>) -> Result<(), StoreError> {
        let network = self.network.clone();
        self.transact(move |transaction| {
            for row in rows {
                match row {
                    Row::Known(known) => save(transaction, &network, &known)?,
                    Row::Forgotten(id) => {
                        let forget = "DELETE FROM peers WHERE network = ?1 AND id = ?2";
                        transaction.execute(forget, params![network, id.as_bytes()])?;
                    }
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

fn make_private(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > VERSION {
        return Err(StoreError::TooNew { found });
    }
    if found < 1 {
        transaction.execute_batch(
            "CREATE TABLE peers (
                 network TEXT NOT NULL,
                 id BLOB NOT NULL,
                 own_name TEXT NOT NULL,
                 label TEXT,
                 relation INTEGER NOT NULL,
                 source INTEGER NOT NULL,
                 addresses TEXT NOT NULL,
                 ticket_addresses TEXT NOT NULL,
                 card_made INTEGER NOT NULL,
                 first_seen INTEGER NOT NULL,
                 last_seen INTEGER,
                 version TEXT NOT NULL,
                 asks INTEGER NOT NULL,
                 asked INTEGER NOT NULL,
                 declined_until INTEGER NOT NULL,
                 invitation BLOB,
                 PRIMARY KEY (network, id)
             ) STRICT;
             CREATE TABLE settings (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
             CREATE TABLE invitations (
                 id TEXT PRIMARY KEY,
                 network TEXT NOT NULL,
                 -- SHA-256 of it: who reads this file cannot use it.
                 secret BLOB NOT NULL UNIQUE,
                 uses_left INTEGER NOT NULL,
                 expires INTEGER NOT NULL
             ) STRICT;",
        )?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

fn load(connection: &Connection, network: &str) -> rusqlite::Result<Vec<Known>> {
    let mut statement = connection.prepare(
        "SELECT id, own_name, label, relation, source, addresses, card_made, first_seen, last_seen, version, asks, asked,
                declined_until, invitation, ticket_addresses
         FROM peers WHERE network = ?1",
    )?;
    let rows = statement.query_map([network], |row| {
        let id: [u8; 32] = row.get(0)?;
        let Ok(id) = EndpointId::from_bytes(&id) else {
            return Ok(None);
        };
        let addresses = |column: usize| -> rusqlite::Result<_> {
            let lines: String = row.get(column)?;
            Ok(lines
                .lines()
                .filter_map(|line| line.parse::<SocketAddr>().ok())
                .collect())
        };
        Ok(Some(Known {
            own_name: row.get(1)?,
            label: row.get(2)?,
            relation: Relation::from_number(row.get(3)?),
            source: Source::from_number(row.get(4)?),
            addresses: addresses(5)?,
            ticket_addresses: addresses(14)?,
            card_made: row.get(6)?,
            first_seen: row.get(7)?,
            last_seen: row.get(8)?,
            version: row.get(9)?,
            asks: row.get(10)?,
            asked: row.get(11)?,
            declined_until: row.get(12)?,
            invitation: row.get(13)?,
            ..Known::new(id, Source::Called)
        }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

fn save(transaction: &Transaction<'_>, network: &str, known: &Known) -> rusqlite::Result<()> {
    let lines = |addresses: &BTreeSet<SocketAddr>| {
        let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        addresses.join("\n")
    };
    transaction.execute(
        "INSERT OR REPLACE INTO peers (network, id, own_name, label, relation, source, addresses, card_made, first_seen,
                                       last_seen, version, asks, asked, declined_until, invitation, ticket_addresses)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        params![
            network,
            known.id.as_bytes(),
            known.own_name,
            known.label,
            known.relation as i64,
            known.source as i64,
            lines(&known.addresses),
            known.card_made,
            known.first_seen,
            known.last_seen,
            known.version,
            known.asks,
            known.asked,
            known.declined_until,
            known.invitation,
            lines(&known.ticket_addresses),
        ],
    )?;
    Ok(())
}

/// An invitation that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// By which it is revoked; not its secret.
    pub id: String,
    /// How often it may still be used.
    pub uses_left: u32,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
}

impl Store {
    /// Writes an invitation.
    pub(super) async fn invite(&self, invitation: Invitation, secret: [u8; 16]) -> Result<(), StoreError> {
        let network = self.network.clone();
        self.transact(move |transaction| {
            transaction.execute(
                "INSERT INTO invitations (id, network, secret, uses_left, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![invitation.id, network, hash(secret), invitation.uses_left, invitation.expires],
            )?;
            Ok(())
        })
        .await
    }

    /// The invitations that can be used at `now`.
    pub(super) async fn invitations(&self, now: u64) -> Result<Vec<Invitation>, StoreError> {
        let network = self.network.clone();
        self.transact(move |transaction| {
            let mut statement = transaction.prepare(
                "SELECT id, uses_left, expires FROM invitations
                 WHERE network = ?1 AND expires > ?2 AND uses_left > 0 ORDER BY expires",
            )?;
            let rows = statement.query_map(params![network, now], |row| {
                Ok(Invitation {
                    id: row.get(0)?,
                    uses_left: row.get(1)?,
                    expires: row.get(2)?,
                })
            })?;
            rows.collect()
        })
        .await
    }

    /// Takes one use of an invitation, and writes down the friend who used it, in one transaction; whether there was one
    /// to take.
    pub(super) async fn use_invitation(
        &self,
        secret: [u8; 16],
        now: u64,
        friend: Known,
    ) -> Result<bool, StoreError> {
        let network = self.network.clone();
        self.transact(move |transaction| {
            // By another link, a moment ago.
            let is_friend = transaction
                .query_row(
                    "SELECT relation FROM peers WHERE network = ?1 AND id = ?2",
                    params![network, friend.id.as_bytes()],
                    |row| Ok(Relation::from_number(row.get(0)?) == Relation::Friend),
                )
                .optional()?
                .unwrap_or_default();
            if is_friend {
                return Ok(true);
            }
            let taken = transaction.execute(
                "UPDATE invitations SET uses_left = uses_left - 1
                 WHERE network = ?1 AND secret = ?2 AND expires > ?3 AND uses_left > 0",
                params![network, hash(secret), now],
            )?;
            if taken > 0 {
                save(transaction, &network, &friend)?;
            }
            Ok(taken > 0)
        })
        .await
    }

    /// Makes an invitation of no use; whether there was one.
    pub(super) async fn revoke(&self, id: String) -> Result<bool, StoreError> {
        self.transact(move |transaction| {
            Ok(transaction.execute("DELETE FROM invitations WHERE id = ?1", [id])? > 0)
        })
        .await
    }
}

fn hash(secret: [u8; 16]) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

#[cfg(test)]
mod tests {
    use iroh::SecretKey;

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[tokio::test]
    async fn what_is_known_survives_a_restart() {
        let folder = folder();
        let path = folder.path().join("peer.db");
        let known = Known {
            own_name: "Ana".into(),
            label: Some("Anita".into()),
            relation: Relation::Friend,
            addresses: ["127.0.0.1:4000".parse().unwrap()].into(),
            card_made: 5,
            first_seen: 1,
            last_seen: Some(2),
            version: "0.1.0".into(),
            asks: true,
            asked: true,
            declined_until: 7,
            invitation: Some([8; 16]),
            ticket_addresses: ["[::1]:5".parse().unwrap()].into(),
            ..Known::new(SecretKey::from_bytes(&[1; 32]).public(), Source::Ticket)
        };
        let (store, before) = Store::open(&path, "home").unwrap();
        assert_eq!(before, []);
        let row = Row::Known(Box::new(known.clone()));
        store.write(vec![row]).await.unwrap();
        drop(store);
        assert_eq!(Store::open(&path, "work").unwrap().1, [], "of another network");
        let (store, after) = Store::open(&path, "home").unwrap();
        assert_eq!(after, std::slice::from_ref(&known));
        store.write(vec![Row::Forgotten(known.id)]).await.unwrap();
        drop(store);
        assert_eq!(Store::open(&path, "home").unwrap().1, []);
    }

    #[test]
    fn a_newer_database_is_refused_and_left_alone() {
        let folder = folder();
        let path = folder.path().join("peer.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .pragma_update(None, "user_version", VERSION + 1)
            .unwrap();
        drop(connection);
        let refused = Store::open(&path, "").unwrap_err();
        assert!(matches!(refused, StoreError::TooNew { found } if found == VERSION + 1));
        assert!(refused.to_string().contains("newer Parcero"));
        let connection = Connection::open(&path).unwrap();
        let version: i64 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(version, VERSION + 1);
    }

    #[tokio::test]
    async fn an_invitation_is_used_so_often_and_no_more() {
        let folder = folder();
        let (store, _) = Store::open(&folder.path().join("peer.db"), "").unwrap();
        let invitation = Invitation {
            id: "a".into(),
            uses_left: 2,
            expires: 100,
        };
        store.invite(invitation.clone(), [1; 16]).await.unwrap();
        let friend = |number| {
            let mut friend = Known::new(SecretKey::from_bytes(&[number; 32]).public(), Source::Called);
            friend.befriend();
            friend
        };
        assert!(
            !store.use_invitation([2; 16], 50, friend(1)).await.unwrap(),
            "not its secret"
        );
        assert_eq!(store.count().await.unwrap(), 0);
        assert!(
            !store.use_invitation([1; 16], 100, friend(2)).await.unwrap(),
            "too late"
        );
        assert!(store.use_invitation([1; 16], 50, friend(3)).await.unwrap());
        assert_eq!(store.invitations(50).await.unwrap()[0].uses_left, 1);
        assert!(store.use_invitation([1; 16], 50, friend(4)).await.unwrap());
        assert!(
            !store.use_invitation([1; 16], 50, friend(5)).await.unwrap(),
            "used up"
        );
        assert_eq!(
            store.count().await.unwrap(),
            2,
            "each friend is written with the use"
        );
        assert!(store.revoke("a".into()).await.unwrap());
        assert!(!store.revoke("a".into()).await.unwrap());
    }
}
