//! The statuses of gRPC in words.

use std::borrow::Cow;

use tonic::Code;

/// The name of a status as the specification of gRPC writes it.
pub(super) fn name(code: Code) -> &'static str {
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
pub(super) fn advice(code: Code) -> &'static str {
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
        Code::FailedPrecondition => {
            "`parcero peers` tells what each peer is to this one; `parcero friend unblock` takes a block back"
        }
        Code::Aborted => "something changed meanwhile; look again and retry",
        Code::Unimplemented => "the peer does not know this call: compare `parcero --version` on both sides",
        Code::Unavailable => "the peer is stopping or overloaded; try again in a moment",
    }
}

/// What a person can do about the status of a call for or about another peer, which they named so.
pub(super) fn advice_about(code: Code, other: &str) -> String {
    let other = quoted(other);
    match code {
        Code::NotFound => "`parcero peers` lists those that are known".to_owned(),
        Code::FailedPrecondition => format!(
            "if it is blocked, `parcero friend unblock {other}` takes that back; else see `parcero doctor {other}`"
        ),
        Code::Unavailable => format!("`parcero doctor {other}` finds out why"),
        Code::PermissionDenied => {
            format!("that peer does not let this one do it; `parcero doctor {other}` finds out more")
        }
        code => advice(code).to_owned(),
    }
}

/// A word as it is typed into a shell.
fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !word.is_empty() && word.chars().all(is_plain) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_the_name_of_the_specification() {
        let names: Vec<_> = (0..=16).map(|code| name(Code::from_i32(code))).collect();
        assert_eq!(names[1], "CANCELLED");
        assert_eq!(names[8], "RESOURCE_EXHAUSTED");
        assert_eq!(names[16], "UNAUTHENTICATED");
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), 17);
    }

    #[test]
    fn about_another_peer_the_advice_is_a_command_that_names_it() {
        assert_eq!(
            advice_about(Code::Unavailable, "46db"),
            "`parcero doctor 46db` finds out why"
        );
        let blocked = advice_about(Code::FailedPrecondition, "Ana's laptop");
        assert!(
            blocked.contains(r"`parcero friend unblock 'Ana'\''s laptop'`"),
            "{blocked}"
        );
        assert!(advice_about(Code::NotFound, "46db").contains("`parcero peers`"));
        assert!(advice_about(Code::PermissionDenied, "46db").starts_with("that peer"));
    }
}
