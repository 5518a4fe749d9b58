//! Holding a data folder while a peer runs.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::{DATABASE, DataDirError, KEY, LOCK, RECORD, Record, TOKEN, Token, key, private};

/// How often to try again when only somebody who looked had the lock for a moment. Together with the pause, half
/// a second: a look takes microseconds.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(10);

/// The folder is ours as long as this lives.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    // Closing the file frees the lock, and so does the end of the process, however it ends.
    _lock: File,
}

impl Claim {
    pub(super) fn take(path: &Path) -> Result<Self, DataDirError> {
        private::folder(path)?;
        let lock_path = path.join(LOCK);
        let failed = |source| DataDirError::io("lock", &lock_path, source);
        let lock = private::open_lock(&lock_path).map_err(failed)?;
        for _ in 0..TRIES {
            match lock.try_lock() {
                Ok(()) => {
                    return Claim {
                        path: path.to_owned(),
                        _lock: lock,
                    }
                    .without_leftovers();
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if is_held(&lock).map_err(failed)? => break,
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            }
        }
        // A record that cannot be read is no reason to hide that the folder is in use.
        let record = Record::read(&path.join(RECORD)).ok().flatten();
        let path = path.to_owned();
        Err(match record {
            Some(record) if record.stopping => DataDirError::Stopping { path },
            record => DataDirError::InUse { path, record },
        })
    }

    /// A peer that was killed could not remove its record; and a reader would take it for ours.
    fn without_leftovers(self) -> Result<Self, DataDirError> {
        for name in [RECORD, TOKEN] {
            let path = self.path.join(name);
            private::remove(&path).map_err(|source| DataDirError::io("remove", &path, source))?;
        }
        Ok(self)
    }

    /// The secret key of this peer, made if there is none.
    ///
    /// # Errors
    /// Where it cannot be read, is no key, or could have been read by other accounts. It is never replaced.
    pub fn key(&self) -> Result<[u8; 32], DataDirError> {
        key::read_or_make(&self.path.join(KEY))
    }

    /// Where the database of this peer is, or will be.
    pub fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// Writes a new token and then where the peer is, so that who sees the record finds the token too.
    pub fn announce(self, record: &Record) -> Result<Announced, DataDirError> {
        let token = Token::generate()?;
        let announced = Announced {
            token,
            record: record.clone(),
            claim: self,
        };
        let path = announced.claim.path.join(TOKEN);
        private::write_new(&path, announced.token.reveal().as_bytes())
            .map_err(|source| DataDirError::io("write", &path, source))?;
        record.write(&announced.claim.path.join(RECORD))?;
        Ok(announced)
    }
}

/// The folder is ours and says where our peer is, as long as this lives.
#[derive(Debug)]
pub struct Announced {
    token: Token,
    record: Record,
    claim: Claim,
}

impl Announced {
    /// What a caller shows who can read the folder.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// Says that our peer takes no more calls. The folder stays ours until what is under way has ended.
    pub fn stopping(&self) {
        let record = Record {
            stopping: true,
            ..self.record.clone()
        };
        if let Err(error) = record.write(&self.claim.path.join(RECORD)) {
            tracing::warn!(%error, "could not say in the data folder that this peer is stopping");
        }
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        // The lock, which is freed after this, is what counts: a record that stays behind is not believed.
        for name in [RECORD, TOKEN] {
            if let Err(error) = fs::remove_file(self.claim.path.join(name)) {
                tracing::warn!(%error, name, "could not remove a file of the data folder");
            }
        }
    }
}

/// Whether a peer holds this lock. Somebody else who only looks, as this does, shares it and does not count.
pub(super) fn is_held(lock: &File) -> io::Result<bool> {
    match lock.try_lock_shared() {
        Ok(()) => lock.unlock().map(|()| false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
