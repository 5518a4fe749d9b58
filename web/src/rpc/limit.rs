//! How large a message may be: the limit the peer keeps, kept on this side already.
//!
//! A peer stops reading at a message over its limit, and a browser then says no more than that the connection broke.
//! So such a message does not leave the page, and the call ends at once with RESOURCE_EXHAUSTED.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::Frame;
use tonic::{Status, body::Body};

use super::{
    failure::Failure,
    splitter::{End, Splitter},
};

/// What a peer takes that has not said anything else, as everywhere in gRPC: 4 MiB.
pub const DEFAULT_MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// The largest message of a peer, as far as it is known. A cheap clone of a handle.
#[derive(Debug, Clone)]
pub struct Limit(Arc<AtomicUsize>);

impl Default for Limit {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(DEFAULT_MAX_MESSAGE_BYTES)))
    }
}

impl Limit {
    /// The largest message, in bytes.
    pub fn max_message_bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes what the peer said it is. A peer that said nothing (0) has the usual one.
    pub fn learn(&self, max_message_bytes: u64) {
        let bytes = match usize::try_from(max_message_bytes) {
            Ok(0) => DEFAULT_MAX_MESSAGE_BYTES,
            Ok(bytes) => bytes,
            // More than there can be here.
            Err(_) => usize::MAX,
        };
        self.0.store(bytes, Ordering::Relaxed);
    }
}

/// The messages of a request, up to the first that is larger than the peer takes.
pub(super) fn on_requests(body: Body, max_message_bytes: usize) -> Body {
    Limited::over(body, max_message_bytes, |bytes, limit| Failure::TooLargeToSend {
        bytes,
        limit,
    })
}

/// The messages of an answer, up to the first that is larger than the peer said it sends.
pub(super) fn on_answers(body: Body, max_message_bytes: usize) -> Body {
    Limited::over(body, max_message_bytes, |announced, limit| Failure::TooLarge {
        announced,
        limit,
    })
}

/// A body that ends with a failure in place of a message over the limit.
struct Limited {
    /// None after the end: dropping the body of an answer cancels its call.
    body: Option<Body>,
    splitter: Splitter,
    failure: fn(usize, usize) -> Failure,
    /// What comes next, when all messages before it are delivered.
    end: Option<Failure>,
}

impl Limited {
    fn over(body: Body, max_message_bytes: usize, failure: fn(usize, usize) -> Failure) -> Body {
        Body::new(Self {
            body: Some(body),
            splitter: Splitter::new(max_message_bytes),
            failure,
            end: None,
        })
    }
}

impl http_body::Body for Limited {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if let Some(failure) = this.end.take() {
            return Poll::Ready(Some(Err(failure.into())));
        }
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        let piece = match ready!(Pin::new(body).poll_frame(context)) {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(piece) => piece,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            },
            other => return Poll::Ready(other),
        };
        let split = this.splitter.push(piece);
        // Trailers come as such on this side of a pipe, not as frames.
        if let Some(End::TooLarge { announced, limit }) = split.end {
            this.body = None;
            let failure = (this.failure)(announced, limit);
            if split.messages.is_empty() {
                return Poll::Ready(Some(Err(failure.into())));
            }
            this.end = Some(failure);
        }
        Poll::Ready(Some(Ok(Frame::data(split.messages))))
    }

    fn is_end_stream(&self) -> bool {
        self.end.is_none() && self.body.as_ref().is_none_or(Body::is_end_stream)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt, stream};
    use http_body_util::{BodyExt, StreamBody};
    use tonic::Code;

    use super::*;

    fn message(bytes: usize) -> Vec<u8> {
        let mut frame = vec![0];
        frame.extend((bytes as u32).to_be_bytes());
        frame.extend(vec![b'x'; bytes]);
        frame
    }

    /// What comes of a request of these pieces where 10 bytes are the limit.
    fn sent(pieces: Vec<Vec<u8>>) -> (Vec<u8>, Option<Status>) {
        let pieces = pieces
            .into_iter()
            .map(|piece| Ok::<_, Status>(Frame::data(Bytes::from(piece))));
        let body = on_requests(Body::new(StreamBody::new(stream::iter(pieces))), 10);
        let frames = body
            .into_data_stream()
            .collect::<Vec<_>>()
            .now_or_never()
            .unwrap();
        let mut sent = Vec::new();
        let mut end = None;
        for frame in frames {
            assert!(end.is_none(), "nothing follows the failure");
            match frame {
                Ok(data) => sent.extend(data),
                Err(status) => end = Some(status),
            }
        }
        (sent, end)
    }

    #[test]
    fn a_message_of_just_the_limit_is_sent_and_one_byte_more_is_not() {
        let (all, end) = sent(vec![message(0), message(9), message(10)]);
        assert_eq!(all, [message(0), message(9), message(10)].concat());
        assert!(end.is_none());

        let (all, end) = sent(vec![message(10), message(11), message(1)]);
        assert_eq!(all, message(10));
        let status = end.unwrap();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert_eq!(
            Failure::of(&status),
            Some(&Failure::TooLargeToSend { bytes: 11, limit: 10 })
        );
    }

    #[test]
    fn messages_packed_before_the_one_that_is_too_large_are_sent() {
        let (all, end) = sent(vec![[message(3), message(11), message(1)].concat()]);
        assert_eq!(all, message(3));
        assert_eq!(end.unwrap().code(), Code::ResourceExhausted);
    }

    #[test]
    fn the_limit_is_the_usual_one_until_the_peer_says_another() {
        let limit = Limit::default();
        assert_eq!(limit.max_message_bytes(), 4_194_304);
        limit.clone().learn(16_777_216);
        assert_eq!(limit.max_message_bytes(), 16_777_216);
        limit.learn(0);
        assert_eq!(limit.max_message_bytes(), 4_194_304);
    }
}
