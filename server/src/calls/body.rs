//! What is read of a stream as the body of an HTTP message.

use bytes::Bytes;
use futures_util::stream;
use http_body::Frame as BodyFrame;
use http_body_util::StreamBody;
use iroh::endpoint::ReadError;
use tonic::{Code, Status, body::Body};

use super::{
    Gone,
    caller::{Pump, only_grpc},
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

/// The rest of `frames`. `pump` is stopped before the last of them is passed on, and `keep` lives as long as the body does.
pub(super) fn body<K: Send + 'static>(frames: Frames, reads: Reads, pump: Pump, keep: K) -> Body {
    let reading = Reading {
        frames: Some(frames),
        pump,
        _keep: keep,
    };
    Body::new(StreamBody::new(Box::pin(stream::unfold(
        reading,
        move |mut reading| async move {
            let frames = reading.frames.as_mut()?;
            let frame = match frames.next().await {
                Ok(Next::Messages(bytes)) => Some(Ok(BodyFrame::data(bytes))),
                Ok(Next::Block(block)) => {
                    reading.frames = None;
                    match reads {
                        Reads::Request => None,
                        Reads::Response => Some(trailers(&block)),
                    }
                }
                Err(broken) => Some(ending(status(&broken, reads), reads)),
            };
            let has_ended = !matches!(&frame, Some(Ok(frame)) if frame.is_data());
            if has_ended {
                reading.pump.stop().await;
                if let Some(mut frames) = reading.frames.take() {
                    frames.stop(Gone::Malformed);
                }
            }
            frame.map(|frame| (frame, reading))
        },
    ))))
}

/// A body being read. Dropped before its end, it tells the other side so.
struct Reading<K> {
    /// Gone once the last block has come.
    frames: Option<Frames>,
    pump: Pump,
    _keep: K,
}

impl<K> Drop for Reading<K> {
    fn drop(&mut self) {
        if let Some(frames) = &mut self.frames {
            frames.stop(Gone::Cancelled);
        }
    }
}

fn trailers(block: &[u8]) -> Result<BodyFrame<Bytes>, Status> {
    match head::headers(block) {
        Ok(mut trailers) => {
            only_grpc(&mut trailers);
            Ok(BodyFrame::trailers(trailers))
        }
        Err(why) => {
            let why = format!("the trailers of the other peer cannot be read: {why}");
            ending(Status::internal(why), Reads::Response)
        }
    }
}

/// How a direction that broke off ends for whoever reads it. A handler is told of an error. A caller gets a status, as if
/// the callee had sent it: an error would reset the stream on which the call is passed on, and no status would arrive.
fn ending(status: Status, reads: Reads) -> Result<BodyFrame<Bytes>, Status> {
    match reads {
        Reads::Request => Err(status),
        Reads::Response => {
            let mut trailers = http::HeaderMap::new();
            match status.add_header(&mut trailers) {
                Ok(()) => Ok(BodyFrame::trailers(trailers)),
                // It is words of ours, which always fit into a header.
                Err(unfit) => Err(unfit),
            }
        }
    }
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
