//! Writes one direction of a call: a head, messages as they come, and the last frame.

use bridge::frame::Frame;
use bytes::Bytes;
use futures_util::FutureExt;
use http::HeaderMap;
use http_body_util::BodyExt;
use iroh::endpoint::{SendStream, WriteError};
use tonic::{Status, body::Body};

use super::Gone;

/// How much is gathered before it is written: what is there anyway goes out in one packet, and no more is held.
const GATHER_BYTES: usize = 64 * 1024;

/// What ends a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    /// A request: an empty block.
    Request,
    /// A response: its trailers.
    Response,
    /// A response of which the head has said everything.
    Nothing,
}

/// Why a direction could not be written to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsent {
    #[error("{0}")]
    Stream(#[from] WriteError),
    /// What was to be sent broke off.
    #[error("{0}")]
    Body(Status),
}

/// The sending half of a stream. Reset when dropped, unless all was sent: QUIC itself would finish it.
#[derive(Debug)]
pub(super) struct Sending {
    stream: SendStream,
    is_whole: bool,
    why: Gone,
}

impl Sending {
    pub(super) fn new(stream: SendStream) -> Self {
        Self {
            stream,
            is_whole: false,
            why: Gone::Cancelled,
        }
    }

    /// What to say where not all is sent.
    pub(super) fn fails_as(&mut self, why: Gone) {
        self.why = why;
    }

    /// Resolves when the other side wants no more.
    pub(super) fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        self.stream.stopped().map(|_| ())
    }

    /// Writes `head` and all of `body`.
    ///
    /// # Errors
    /// [`Unsent`]; the stream is reset then.
    pub(super) async fn all(mut self, head: Bytes, mut body: Body, last: Last) -> Result<(), Unsent> {
        let mut ready = vec![head];
        let mut trailers = None;
        loop {
            let has_ended = gather(&mut body, &mut ready, &mut trailers).await?;
            if has_ended {
                match last {
                    Last::Request => ready.push(Frame::headers(&HeaderMap::new()).encode()),
                    Last::Response => {
                        ready.push(Frame::headers(&trailers.unwrap_or_else(no_status)).encode());
                    }
                    Last::Nothing => {}
                }
                self.stream.write_all_chunks(&mut ready).await?;
                // An error means that it was stopped in this moment: nobody waits for it.
                let _ = self.stream.finish();
                self.is_whole = true;
                return Ok(());
            }
            self.stream.write_all_chunks(&mut ready).await?;
            ready.clear();
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if !self.is_whole {
            // An error means that it has ended by itself.
            let _ = self.stream.reset(self.why.code());
        }
    }
}

/// Adds what is there to `ready`; waits only where that is nothing at all. Tells whether the body has ended.
async fn gather(
    body: &mut Body,
    ready: &mut Vec<Bytes>,
    trailers: &mut Option<HeaderMap>,
) -> Result<bool, Unsent> {
    let mut bytes: usize = ready.iter().map(Bytes::len).sum();
    while bytes < GATHER_BYTES {
        let frame = match body.frame().now_or_never() {
            Some(frame) => frame,
            None if bytes > 0 => return Ok(false),
            None => body.frame().await,
        };
        let Some(frame) = frame else { return Ok(true) };
        match frame.map_err(Unsent::Body)?.into_data() {
            Ok(data) => {
                bytes += data.len();
                ready.push(data);
            }
            // They are the last: what a handler would say after an error is not the answer any more.
            Err(frame) => {
                *trailers = frame.into_trailers().ok();
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// For a handler that ends without a status, which gRPC takes for UNKNOWN.
fn no_status() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", http::HeaderValue::from_static("2"));
    trailers
}
