//! The message limit, checked where a message announces its length: before it is read, and before it is sent.
//!
//! tonic has a limit of its own, but says OUT_OF_RANGE. gRPC says RESOURCE_EXHAUSTED.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame};
use pin_project_lite::pin_project;
use tonic::{Status, body::Body};
use tower_layer::Layer;
use tower_service::Service;

use super::{Ending, ending::trailers};

/// Wraps a service in a [`MessageService`].
#[derive(Debug, Clone, Copy)]
pub struct MessageLayer {
    max_message_bytes: usize,
}

impl MessageLayer {
    /// Lets messages of at most `max_message_bytes` pass, in either direction.
    pub fn new(max_message_bytes: usize) -> Self {
        Self { max_message_bytes }
    }
}

impl<S> Layer<S> for MessageLayer {
    type Service = MessageService<S>;

    fn layer(&self, inner: S) -> MessageService<S> {
        MessageService {
            inner,
            max_message_bytes: self.max_message_bytes,
        }
    }
}

/// See [`MessageLayer`]. Stands inside a [`CallLayer`](super::CallLayer), which ends the call it objects to.
#[derive(Debug, Clone)]
pub struct MessageService<S> {
    inner: S,
    max_message_bytes: usize,
}

impl<S, B> Service<Request<Body>> for MessageService<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<tonic::codegen::StdError>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = MessageFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let ending = request.extensions().get::<Ending>().cloned();
        let lengths = Lengths::new(self.max_message_bytes, "received");
        let request = request.map(|body| {
            Body::new(Incoming {
                body,
                lengths,
                ending,
            })
        });
        MessageFuture {
            inner: self.inner.call(request),
            max_message_bytes: self.max_message_bytes,
        }
    }
}

pin_project! {
    /// The answer to come.
    #[must_use = "futures do nothing unless polled"]
    pub struct MessageFuture<F> {
        #[pin]
        inner: F,
        max_message_bytes: usize,
    }
}

impl<F, B, E> Future for MessageFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<tonic::codegen::StdError>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?;
        let lengths = Lengths::new(*this.max_message_bytes, "to be sent");
        Poll::Ready(Ok(response.map(|body| {
            Body::new(Outgoing {
                body: Some(Body::new(body)),
                lengths,
                last: VecDeque::new(),
            })
        })))
    }
}

/// Follows a stream of length-prefixed messages and stops at the first that announces too much.
#[derive(Debug)]
struct Lengths {
    limit: usize,
    which: &'static str,
    /// Bytes of the prefix seen so far, and how many.
    prefix: [u8; 5],
    seen: usize,
    /// Bytes of the current message still to come.
    rest: usize,
}

impl Lengths {
    fn new(limit: usize, which: &'static str) -> Self {
        Self {
            limit,
            which,
            prefix: [0; 5],
            seen: 0,
            rest: 0,
        }
    }

    /// Follows the next piece. At a message over the limit: how many bytes of the piece came before it, and why not.
    fn follow(&mut self, piece: &[u8]) -> Result<(), (usize, Status)> {
        let mut at = 0;
        while at < piece.len() {
            if self.rest > 0 {
                let step = self.rest.min(piece.len() - at);
                self.rest -= step;
                at += step;
                continue;
            }
            let start = at;
            let step = (self.prefix.len() - self.seen).min(piece.len() - at);
            self.prefix[self.seen..self.seen + step].copy_from_slice(&piece[at..at + step]);
            self.seen += step;
            at += step;
            if self.seen == self.prefix.len() {
                self.seen = 0;
                let [_, length @ ..] = self.prefix;
                self.rest = u32::from_be_bytes(length) as usize;
                if self.rest > self.limit {
                    let Self {
                        limit, which, rest, ..
                    } = self;
                    let why = format!("a message {which} is {rest} bytes, at most {limit} are allowed");
                    return Err((start, Status::resource_exhausted(why)));
                }
            }
        }
        Ok(())
    }
}

/// A request body that ends the call at a message over the limit.
struct Incoming {
    body: Body,
    lengths: Lengths,
    ending: Option<Ending>,
}

impl HttpBody for Incoming {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        if let (Some(Err(_)), Some(ending)) = (&frame, &this.ending) {
            ending.abandoned();
        }
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
            && let Err((_, status)) = this.lengths.follow(data)
        {
            // The handler may swallow the error; the caller is told all the same.
            if let Some(ending) = &this.ending {
                ending.end(status.clone());
            }
            return Poll::Ready(Some(Err(status)));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

/// A response body that ends with a status in place of a message over the limit.
struct Outgoing {
    body: Option<Body>,
    lengths: Lengths,
    /// What is left to say once the handler has been stopped.
    last: VecDeque<Frame<Bytes>>,
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else {
            return Poll::Ready(this.last.pop_front().map(Ok));
        };
        let frame = ready!(Pin::new(body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
            && let Err((before, status)) = this.lengths.follow(data)
        {
            // Messages in the same piece, before the one that is too large, still reach the caller.
            if before > 0 {
                this.last.push_back(Frame::data(data.slice(..before)));
            }
            this.last.push_back(Frame::trailers(trailers(&status)));
            this.body = None;
            return Poll::Ready(this.last.pop_front().map(Ok));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Some(body) => body.is_end_stream(),
            None => self.last.is_empty(),
        }
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: usize) -> Vec<u8> {
        let mut bytes = vec![0];
        bytes.extend((length as u32).to_be_bytes());
        bytes.extend(std::iter::repeat_n(7, length));
        bytes
    }

    fn first_too_large(pieces: &[&[u8]]) -> Option<(usize, usize)> {
        let mut lengths = Lengths::new(10, "received");
        pieces
            .iter()
            .enumerate()
            .find_map(|(n, piece)| lengths.follow(piece).err().map(|(before, _)| (n, before)))
    }

    #[test]
    fn a_message_of_just_the_limit_passes_and_one_byte_more_does_not() {
        assert_eq!(first_too_large(&[&message(0), &message(9), &message(10)]), None);
        assert_eq!(first_too_large(&[&message(10), &message(11)]), Some((1, 0)));
    }

    #[test]
    fn what_came_before_in_the_same_piece_is_counted() {
        let piece = [message(3), message(11)].concat();
        assert_eq!(first_too_large(&[&piece]), Some((0, 8)));
    }

    #[test]
    fn a_prefix_may_come_byte_by_byte() {
        let bytes = [message(2), message(11)].concat();
        let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
        // 5 + 2 bytes of the first message, and the last byte of the second prefix.
        assert_eq!(first_too_large(&pieces), Some((11, 0)));
    }
}
