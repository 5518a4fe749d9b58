//! The service's response as the frames a client reads: headers, messages, trailers. Pure.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, response::Parts};
use http_body::Frame as BodyFrame;
use tungstenite::protocol::frame::coding::CloseCode;

use super::{
    BoxError,
    ending::{Code, Ending, GRPC_STATUS},
};
use crate::frame::{Frame, FrameDecoder, header_block};

/// Headers that belong to the HTTP response and not to the call. `grpc-encoding` never goes out: both real
/// clients take a compressed message for a plain one, or fail.
const NOT_FORWARDED: [HeaderName; 9] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::DATE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::VARY,
    HeaderName::from_static("grpc-accept-encoding"),
    HeaderName::from_static("grpc-encoding"),
];

/// The frame for the head of a response, or the ending if it is all there is.
pub(super) fn head_frame(head: &Parts) -> Result<Bytes, Ending> {
    let mut headers = head.headers.clone();
    for name in &NOT_FORWARDED {
        headers.remove(name);
    }
    let content_type = headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/grpc+proto"),
    );
    if headers.contains_key(GRPC_STATUS) {
        return Err(Ending::regular(headers));
    }
    if head.status != StatusCode::OK {
        return Err(not_grpc(head.status, "no gRPC status"));
    }
    match content_type {
        Some(kind) if kind.as_bytes().starts_with(b"application/grpc") => {
            Ok(Frame::headers(&headers).encode())
        }
        _ => Err(not_grpc(head.status, "something that is not gRPC")),
    }
}

/// The service could not be called at all.
pub(super) fn failed(error: &BoxError) -> Ending {
    let message = format!("the service failed: {error}");
    Ending::with_status(Code::Unavailable, &message, CloseCode::Normal)
}

/// As <https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md> has it.
fn not_grpc(status: StatusCode, what: &str) -> Ending {
    let code = match status {
        StatusCode::BAD_REQUEST => Code::Internal,
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::PermissionDenied,
        StatusCode::NOT_FOUND => Code::Unimplemented,
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Code::Unavailable,
        _ => Code::Unknown,
    };
    let message = format!("the service answered HTTP {status} and {what}");
    Ending::with_status(code, &message, CloseCode::Normal)
}

/// Cuts the body of a response into messages, and knows its end.
#[derive(Debug)]
pub(super) struct ResponseFrames {
    decoder: FrameDecoder,
}

impl ResponseFrames {
    pub(super) fn new() -> Self {
        Self {
            // What a service may send is its own affair; the length has 32 bits.
            decoder: FrameDecoder::new(u32::MAX as usize),
        }
    }

    /// Takes what the body gave.
    ///
    /// # Errors
    /// The ending, when this was the last of it.
    pub(super) fn take<E: Into<BoxError>>(
        &mut self,
        frame: Option<Result<BodyFrame<Bytes>, E>>,
    ) -> Result<(), Ending> {
        let frame = match frame {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => {
                return Err(Ending::service_fault(&format!(
                    "the response broke off: {}",
                    error.into()
                )));
            }
            None if self.decoder.pending_bytes() > 0 => {
                return Err(Ending::service_fault(
                    "the response ended in the middle of a message",
                ));
            }
            None => return Err(Ending::service_fault("the response ended without a status")),
        };
        match frame.into_data() {
            Ok(data) => {
                self.decoder.push(data);
                Ok(())
            }
            // HTTP trailers: a service that speaks gRPC rather than gRPC-Web.
            Err(frame) => match frame.into_trailers() {
                Ok(trailers) => Err(trailers_ending(trailers)),
                Err(_unknown) => Ok(()),
            },
        }
    }

    /// The next whole message.
    ///
    /// # Errors
    /// The ending, when the next frame holds the trailers.
    pub(super) fn next_message(&mut self) -> Result<Option<Bytes>, Ending> {
        let encoded = match self.decoder.next_encoded() {
            Ok(Some(encoded)) => encoded,
            Ok(None) => return Ok(None),
            Err(error) => return Err(Ending::service_fault(&error.to_string())),
        };
        let frame = Frame::from_encoded(&encoded);
        if frame.is_headers() {
            return Err(match header_block::parse(&frame.payload, u32::MAX as usize) {
                Ok(trailers) => trailers_ending(trailers),
                Err(error) => Ending::service_fault(&format!("the trailers are not valid: {error}")),
            });
        }
        if frame.is_compressed() {
            return Err(Ending::service_fault(
                "the service compressed its answer, which nobody asked for",
            ));
        }
        Ok(Some(encoded))
    }
}

fn trailers_ending(trailers: HeaderMap) -> Ending {
    if trailers.contains_key(GRPC_STATUS) {
        Ending::regular(trailers)
    } else {
        Ending::service_fault("the response ended without a status")
    }
}
