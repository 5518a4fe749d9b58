//! `peer.json`: where a running peer is.

use std::{
    fs, io,
    net::SocketAddr,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::{DataDirError, private};

/// What a running peer says about itself to programs of the same account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// What a person opens in a browser.
    pub url: String,
    /// Where the peer listens; a program calls the first of these, which nobody else can stand in for, as
    /// `localhost` may mean two addresses.
    #[serde(default)]
    pub addresses: Vec<SocketAddr>,
    /// The process.
    pub pid: u32,
    /// The version of the software.
    #[serde(default)]
    pub version: String,
    /// When it started, in seconds since 1970.
    #[serde(default)]
    pub started_at: u64,
    /// It takes no more calls, and ends when the last ones have.
    #[serde(default)]
    pub stopping: bool,
}

impl Record {
    /// The record of a peer that this process starts now.
    pub fn new(url: String, addresses: Vec<SocketAddr>) -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        Record {
            url,
            addresses,
            pid: std::process::id(),
            version: crate::VERSION.to_owned(),
            // A clock before 1970 tells nothing; nor does a zero.
            started_at: since_1970.map_or(0, |duration| duration.as_secs()),
            stopping: false,
        }
    }

    /// The address a program calls.
    pub fn call_url(&self) -> String {
        self.addresses
            .first()
            .map_or_else(|| self.url.clone(), |address| format!("http://{address}"))
    }

    pub(super) fn read(path: &Path) -> Result<Option<Self>, DataDirError> {
        match fs::read(path) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|_| DataDirError::Garbled {
                    path: path.to_owned(),
                }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(DataDirError::io("read", path, error)),
        }
    }

    /// Written beside and then renamed: a reader sees all of it or nothing.
    pub(super) fn write(&self, path: &Path) -> Result<(), DataDirError> {
        let text = serde_json::to_vec_pretty(self).expect("text and numbers always fit into JSON");
        let beside = path.with_extension("json.new");
        private::remove(&beside)
            .and_then(|()| private::write_new(&beside, &text))
            .and_then(|()| fs::rename(&beside, path))
            .map_err(|source| DataDirError::io("write", path, source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_calls_the_first_address_itself() {
        let addresses = vec!["127.0.0.1:7".parse().unwrap(), "[::1]:7".parse().unwrap()];
        let record = Record::new("http://localhost:7".into(), addresses);
        assert_eq!(record.call_url(), "http://127.0.0.1:7");
    }

    #[test]
    fn fields_of_a_later_version_are_ignored() {
        let text = r#"{"url":"http://localhost:7","pid":3,"colour":"blue"}"#;
        let record: Record = serde_json::from_str(text).unwrap();
        assert_eq!(
            (record.call_url().as_str(), record.pid),
            ("http://localhost:7", 3)
        );
    }
}
