//! How a call ends: the status that is the last thing the client reads, and the code that closes its socket.

use http::{HeaderMap, HeaderName, HeaderValue};
use tungstenite::protocol::frame::coding::CloseCode;

use crate::frame::{FrameError, header_block::HeaderBlockError};

pub(super) const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
pub(super) const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// The gRPC status codes the bridge itself gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Unknown = 2,
    DeadlineExceeded = 4,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

/// The trailers a call ends with, and the code its socket is closed with.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) trailers: HeaderMap,
    pub(super) close: CloseCode,
}

impl Ending {
    /// The call ran to its end, whatever its status.
    pub(super) fn regular(trailers: HeaderMap) -> Self {
        Self {
            trailers,
            close: CloseCode::Normal,
        }
    }

    /// The bridge ends the call.
    pub(super) fn with_status(code: Code, message: &str, close: CloseCode) -> Self {
        let mut trailers = HeaderMap::new();
        trailers.insert(GRPC_STATUS, HeaderValue::from(code as u16));
        trailers.insert(GRPC_MESSAGE, percent_encoded(message));
        Self { trailers, close }
    }

    /// The service did something it must not do.
    pub(super) fn service_fault(message: &str) -> Self {
        Self::with_status(Code::Internal, message, CloseCode::Normal)
    }

    pub(super) fn message_too_large(error: &FrameError) -> Self {
        Self::with_status(Code::ResourceExhausted, &error.to_string(), CloseCode::Normal)
    }

    pub(super) fn bad_headers(error: &HeaderBlockError) -> Self {
        let (code, close) = match error {
            HeaderBlockError::TooLarge { .. } | HeaderBlockError::TooMany => {
                (Code::ResourceExhausted, CloseCode::Normal)
            }
            HeaderBlockError::NoColon { .. }
            | HeaderBlockError::BadName { .. }
            | HeaderBlockError::BadValue { .. }
            | HeaderBlockError::NotBase64 { .. } => (Code::Internal, CloseCode::Protocol),
        };
        Self::with_status(code, &error.to_string(), close)
    }

    pub(super) fn text_message() -> Self {
        let message = "a text message arrived; this protocol is binary only";
        Self::with_status(Code::Internal, message, CloseCode::Unsupported)
    }

    pub(super) fn half_a_message() -> Self {
        let message = "the client finished sending in the middle of a message";
        Self::with_status(Code::Internal, message, CloseCode::Normal)
    }

    pub(super) fn protocol_violation(what: &str) -> Self {
        Self::with_status(Code::Internal, what, CloseCode::Protocol)
    }

    pub(super) fn no_headers_in_time(seconds: f32) -> Self {
        let message = format!("no headers arrived within {seconds} seconds");
        Self::with_status(Code::DeadlineExceeded, &message, CloseCode::Protocol)
    }

    pub(super) fn shutting_down() -> Self {
        let message = "the server is shutting down; try again when it is back";
        Self::with_status(Code::Unavailable, message, CloseCode::Away)
    }

    pub(super) fn panicked() -> Self {
        Self::with_status(
            Code::Internal,
            "the handler of this call panicked",
            CloseCode::Error,
        )
    }
}

/// `message` as gRPC writes it in a header: printable ASCII, the rest and `%` itself percent-encoded.
fn percent_encoded(message: &str) -> HeaderValue {
    let mut encoded = String::with_capacity(message.len());
    for byte in message.bytes() {
        match byte {
            b'%' => encoded.push_str("%25"),
            b' '..=b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    HeaderValue::try_from(encoded).expect("printable ASCII is a header value")
}
