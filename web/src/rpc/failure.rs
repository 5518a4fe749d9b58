//! What can go wrong on the way to a peer, as the page's own words, before any peer could say a status.

use std::{error::Error, sync::Arc};

use tonic::{Code, Status};

/// Why a call ended without a status from the peer.
///
/// It is the `source()` of the [`Status`] a call ends with; [`Failure::of`] finds it there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No connection: nobody listens, or a peer of another origin does not let this page in.
    #[error("no peer answered at {origin}: it is not running there, or it does not allow this page")]
    Unreachable {
        /// Where the call went.
        origin: Arc<str>,
    },
    /// The connection was lost after the answer began.
    #[error("the connection to the peer was cut before the call ended")]
    CutOff,
    /// The deadline passed before the answer was here.
    #[error("the deadline passed before the answer was here")]
    Deadline,
    /// The browser gave the call up, as it does when the page is left.
    #[error("the browser gave the call up")]
    GivenUp,
    /// An HTTP answer without a gRPC status.
    #[error("the answer was HTTP {status}, not gRPC{}", reason(.text))]
    Http {
        /// The HTTP status.
        status: u16,
        /// What the answer said, if it was plain text.
        text: String,
    },
    /// HTTP 200, but of another media type.
    #[error("the answer is not gRPC-Web but `{content_type}`: something other than a peer answered")]
    NotGrpcWeb {
        /// The media type.
        content_type: String,
    },
    /// The answer ended without trailers.
    #[error("the answer ended without saying how the call went")]
    NoTrailers,
    /// The answer ended inside a message.
    #[error("the answer ended in the middle of a message")]
    HalfMessage,
    /// The trailers cannot be read.
    #[error("the trailers cannot be read: {0}")]
    BadTrailers(String),
    /// A message over the limit.
    #[error("a message of {announced} bytes came, and at most {limit} are taken")]
    TooLarge {
        /// Its length, in bytes.
        announced: usize,
        /// What is taken, in bytes.
        limit: usize,
    },
    /// A message that the peer would not take, and that was not sent.
    #[error("a message of {bytes} bytes was to be sent, and the peer takes at most {limit}")]
    TooLargeToSend {
        /// Its length, in bytes.
        bytes: usize,
        /// What the peer takes, in bytes.
        limit: usize,
    },
    /// A stream of requests was to go by `fetch`, which sends one request.
    #[error("{path} takes a stream of requests, which goes by a WebSocket and not by fetch")]
    StreamByFetch {
        /// The method.
        path: String,
    },
    /// A header that a browser cannot send.
    #[error(
        "the metadata `{0}` has a value that a browser cannot send: use visible ASCII, or a key that ends in -bin"
    )]
    BadMetadata(String),
    /// There is no browser around.
    #[error("calls are made from inside a browser only")]
    NoBrowser,
}

impl Failure {
    /// The failure behind this status, if the status was made by the page and not sent by the peer.
    pub fn of(status: &Status) -> Option<&Self> {
        status.source()?.downcast_ref()
    }

    fn code(&self) -> Code {
        match self {
            Self::Unreachable { .. } | Self::CutOff => Code::Unavailable,
            Self::Deadline => Code::DeadlineExceeded,
            Self::GivenUp => Code::Cancelled,
            Self::Http { status, .. } => code_of_http(*status),
            Self::NotGrpcWeb { .. } | Self::NoTrailers => Code::Unknown,
            Self::HalfMessage | Self::BadTrailers(_) | Self::NoBrowser => Code::Internal,
            Self::TooLarge { .. } | Self::TooLargeToSend { .. } => Code::ResourceExhausted,
            Self::StreamByFetch { .. } => Code::Unimplemented,
            Self::BadMetadata(_) => Code::InvalidArgument,
        }
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        let mut status = Self::new(failure.code(), failure.to_string());
        status.set_source(Arc::new(failure));
        status
    }
}

/// gRPC's own table (`doc/http-grpc-status-mapping.md`), and 421, which a peer says to a foreign name.
fn code_of_http(status: u16) -> Code {
    match status {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 | 421 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

fn reason(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(": {text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_by_the_origin_check_is_permission_denied_with_what_the_peer_said() {
        let failure = Failure::Http {
            status: 403,
            text: "foreign origin".into(),
        };
        let status = Status::from(failure.clone());
        assert_eq!(status.code(), Code::PermissionDenied);
        assert_eq!(
            status.message(),
            "the answer was HTTP 403, not gRPC: foreign origin"
        );
        assert_eq!(Failure::of(&status), Some(&failure));
    }

    #[test]
    fn a_status_of_the_peer_has_no_failure_behind_it() {
        assert_eq!(Failure::of(&Status::unavailable("shutting down")), None);
    }

    #[test]
    fn http_statuses_follow_the_table_of_grpc() {
        for (http, code) in [
            (400, Code::Internal),
            (401, Code::Unauthenticated),
            (403, Code::PermissionDenied),
            (404, Code::Unimplemented),
            (421, Code::PermissionDenied),
            (429, Code::Unavailable),
            (500, Code::Unknown),
            (502, Code::Unavailable),
            (503, Code::Unavailable),
            (504, Code::Unavailable),
        ] {
            assert_eq!(code_of_http(http), code, "HTTP {http}");
        }
    }
}
