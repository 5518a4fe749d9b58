//! Watching a call cross: every header block and every frame, as the exact bytes that went over the wire.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::HeaderMap;

/// One thing that crossed the wire during a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Crossing {
    /// The request's headers, as they were sent.
    RequestHeaders(HeaderMap),
    /// One gRPC frame on its way out: 5 bytes of prefix (flags, length), then the message.
    Sent(Bytes),
    /// The caller has finished sending.
    FinishedSending,
    /// The response's headers, as they arrived.
    ResponseHeaders(HeaderMap),
    /// One frame that arrived, its 5 bytes of prefix included. Where headers and trailers cross as frames, these are
    /// told too, before what they say is: see the flags in the first byte.
    Received(Bytes),
    /// The trailers that ended the call; `grpc-status` is among them.
    Trailers(HeaderMap),
}

/// A listener for what crosses during one call. Put it into the extensions of a request.
///
/// A call without a `Tap` pays nothing for it; with one, frames are shared, not copied.
#[derive(Clone)]
pub struct Tap(Arc<dyn Fn(Crossing) + Send + Sync>);

impl Tap {
    /// A tap that hands every crossing to `listener`, at once and in order.
    pub fn new(listener: impl Fn(Crossing) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Tells the listener.
    pub fn tell(&self, crossing: Crossing) {
        (self.0)(crossing);
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tap")
    }
}
