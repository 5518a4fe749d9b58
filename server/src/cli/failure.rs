//! How a command ends when it does not end well: one sentence, a hint on its own line, and the exit code.

use std::{
    error::Error,
    fmt::Write as _,
    io::{self, IsTerminal},
    process::ExitCode,
};

use tonic::{Code, Status, TimeoutExpired};

use super::{output, visible::visible};
use crate::{config::ConfigError, data_dir::DataDirError, json::JsonError};

/// The peer said no.
const REFUSED: u8 = 1;
/// Something went wrong: arguments, no peer, a lost connection.
const WRONG: u8 = 2;
/// What shells use for a program ended by Ctrl-C: 128 + SIGINT.
pub(super) const INTERRUPTED: u8 = 130;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(super) enum Failure {
    /// The peer answered, with another status than OK.
    Refused(Box<Status>),
    /// Something else went wrong.
    Wrong {
        /// What happened, without a full stop.
        sentence: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// Who read the results has gone, as `head -1` does when it has seen enough. Nothing is wrong.
    ReaderGone,
    /// Ctrl-C.
    Interrupted,
}

impl Failure {
    pub(super) fn wrong(sentence: impl Into<String>) -> Self {
        Failure::Wrong {
            sentence: sentence.into(),
            hint: None,
        }
    }

    /// Adds what to do about it.
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        match self {
            Failure::Wrong { sentence, .. } => Failure::Wrong {
                sentence,
                hint: Some(hint.into()),
            },
            other => other,
        }
    }

    /// What became of a call. A status with a cause was made on this side, when the connection broke.
    pub(super) fn of_call(status: Status) -> Self {
        match status.source() {
            None => Failure::Refused(Box::new(status)),
            Some(cause) if is_or_holds::<TimeoutExpired>(cause) => Failure::deadline(),
            Some(cause) => Failure::wrong(format!("the connection to the peer was lost: {}", causes(cause)))
                .hint("look whether the peer is still running, with `parcero about`"),
        }
    }

    /// The deadline passed. The peer says so too, but this side need not wait for it.
    pub(super) fn deadline() -> Self {
        Failure::Refused(Box::new(Status::deadline_exceeded(
            "the deadline of the call has passed",
        )))
    }

    /// Tells the person, and gives the code to exit with.
    pub(super) fn report(&self) -> ExitCode {
        let (sentence, hint) = match self {
            Failure::Refused(status) => (refusal(status), Some(advice(status.code()).to_owned())),
            Failure::Wrong { sentence, hint } => (sentence.clone(), hint.clone()),
            Failure::ReaderGone | Failure::Interrupted => return self.exit_code(),
        };
        let [error, label, end] = if use_colour() {
            ["\x1b[1;31m", "\x1b[1;36m", "\x1b[0m"]
        } else {
            [""; 3]
        };
        output::say(&format!("{error}error:{end} {}", visible(&sentence)));
        if let Some(hint) = hint {
            output::say(&format!("{label}hint:{end} {hint}"));
        }
        self.exit_code()
    }

    /// The code to exit with.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Refused(_) => ExitCode::from(REFUSED),
            Failure::Wrong { .. } => ExitCode::from(WRONG),
            Failure::ReaderGone => ExitCode::SUCCESS,
            Failure::Interrupted => ExitCode::from(INTERRUPTED),
        }
    }
}

/// Colours only for a terminal, and not for people who set NO_COLOR.
fn use_colour() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn refusal(status: &Status) -> String {
    let code = status.code();
    let mut sentence = format!("the peer answered {} {}", code as i32, name(code));
    if !status.message().is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(sentence, ": {}", status.message());
    }
    sentence
}

/// An error with its causes, outermost first, each said once.
pub(super) fn causes(error: &dyn Error) -> String {
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !sentence.ends_with(&next) {
            sentence = format!("{sentence}: {next}");
        }
        cause = error.source();
    }
    sentence
}

fn is_or_holds<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    error.is::<E>() || error.source().is_some_and(is_or_holds::<E>)
}

/// The name of a status as the specification of gRPC writes it.
fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// What a person can do about a status.
fn advice(code: Code) -> &'static str {
    match code {
        Code::Ok => "nothing needs doing",
        Code::Cancelled => "the call was given up before it ended; make it again if that was not meant",
        Code::Unknown | Code::Internal | Code::DataLoss => {
            "the reason is in the log of the peer, in its terminal"
        }
        Code::InvalidArgument | Code::OutOfRange => "change what the sentence above names and try again",
        Code::DeadlineExceeded => "allow more time with --deadline, or ask for less",
        Code::NotFound => "look whether what you named still exists",
        Code::AlreadyExists => "choose another name, or use what is there",
        Code::PermissionDenied | Code::Unauthenticated => "this peer does not let you make this call",
        Code::ResourceExhausted => "send less at once, or start the peer with a larger --max-message-bytes",
        Code::FailedPrecondition | Code::Aborted => "something changed meanwhile; look again and retry",
        Code::Unimplemented => "the peer does not know this call: compare `parcero --version` on both sides",
        Code::Unavailable => "the peer is stopping or overloaded; try again in a moment",
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let hint = match &error {
            ConfigError::NotLoopback(address) => {
                let port = if address.port() == 0 {
                    crate::config::DEFAULT_PORT
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
            ConfigError::MessageLimit(_) => Some("try --max-message-bytes 4194304".to_owned()),
            ConfigError::Unreadable { .. } | ConfigError::NotUnderstood { .. } => {
                Some("correct the file, or move it away; flags of `parcero serve` win over it".to_owned())
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_status_by_number_and_name() {
        let status = Status::invalid_argument("parcero-count is 7, at most 5 fit");
        assert_eq!(
            refusal(&status),
            "the peer answered 3 INVALID_ARGUMENT: parcero-count is 7, at most 5 fit"
        );
        assert_eq!(
            refusal(&Status::new(Code::Unavailable, "")),
            "the peer answered 14 UNAVAILABLE"
        );
    }

    #[test]
    fn a_status_made_on_this_side_is_a_lost_connection() {
        let local = Status::from_error(Box::new(io::Error::from(io::ErrorKind::ConnectionReset)));
        assert!(matches!(Failure::of_call(local), Failure::Wrong { .. }));
        assert!(matches!(
            Failure::of_call(Status::not_found("")),
            Failure::Refused(_)
        ));
    }

    #[test]
    fn a_deadline_that_passes_on_this_side_is_a_deadline() {
        let local = Status::from_error(Box::new(TimeoutExpired(())));
        let Failure::Refused(status) = Failure::of_call(local) else {
            panic!("not a refusal")
        };
        assert_eq!(status.code(), Code::DeadlineExceeded);
    }

    #[test]
    fn every_code_has_the_name_of_the_specification() {
        let names: Vec<_> = (0..=16).map(|code| name(Code::from_i32(code))).collect();
        assert_eq!(names[1], "CANCELLED");
        assert_eq!(names[8], "RESOURCE_EXHAUSTED");
        assert_eq!(names[16], "UNAUTHENTICATED");
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), 17);
    }

    #[test]
    fn causes_are_said_once() {
        let inner = io::Error::other("disk is full");
        let error = DataDirError::Io {
            verb: "write",
            path: "token".into(),
            source: inner,
        };
        assert_eq!(causes(&error), "cannot write token: disk is full");
    }
}
