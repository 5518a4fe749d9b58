//! The data folder: where a running peer says that it is there, and keeps its secrets from other accounts.
//!
//! ```text
//! lock       held by the peer as long as it runs; the system frees it even if the peer is killed
//! peer.json  where the running peer is; to be believed only while the lock is held
//! key        the identity of the peer: its secret key, made at the first start
//! peer.db    what it knows of other peers
//! token      proves to the running peer that a caller can read this folder; new at each start
//! config.toml  written by a person, if at all; see `config`. For the folder of the platform it is in the platform's
//!              folder for configuration instead
//! ```

mod claim;
mod error;
mod key;
mod private;
mod record;
mod token;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use etcetera::BaseStrategy;

pub use self::{
    claim::{Announced, Claim},
    error::DataDirError,
    record::Record,
    token::Token,
};

const LOCK: &str = "lock";
const RECORD: &str = "peer.json";
const TOKEN: &str = "token";
const CONFIG: &str = "config.toml";
const KEY: &str = "key";
const DATABASE: &str = "peer.db";

/// How long a peer that holds the lock has to say where it is: it binds its ports first, which takes
/// milliseconds, so seconds are for a machine under heavy load.
const ANNOUNCE_WITHIN: Duration = Duration::from_secs(5);

/// How often to look again while it has not.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A data folder, which need not exist yet.
#[derive(Debug, Clone)]
pub struct DataDir {
    path: PathBuf,
    config_file: PathBuf,
}

impl DataDir {
    /// The folder that was asked for, or else the place this platform has for data of programs.
    pub fn locate(asked: Option<PathBuf>) -> Result<Self, DataDirError> {
        if let Some(path) = asked {
            return Ok(DataDir {
                config_file: path.join(CONFIG),
                path,
            });
        }
        let places = etcetera::base_strategy::choose_native_strategy().map_err(|_| DataDirError::NoHome)?;
        Ok(DataDir {
            path: places.data_dir().join("parcero"),
            config_file: places.config_dir().join("parcero").join(CONFIG),
        })
    }

    /// Where the folder is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file in which a person may write settings: in a folder that was asked for, or else in the platform's folder
    /// for configuration.
    pub fn config_file(&self) -> &Path {
        &self.config_file
    }

    /// Takes the folder for a peer of this process; it is made if it is missing, and closed to other accounts.
    ///
    /// [`DataDirError::InUse`] if another peer has it, [`DataDirError::Stopping`] if that one is about to free it.
    pub fn claim(&self) -> Result<Claim, DataDirError> {
        Claim::take(&self.path)
    }

    /// Where the peer is that runs with this folder, or `None` if none does.
    ///
    /// Waits (blocking, at most some seconds) for a peer that has just been started. One that is stopping is
    /// [`DataDirError::Stopping`].
    pub fn running(&self) -> Result<Option<Record>, DataDirError> {
        let give_up = Instant::now() + ANNOUNCE_WITHIN;
        while self.is_claimed()? {
            match Record::read(&self.path.join(RECORD))? {
                Some(record) if record.stopping => {
                    return Err(DataDirError::Stopping {
                        path: self.path.clone(),
                    });
                }
                Some(record) => return Ok(Some(record)),
                None => {}
            }
            if Instant::now() >= give_up {
                return Err(DataDirError::Silent {
                    path: self.path.clone(),
                });
            }
            thread::sleep(LOOK_AGAIN);
        }
        Ok(None)
    }

    /// The token of the peer that runs with this folder. Refused if other accounts could have read it.
    pub fn token(&self) -> Result<Token, DataDirError> {
        Token::read(&self.path.join(TOKEN))
    }

    fn is_claimed(&self) -> Result<bool, DataDirError> {
        let path = self.path.join(LOCK);
        match File::open(&path) {
            Ok(lock) => claim::is_held(&lock).map_err(|source| DataDirError::io("look at", &path, source)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(DataDirError::io("open", &path, error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn record() -> Record {
        Record::new(
            "http://localhost:50051".into(),
            vec!["127.0.0.1:50051".parse().unwrap()],
        )
    }

    fn folder() -> (tempfile::TempDir, DataDir) {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("deep").join("inside");
        (outer, DataDir::locate(Some(path)).unwrap())
    }

    #[test]
    fn a_folder_that_does_not_exist_has_no_running_peer() {
        let (_outer, folder) = folder();
        assert!(folder.running().unwrap().is_none());
        assert!(!folder.path().exists(), "looking makes nothing");
    }

    #[test]
    fn an_announced_peer_is_found_and_a_second_one_is_refused() {
        let (_outer, folder) = folder();
        let announced = folder.claim().unwrap().announce(&record()).unwrap();

        let found = folder.running().unwrap().unwrap();
        assert_eq!(found.url, "http://localhost:50051");
        assert_eq!(found.pid, std::process::id());
        assert!(matches!(folder.claim(), Err(DataDirError::InUse { .. })));
        assert_eq!(folder.token().unwrap().reveal(), announced.token().reveal());
    }

    #[test]
    fn a_stopping_peer_is_not_where_it_was_and_keeps_its_folder_until_it_has_ended() {
        let (_outer, folder) = folder();
        let announced = folder.claim().unwrap().announce(&record()).unwrap();
        announced.stopping();

        assert!(matches!(folder.running(), Err(DataDirError::Stopping { .. })));
        assert!(matches!(folder.claim(), Err(DataDirError::Stopping { .. })));
        drop(announced);
        assert!(folder.running().unwrap().is_none());
        folder.claim().unwrap();
    }

    #[test]
    fn a_clean_end_leaves_neither_record_nor_token() {
        let (_outer, folder) = folder();
        drop(folder.claim().unwrap().announce(&record()).unwrap());

        assert!(folder.running().unwrap().is_none());
        assert!(!folder.path().join(RECORD).exists());
        assert!(!folder.path().join(TOKEN).exists());
        folder.claim().unwrap();
    }

    #[test]
    fn what_a_killed_peer_left_is_not_believed_and_is_replaced() {
        let (_outer, folder) = folder();
        drop(folder.claim().unwrap());
        fs::write(
            folder.path().join(RECORD),
            r#"{"url":"http://localhost:1","pid":1}"#,
        )
        .unwrap();
        fs::write(folder.path().join(TOKEN), "old").unwrap();
        assert!(folder.running().unwrap().is_none());

        let announced = folder.claim().unwrap().announce(&record()).unwrap();
        assert_ne!(announced.token().reveal(), "old");
        assert_eq!(folder.running().unwrap().unwrap().pid, std::process::id());
    }

    #[test]
    fn the_token_is_new_at_each_start() {
        let (_outer, folder) = folder();
        let first = folder
            .claim()
            .unwrap()
            .announce(&record())
            .unwrap()
            .token()
            .clone();
        let second = folder
            .claim()
            .unwrap()
            .announce(&record())
            .unwrap()
            .token()
            .clone();
        assert_ne!(first.reveal(), second.reveal());
    }

    #[cfg(unix)]
    #[test]
    fn other_accounts_can_read_nothing() {
        use std::os::unix::fs::PermissionsExt;

        let (_outer, folder) = folder();
        let _announced = folder.claim().unwrap().announce(&record()).unwrap();
        let mode = |name: &str| {
            fs::metadata(folder.path().join(name))
                .unwrap()
                .permissions()
                .mode()
                & 0o777
        };
        assert_eq!(mode(""), 0o700);
        assert_eq!(mode(TOKEN), 0o600);
        assert_eq!(mode(RECORD), 0o600);
        assert_eq!(mode(LOCK), 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn an_open_folder_of_ours_is_closed_and_a_foreign_one_is_refused() {
        use std::os::unix::fs::PermissionsExt;

        let (_outer, folder) = folder();
        drop(folder.claim().unwrap());
        let open = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        open(0o755);
        drop(folder.claim().unwrap());
        assert_eq!(
            fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777,
            0o700
        );

        // Nor is that held against a person who made it for the settings of a peer.
        fs::remove_file(folder.path().join(LOCK)).unwrap();
        fs::write(folder.config_file(), "").unwrap();
        open(0o755);
        drop(folder.claim().unwrap());

        // Without our lock file, and with something else in it, it is not ours to change.
        fs::remove_file(folder.path().join(LOCK)).unwrap();
        fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
        open(0o755);
        assert!(matches!(folder.claim(), Err(DataDirError::Readable { .. })));
        assert_eq!(
            fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777,
            0o755
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_token_that_others_could_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;

        let (_outer, folder) = folder();
        let _announced = folder.claim().unwrap().announce(&record()).unwrap();
        let token = folder.path().join(TOKEN);
        fs::set_permissions(&token, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(folder.token(), Err(DataDirError::Readable { .. })));
    }
}
