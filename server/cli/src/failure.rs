//! How a command ends when it does not end well: one sentence, a hint on its own line, and the exit code.

use std::{
    env,
    error::Error,
    ffi::OsStr,
    fmt::Write as _,
    io::{self, IsTerminal},
    process::ExitCode,
};

use tonic::{Status, TimeoutExpired};

use super::{
    output,
    status::{advice, advice_about, name},
    visible::visible,
};

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
    Refused {
        /// Its answer.
        status: Box<Status>,
        /// The other peer that the call was for or about, as the person named it.
        other: Option<String>,
    },
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
            None => Failure::refused(status),
            Some(cause) if is_or_holds::<TimeoutExpired>(cause) => Failure::deadline(),
            Some(cause) => Failure::wrong(format!("the connection to the peer was lost: {}", causes(cause)))
                .hint("look whether the peer is still running, with `parcero about`"),
        }
    }

    /// The deadline passed. The peer says so too, but this side need not wait for it.
    pub(super) fn deadline() -> Self {
        Failure::refused(Status::deadline_exceeded("the deadline of the call has passed"))
    }

    fn refused(status: Status) -> Self {
        Failure::Refused {
            status: Box::new(status),
            other: None,
        }
    }

    /// Adds which other peer the call was for or about, so that the hint can name it.
    pub(super) fn about(self, other: &str) -> Self {
        match self {
            Failure::Refused { status, .. } => Failure::Refused {
                status,
                other: Some(other.to_owned()),
            },
            failure => failure,
        }
    }

    /// Tells the person, and gives the code to exit with.
    pub(super) fn report(&self) -> ExitCode {
        let (sentence, hint) = match self {
            Failure::Refused { status, other } => {
                let hint = match other {
                    Some(other) => advice_about(status.code(), other),
                    None => advice(status.code()).to_owned(),
                };
                (refusal(status), Some(hint))
            }
            Failure::Wrong { sentence, hint } => (sentence.clone(), hint.clone()),
            Failure::ReaderGone | Failure::Interrupted => return self.exit_code(),
        };
        let colour = use_colour(io::stderr().is_terminal(), env::var_os("NO_COLOR").as_deref());
        let [error, label, end] = if colour {
            ["\x1b[1;31m", "\x1b[1;36m", "\x1b[0m"]
        } else {
            [""; 3]
        };
        output::say(&format!("{error}error:{end} {}", visible(&sentence)));
        if let Some(hint) = hint {
            output::say(&format!("{label}hint:{end} {}", visible(&hint)));
        }
        self.exit_code()
    }

    /// The code to exit with.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Refused { .. } => ExitCode::from(REFUSED),
            Failure::Wrong { .. } => ExitCode::from(WRONG),
            Failure::ReaderGone => ExitCode::SUCCESS,
            Failure::Interrupted => ExitCode::from(INTERRUPTED),
        }
    }
}

/// Colours are for a terminal, and not for people who set NO_COLOR to anything.
pub(super) fn use_colour(is_terminal: bool, no_color: Option<&OsStr>) -> bool {
    is_terminal && no_color.is_none_or(OsStr::is_empty)
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

/// The innermost cause, where the outer ones tell a person nothing.
pub(super) fn root_cause(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}

fn is_or_holds<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    error.is::<E>() || error.source().is_some_and(is_or_holds::<E>)
}

#[cfg(test)]
mod tests {
    use tonic::Code;

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
            Failure::Refused { .. }
        ));
    }

    #[test]
    fn a_deadline_that_passes_on_this_side_is_a_deadline() {
        let local = Status::from_error(Box::new(TimeoutExpired(())));
        let Failure::Refused { status, .. } = Failure::of_call(local) else {
            panic!("not a refusal")
        };
        assert_eq!(status.code(), Code::DeadlineExceeded);
    }

    #[test]
    fn colours_are_for_terminals_whose_person_wants_them() {
        assert!(use_colour(true, None));
        assert!(use_colour(true, Some(OsStr::new(""))));
        assert!(!use_colour(true, Some(OsStr::new("1"))));
        assert!(!use_colour(false, None));
    }

    #[test]
    fn causes_are_said_once() {
        let inner = io::Error::other("disk is full");
        let error = parcero::data_dir::DataDirError::Io {
            verb: "write",
            path: "token".into(),
            source: inner,
        };
        assert_eq!(causes(&error), "cannot write token: disk is full");
    }
}
