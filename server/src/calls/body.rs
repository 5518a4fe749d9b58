//! What is read of a stream as the body of an HTTP message.

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http_body::Frame as BodyFrame;
use http_body_util::StreamBody;
use iroh::endpoint::ReadError;
use tonic::{Code, Status, body::Body};

use super::{
    Gone,
    frames::{Broken, Frames, Next},
    head,
};

/// Which end reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// The callee reads a request, of which the last block says nothing.
    Request,
    /// The caller reads a response, of which the last block is the trailers.
    Response,
}

/// The rest of `frames`. `keep` lives as long as the body does.
pub(super) fn body<K: Send + 'static>(frames: Frames, reads: Reads, keep: K) -> Body {
    let reading = Reading {
        frames: Some(frames),
        _keep: keep,
    };
    Body::new(StreamBody::new(Box::pin(stream::unfold(
        reading,
        move |mut reading| async move {
            let frames = reading.frames.as_mut()?;
            let frame = match frames.next().await {
                Ok(Next::Messages(bytes)) => Some(Ok(BodyFrame::data(bytes))),
                Ok(Next::Block(_)) if frames.is_inside_message() => Some(Err(Status::aborted(
                    "a message was cut off by the end of the call",
                ))),
                Ok(Next::Block(block)) => {
                    reading.frames = None;
                    match reads {
                        Reads::Request => None,
                        Reads::Response => Some(trailers(&block)),
                    }
                }
                Err(broken) => {
                    let status = status(&broken, reads);
                    // As trailers it stays the same status on every road: gRPC-Web and the bridge make INTERNAL of a
                    // body that fails. Inside a message trailers would be read as the rest of it.
                    if reads == Reads::Response && !frames.is_inside_message() {
                        frames.stop(Gone::Malformed);
                        reading.frames = None;
                        Some(as_trailers(&status))
                    } else {
                        Some(Err(status))
                    }
                }
            };
            if let Some(Err(_)) = frame
                && let Some(mut frames) = reading.frames.take()
            {
                frames.stop(Gone::Malformed);
            }
            frame.map(|frame| (frame, reading))
        },
    ))))
}

/// A body being read. Dropped before its end, it tells the other side so.
struct Reading<K> {
    /// Gone once the last block has come.
    frames: Option<Frames>,
    _keep: K,
}

impl<K> Drop for Reading<K> {
    fn drop(&mut self) {
        if let Some(frames) = &mut self.frames {
            frames.stop(Gone::Cancelled);
        }
    }
}

fn as_trailers(status: &Status) -> Result<BodyFrame<Bytes>, Status> {
    let mut trailers = HeaderMap::new();
    status.add_header(&mut trailers)?;
    Ok(BodyFrame::trailers(trailers))
}

fn trailers(block: &[u8]) -> Result<BodyFrame<Bytes>, Status> {
    head::headers(block)
        .map(BodyFrame::trailers)
        .map_err(|why| Status::internal(format!("the trailers of the other peer cannot be read: {why}")))
}

/// What a broken stream means to whoever reads it.
pub(super) fn status(broken: &Broken, reads: Reads) -> Status {
    let code = match (reads, broken) {
        // Not CANCELLED, which tonic takes for a clean end: half an upload would look complete.
        (Reads::Request, _) => Code::Aborted,
        (Reads::Response, Broken::LongHead(_)) => Code::Internal,
        (Reads::Response, Broken::Stream(ReadError::Reset(code))) if *code == Gone::Cancelled.code() => {
            Code::Cancelled
        }
        (Reads::Response, Broken::Stream(ReadError::Reset(_))) => Code::Internal,
        (Reads::Response, _) => Code::Unavailable,
    };
    let which = match reads {
        Reads::Request => "the request of the other peer",
        Reads::Response => "the answer of the other peer",
    };
    Status::new(code, format!("{which} broke off: {broken}"))
}
