//! The secret of a network, from a file or from the environment: never from an argument, and never shown.

use std::{
    ffi::OsStr,
    fmt, fs,
    io::{self, Read},
    path::Path,
};

use zeroize::Zeroizing;

use super::ConfigError;
use crate::network::MIN_SECRET_BYTES;

/// The variable of the environment that is the secret itself.
pub const SECRET_VARIABLE: &str = "PARCERO_SECRET";

/// A secret that is long enough. Its bytes are overwritten when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(Zeroizing<Vec<u8>>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Secret {
    /// The secret in these bytes. An editor ends a file with a line break, which does not count.
    fn new(bytes: &[u8], place: &dyn fmt::Display) -> Result<Self, ConfigError> {
        let secret = bytes.trim_ascii();
        if secret.len() < MIN_SECRET_BYTES {
            return Err(ConfigError::ShortSecret {
                place: place.to_string(),
                bytes: secret.len(),
            });
        }
        Ok(Self(Zeroizing::new(secret.to_vec())))
    }

    /// The secret in this value of [`SECRET_VARIABLE`].
    pub(super) fn of_environment(value: &OsStr) -> Result<Self, ConfigError> {
        Secret::new(value.as_encoded_bytes(), &SECRET_VARIABLE)
    }

    fn in_file(path: &Path) -> Result<Self, ConfigError> {
        let failed = |source| ConfigError::Secret {
            path: path.to_owned(),
            source,
        };
        let mut file = fs::File::open(path).map_err(failed)?;
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::MetadataExt::mode(&file.metadata().map_err(failed)?);
            if mode & 0o077 != 0 {
                return Err(ConfigError::OpenSecret(path.to_owned()));
            }
        }
        // All of it at once: what grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SECRET_BYTES as usize + 2));
        // Nobody's secret is longer; a wrong path may lead to something that has no end.
        (&mut file)
            .take(MAX_SECRET_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 > MAX_SECRET_BYTES {
            return Err(failed(io::Error::other(format!(
                "it is longer than {MAX_SECRET_BYTES} bytes"
            ))));
        }
        Secret::new(&bytes, &path.display())
    }

    pub(super) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

/// A key of 4,096 bits in text is shorter.
const MAX_SECRET_BYTES: u64 = 4096;

/// The one secret there is, of the environment or of a file.
pub(super) fn one(
    of_environment: Option<Secret>,
    file: Option<&Path>,
) -> Result<Option<Secret>, ConfigError> {
    match (of_environment, file) {
        (Some(_), Some(path)) => Err(ConfigError::TwoSecrets(path.to_owned())),
        (Some(secret), None) => Ok(Some(secret)),
        (None, Some(path)) => Secret::in_file(path).map(Some),
        (None, None) => Ok(None),
    }
}
