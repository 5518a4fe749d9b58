//! The body of a response: messages as they arrive, then trailers.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use send_wrapper::SendWrapper;
use tonic::Status;

use super::{call::Call, inbox::Arrived};

/// The body of a response that arrives over a socket. Dropping it cancels the call.
///
/// `Send` because the client tonic generates asks for it; it must stay on the thread it was made on, which in a
/// browser it does. Anywhere else it would panic, not misbehave.
pub struct ResponseBody {
    call: SendWrapper<Call>,
}

impl ResponseBody {
    pub(super) fn new(call: SendWrapper<Call>) -> Self {
        Self { call }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.call.pipe.poll_next(cx.waker()).map(|arrived| {
            Some(match arrived {
                Ok(None) => return None,
                Ok(Some(Arrived::Message(frame))) => Ok(Frame::data(frame)),
                // Headers come once, before the body; later ones are taken for trailers.
                Ok(Some(Arrived::Headers(trailers) | Arrived::Trailers(trailers))) => {
                    Ok(Frame::trailers(trailers))
                }
                Err(status) => Err(status),
            })
        })
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseBody")
    }
}
