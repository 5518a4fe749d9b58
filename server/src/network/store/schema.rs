//! The tables, and how those of an older version become those of today.

use rusqlite::{Connection, TransactionBehavior};

/// What makes each version of the tables out of the one before, the first one out of nothing. A step that was released
/// stays as it is: a change is another step.
const STEPS: &[&str] = &["CREATE TABLE peers (
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
 ) STRICT;"];

/// The version of the tables of today.
pub(super) const VERSION: usize = STEPS.len();

/// Why the tables are not those of today.
#[derive(Debug)]
pub(super) enum SchemaError {
    /// They are of this version, which this software does not know.
    TooNew(i64),
    /// SQLite says no.
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for SchemaError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Brings the tables up to the version of today: all of it is done, or nothing. Newer ones are left alone.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), SchemaError> {
    migrate_by(STEPS, connection)
}

fn migrate_by(steps: &[&str], connection: &mut Connection) -> Result<(), SchemaError> {
    // Nobody else may migrate meanwhile.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let missing = usize::try_from(found)
        .ok()
        .and_then(|done| steps.get(done..))
        .ok_or(SchemaError::TooNew(found))?;
    if missing.is_empty() {
        return Ok(());
    }
    for step in missing {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", steps.len() as i64)?;
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Versions to come: a column more, then the names in a table of their own.
    const NEXT: &str = "ALTER TABLE peers ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey';";
    const AFTER: &str = "CREATE TABLE names (name TEXT NOT NULL) STRICT;
        INSERT INTO names SELECT own_name FROM peers;";

    fn later(more: &[&'static str]) -> Vec<&'static str> {
        [STEPS, more].concat()
    }

    /// A file of today with one peer in it.
    fn file() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Connection::open(folder.path().join("peer.db")).unwrap();
        migrate(&mut connection).unwrap();
        let peer =
            "INSERT INTO peers VALUES ('', x'01', 'Ana', NULL, 1, 2, '', '', 0, 5, NULL, '', 0, 0, 0, NULL)";
        connection.execute(peer, []).unwrap();
        (folder, connection)
    }

    fn version(connection: &Connection) -> i64 {
        connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap()
    }

    fn text(connection: &Connection, query: &str) -> rusqlite::Result<String> {
        connection.query_row(query, [], |row| row.get(0))
    }

    #[test]
    fn an_older_file_becomes_one_of_today_and_keeps_what_is_in_it() {
        let (_folder, mut connection) = file();
        let before = version(&connection);
        migrate_by(&later(&[NEXT, AFTER]), &mut connection).unwrap();
        assert_eq!(version(&connection), before + 2);
        assert_eq!(text(&connection, "SELECT own_name FROM peers").unwrap(), "Ana");
        assert_eq!(text(&connection, "SELECT colour FROM peers").unwrap(), "grey");
        assert_eq!(text(&connection, "SELECT name FROM names").unwrap(), "Ana");
        // And once is enough: the names were taken over one time.
        migrate_by(&later(&[NEXT, AFTER]), &mut connection).unwrap();
        assert_eq!(
            text(&connection, "SELECT count(*) || '' FROM names").unwrap(),
            "1"
        );
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was_also_where_others_before_it_worked() {
        let (_folder, mut connection) = file();
        let before = version(&connection);
        let half = "CREATE TABLE names (name TEXT NOT NULL) STRICT; DELETE FROM peers; SELECT nonsense;";
        let failed = migrate_by(&later(&[NEXT, half]), &mut connection);
        assert!(matches!(failed, Err(SchemaError::Sqlite(_))), "{failed:?}");
        assert_eq!(version(&connection), before);
        assert_eq!(text(&connection, "SELECT own_name FROM peers").unwrap(), "Ana");
        for gone in ["SELECT colour FROM peers", "SELECT name FROM names"] {
            let error = text(&connection, gone).unwrap_err();
            assert!(error.to_string().contains("no such"), "{error}");
        }
        // It can be tried again by a version that knows better.
        migrate_by(&later(&[NEXT, AFTER]), &mut connection).unwrap();
    }

    #[test]
    fn a_newer_file_is_refused_and_left_alone_and_so_is_one_of_no_version_that_can_be() {
        for wrong in [i64::try_from(VERSION).unwrap() + 1, 1_000_000, -1] {
            let (_folder, mut connection) = file();
            connection.pragma_update(None, "user_version", wrong).unwrap();
            let refused = migrate(&mut connection);
            assert!(matches!(refused, Err(SchemaError::TooNew(found)) if found == wrong));
            assert_eq!(version(&connection), wrong);
            assert_eq!(text(&connection, "SELECT own_name FROM peers").unwrap(), "Ana");
        }
    }
}
