//! An answer given before the request was read: read the rest first, within limits.
//!
//! Some HTTP/1.1 clients that are still sending when the answer and the end of the connection arrive see a broken pipe
//! and never the answer. And an HTTP/1.1 connection whose request was not read to its end has to close behind the
//! answer, although its client may have sent the next request already. Native gRPC over HTTP/2 needs none of this, and
//! its streams may stay open for ever.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::Either;
use http::{HeaderMap, HeaderValue, Request, Response, Version, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};
use tonic::{Status, body::Body};
use tower_service::Service;

/// How long reading the rest may take in all. On loopback a MiB takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long the next piece of a request may take that is sent in one go, by HTTP/1.1. HTTP/2 has pings instead.
const PIECE_TIME: Duration = Duration::from_secs(30);

/// The status of a call whose caller does not wait any longer: such an answer does not wait either.
const DEADLINE_EXCEEDED: HeaderValue = HeaderValue::from_static("4");

/// What a request may be waited for in all that is sent in one go: [`PIECE_TIME`], and a second for each so many bytes.
const MIN_BYTES_A_SECOND: u64 = 1024;

/// A body that broke off. Not CANCELLED, which tonic takes for a clean end: half an upload would look complete.
fn cut_off(error: &hyper::Error) -> Status {
    Status::aborted(format!("the request broke off before its end: {error}"))
}

/// A service whose early answers wait for the rest of the request.
#[derive(Debug, Clone)]
pub(super) struct Drain<S> {
    inner: S,
    max_bytes: usize,
}

impl<S> Drain<S> {
    /// Reads at most `max_bytes` of what `inner` left unread.
    pub(super) fn new(inner: S, max_bytes: usize) -> Self {
        Self { inner, max_bytes }
    }
}

impl<S> Service<Request<Incoming>> for Drain<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let request_version = request.version();
        let one_way = request_version < Version::HTTP_2 || is_grpc_web(request.headers());
        if !one_way || request.body().is_end_stream() {
            return Either::Left(
                self.inner
                    .call(request.map(|body| Body::new(body.map_err(|error| cut_off(&error))))),
            );
        }
        let unread = Unread::default();
        let lent = unread.clone();
        let future = self
            .inner
            .call(request.map(|body| Body::new(Lent::new(body, lent, request_version))));
        let max_bytes = self.max_bytes;
        let keeps_connection = request_version < Version::HTTP_2;
        Either::Right(Box::pin(async move {
            let response = future.await?;
            let is_late = response.headers().get("grpc-status") == Some(&DEADLINE_EXCEEDED);
            if let Some(body) = unread.take() {
                if !is_late {
                    read(body, max_bytes).await;
                }
            } else if keeps_connection && !response.body().is_end_stream() {
                return Ok(response.map(|body| {
                    Body::new(Answer {
                        body: Some(body),
                        unread,
                        max_bytes,
                        rest: None,
                    })
                }));
            }
            Ok(response)
        }))
    }
}

/// Whether these are the headers of a gRPC-Web request.
pub(super) fn is_grpc_web(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/grpc-web"))
}

/// Reads and drops at most `max_bytes`.
async fn read(mut body: Incoming, max_bytes: usize) {
    let all = async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read >= max_bytes {
                return;
            }
        }
    };
    // Whether it ended, was too long or took too long: the answer goes out now.
    let _ = tokio::time::timeout(PATIENCE, all).await;
}

/// A response body that ends once the rest of the request has been read.
struct Answer {
    /// Gone at its end, so that it gives the request back.
    body: Option<Body>,
    unread: Unread,
    max_bytes: usize,
    /// Reading the rest.
    rest: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if let Some(body) = &mut this.body {
            if let Some(frame) = ready!(Pin::new(body).poll_frame(cx)) {
                return Poll::Ready(Some(frame));
            }
            this.body = None;
            let max_bytes = this.max_bytes;
            this.rest = this
                .unread
                .take()
                .map(|body| Box::pin(read(body, max_bytes)) as Pin<Box<dyn Future<Output = ()> + Send>>);
        }
        if let Some(rest) = &mut this.rest {
            ready!(rest.as_mut().poll(cx));
            this.rest = None;
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none() && self.rest.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

/// Where a body comes back to when whoever read it stops before its end.
#[derive(Debug, Clone, Default)]
struct Unread(Arc<Mutex<Option<Incoming>>>);

impl Unread {
    fn take(&self) -> Option<Incoming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A request body that goes back to [`Unread`] when dropped before its end, and fails when it stops coming.
struct Lent {
    body: Option<Incoming>,
    unread: Unread,
    /// How fast it has to come; `None` where the connection itself shows that its caller lives.
    pace: Option<Pace>,
    /// When the next piece is due.
    due: Pin<Box<Sleep>>,
}

impl Lent {
    fn new(body: Incoming, unread: Unread, version: Version) -> Self {
        Self {
            body: Some(body),
            unread,
            pace: (version < Version::HTTP_2).then(Pace::default),
            due: Box::pin(sleep(PIECE_TIME)),
        }
    }
}

/// How fast a request comes. Only the time counts in which it was waited for: a handler may be slow.
#[derive(Debug, Default)]
struct Pace {
    bytes: u64,
    waited: Duration,
    waiting_since: Option<Instant>,
}

impl Pace {
    /// A piece came.
    fn came(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        if let Some(since) = self.waiting_since.take() {
            self.waited += since.elapsed();
        }
    }

    /// Nothing is there. Gives when the next piece is due, where the waiting begins now: soon, and so that the whole is
    /// not dripped in for ever.
    fn waits(&mut self) -> Option<Instant> {
        if self.waiting_since.is_some() {
            return None;
        }
        let now = Instant::now();
        self.waiting_since = Some(now);
        let in_all = PIECE_TIME + Duration::from_secs(self.bytes / MIN_BYTES_A_SECOND);
        Some(now + PIECE_TIME.min(in_all.saturating_sub(self.waited)))
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        match Pin::new(body).poll_frame(cx) {
            Poll::Ready(frame) => {
                if let (Some(pace), Some(Ok(frame))) = (&mut this.pace, &frame) {
                    pace.came(frame.data_ref().map_or(0, Bytes::len));
                }
                Poll::Ready(frame.map(|frame| frame.map_err(|error| cut_off(&error))))
            }
            Poll::Pending => {
                let Some(pace) = &mut this.pace else {
                    return Poll::Pending;
                };
                if let Some(due) = pace.waits() {
                    this.due.as_mut().reset(due);
                }
                ready!(this.due.as_mut().poll(cx));
                this.body = None;
                let why = format!(
                    "the request came too slowly: by HTTP/1.1 it is sent in one go, with {MIN_BYTES_A_SECOND} bytes a \
                     second at least and no pause of {PIECE_TIME:?}"
                );
                Poll::Ready(Some(Err(Status::aborted(why))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            *self.unread.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_next_piece_of_a_request_has_thirty_seconds() {
        let mut pace = Pace::default();
        assert_eq!(pace.waits(), Some(Instant::now() + PIECE_TIME));
        advance(Duration::from_secs(1)).await;
        assert_eq!(pace.waits(), None, "still the same waiting");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_dripped_in_comes_to_an_end() {
        let mut pace = Pace::default();
        for _ in 0..6 {
            pace.waits();
            advance(Duration::from_secs(5)).await;
            pace.came(1);
        }
        assert_eq!(
            pace.waits(),
            Some(Instant::now()),
            "a byte in five seconds was too slow"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_handler_does_not_count_and_a_kibibyte_a_second_is_enough() {
        let mut pace = Pace::default();
        for _ in 0..100 {
            // The handler takes its time before it reads on.
            advance(Duration::from_secs(60)).await;
            pace.waits();
            advance(Duration::from_secs(10)).await;
            pace.came(10 * 1024);
        }
        assert_eq!(pace.waits(), Some(Instant::now() + PIECE_TIME));
    }
}
