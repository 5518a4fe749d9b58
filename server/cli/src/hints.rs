//! What to do about each thing that can be wrong before a call is made: one `match` per kind of error.

use super::failure::{Failure, causes};
use parcero::{
    config::{ConfigError, SECRET_VARIABLE},
    data_dir::DataDirError,
    front::BindError,
    json::JsonError,
};

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let hint = match &error {
            ConfigError::NotLoopback(address) => {
                let port = if address.port() == 0 {
                    parcero::config::DEFAULT_PORT
                } else {
                    address.port()
                };
                Some(format!(
                    "leave --listen away, and on the other machine open an SSH tunnel to this one: \
                     ssh -L {port}:localhost:{port} THIS-HOST; then open http://localhost:{port} there"
                ))
            }
            ConfigError::OddLoopback(address) => Some(format!("try --listen 127.0.0.1:{}", address.port())),
            ConfigError::Origin(_) => Some("try --allow-origin http://localhost:8080".to_owned()),
            ConfigError::NameLength(_) | ConfigError::NameControl => Some("try --name Ana".to_owned()),
            ConfigError::NetworkLength(_) => Some("try --network home".to_owned()),
            ConfigError::Secret { .. } => Some("name another file with --secret-file".to_owned()),
            ConfigError::ShortSecret { .. } => {
                Some("make one with `head -c 24 /dev/urandom | base64`".to_owned())
            }
            ConfigError::OpenSecret(path) => Some(format!(
                "close it with `chmod 600 '{}'`, and change it",
                path.display()
            )),
            ConfigError::TwoSecrets(_) => Some(format!("unset {SECRET_VARIABLE}, or leave the file away")),
            ConfigError::Ticket(_) => Some("ask your friend for what `parcero ticket` prints".to_owned()),
            ConfigError::MessageLimit(_) => Some("try --max-message-bytes 4194304".to_owned()),
            ConfigError::RelayAlone(_) => Some("add --internet, or leave the relay away".to_owned()),
            ConfigError::Relay(_) => Some("try --relay https://relay.example.org".to_owned()),
            ConfigError::NotUnderstood {
                meant: Some(meant), ..
            } => Some(format!("did you mean `{meant}`?")),
            ConfigError::Missing(_) => Some(
                "name one that is there with --config, or leave that away: the usual file need not be there"
                    .to_owned(),
            ),
            ConfigError::Unreadable { .. } => {
                Some("look at its permissions, or name another one with --config".to_owned())
            }
            ConfigError::NotUnderstood { meant: None, .. } => Some(
                "correct the file, or name another one with --config; `parcero serve --help` lists the keys"
                    .to_owned(),
            ),
            ConfigError::SecretInFile(_) => Some(format!(
                "write it into a file of its own and name that with `secret-file`, or put it into {SECRET_VARIABLE}"
            )),
            ConfigError::Variable { meant, .. } => Some(format!("did you mean {meant}?")),
        };
        Failure::Wrong {
            sentence: causes(&error),
            hint,
        }
    }
}

impl From<DataDirError> for Failure {
    fn from(error: DataDirError) -> Self {
        let hint = match &error {
            DataDirError::NoHome => "name a folder with --data-dir".to_owned(),
            DataDirError::InUse {
                record: Some(record), ..
            } => {
                format!(
                    "it is at {} (process {}); stop it, or start another with --data-dir and --listen",
                    record.url, record.pid
                )
            }
            DataDirError::InUse { record: None, .. } => {
                "stop it, or start another with --data-dir and --listen".to_owned()
            }
            DataDirError::Stopping { .. } => {
                "start one again in a moment; it lets calls under way finish for up to ten seconds".to_owned()
            }
            DataDirError::Silent { .. } => "look at its terminal; or name a peer with --url".to_owned(),
            DataDirError::Readable { path } => {
                format!(
                    "close it with `chmod go= '{}'`, or choose another with --data-dir",
                    path.display()
                )
            }
            DataDirError::Foreign { .. } => "choose one of your own with --data-dir".to_owned(),
            DataDirError::Garbled { .. } => {
                "stop the peer, remove the file and start the peer again".to_owned()
            }
            DataDirError::NoRandomness(_) | DataDirError::Io { .. } => {
                "look at the permissions of the folder, or choose another with --data-dir".to_owned()
            }
        };
        Failure::wrong(causes(&error)).hint(hint)
    }
}

impl From<JsonError> for Failure {
    fn from(error: JsonError) -> Self {
        Failure::wrong(causes(&error)).hint("leave --json away")
    }
}

impl From<BindError> for Failure {
    fn from(error: BindError) -> Self {
        let hint = match &error {
            BindError::NotLoopback(_) => "leave --listen away".to_owned(),
            BindError::Taken(address) => format!(
                "perhaps a peer with another --data-dir, or another gRPC server; stop it{}, or take a free port with \
                 --listen 127.0.0.1:0",
                who_holds(address.port())
            ),
            BindError::Io { .. } => "take a free port with --listen 127.0.0.1:0".to_owned(),
        };
        Failure::wrong(causes(&error)).hint(hint)
    }
}

/// How to find out who holds a port, where there is a usual way.
fn who_holds(port: u16) -> String {
    if cfg!(target_os = "linux") {
        format!(" (`ss -ltnp 'sport = :{port}'` names it)")
    } else if cfg!(target_os = "macos") {
        format!(" (`lsof -nP -iTCP:{port} -sTCP:LISTEN` names it)")
    } else {
        String::new()
    }
}
