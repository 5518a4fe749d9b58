//! The body of a request that came over a socket: what the socket reads, the handler takes.

use std::{
    fmt, mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::BoxError;

pin_project! {
    /// The body of a request as the service behind the bridge gets it: the body of an ordinary request, or what
    /// arrives on a socket.
    #[derive(Debug)]
    pub struct BridgeBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = KindProjection]
    enum Kind<B> {
        Http { #[pin] body: B },
        Socket { incoming: Incoming },
    }
}

impl<B> BridgeBody<B> {
    pub(super) fn http(body: B) -> Self {
        Self {
            kind: Kind::Http { body },
        }
    }

    pub(super) fn socket(incoming: Incoming) -> Self {
        Self {
            kind: Kind::Socket { incoming },
        }
    }
}

impl<B> Body for BridgeBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    /// The error of an ordinary body as it is, or an [`UnfinishedRequest`].
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.project().kind.project() {
            KindProjection::Http { body } => body.poll_frame(cx).map_err(Into::into),
            KindProjection::Socket { incoming } => incoming
                .poll_bytes(cx)
                .map(|bytes| bytes.map(|result| result.map(Frame::data).map_err(Into::into))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Http { body } => body.is_end_stream(),
            Kind::Socket { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Http { body } => body.size_hint(),
            Kind::Socket { .. } => SizeHint::default(),
        }
    }
}

/// The client went before it had finished sending: what arrived is not all there was to be.
///
/// It is not a cancellation on purpose. tonic turns a request body that fails with CANCELLED into one that ends
/// well, and an upload cut off half-way would look complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedRequest {
    reason: String,
}

impl fmt::Display for UnfinishedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "aborted before the client finished sending: {}", self.reason)
    }
}

impl std::error::Error for UnfinishedRequest {}

/// Makes the two ends of a request body.
pub(super) fn request_body() -> (Feed, Incoming) {
    let queue = Arc::new(Mutex::new(Queue {
        bytes: BytesMut::new(),
        state: State::Open,
        is_wanted: true,
        body_waker: None,
        socket_waker: None,
    }));
    (Feed { queue: queue.clone() }, Incoming { queue })
}

/// What has been read ahead of the handler, and how it goes on.
#[derive(Debug)]
pub(super) struct Queue {
    bytes: BytesMut,
    state: State,
    /// False once the handler has dropped the body.
    is_wanted: bool,
    body_waker: Option<Waker>,
    /// Set while the socket waits for room.
    socket_waker: Option<Waker>,
}

#[derive(Debug)]
enum State {
    Open,
    Finished,
    Broken(UnfinishedRequest),
    /// The error has been handed out.
    Over,
}

impl Queue {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.is_wanted {
            self.bytes.extend_from_slice(bytes);
        }
    }

    pub(super) fn finish(&mut self) {
        if matches!(self.state, State::Open) {
            self.state = State::Finished;
        }
    }
}

/// The socket's end of a request body.
#[derive(Debug)]
pub(super) struct Feed {
    queue: Arc<Mutex<Queue>>,
}

impl Feed {
    /// Lets `fill` change the queue, then wakes the handler.
    ///
    /// The handler is not woken when it runs in the task `own` belongs to: the caller goes on to poll it.
    pub(super) fn fill<T>(&self, own: &Waker, fill: impl FnOnce(&mut Queue) -> T) -> T {
        let mut queue = lock(&self.queue);
        let result = fill(&mut queue);
        let has_news = !queue.bytes.is_empty() || !matches!(queue.state, State::Open);
        let waker = match &queue.body_waker {
            Some(waker) if has_news && !waker.will_wake(own) => queue.body_waker.take(),
            _ => None,
        };
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
        result
    }

    /// Ready when less than `limit` bytes wait for the handler.
    pub(super) fn poll_room(&self, cx: &Context<'_>, limit: usize) -> Poll<()> {
        let mut queue = lock(&self.queue);
        if queue.bytes.len() < limit {
            return Poll::Ready(());
        }
        queue.socket_waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Ends the body with an error, unless the client had finished. What waits in it is given up.
    pub(super) fn break_off(&self, reason: String) {
        let mut queue = lock(&self.queue);
        if !matches!(queue.state, State::Open) {
            return;
        }
        queue.state = State::Broken(UnfinishedRequest { reason });
        queue.bytes = BytesMut::new();
        let waker = queue.body_waker.take();
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.break_off("the call is over".to_owned());
    }
}

/// The handler's end of a request body.
#[derive(Debug)]
pub(super) struct Incoming {
    queue: Arc<Mutex<Queue>>,
}

impl Incoming {
    fn poll_bytes(&self, cx: &Context<'_>) -> Poll<Option<Result<Bytes, UnfinishedRequest>>> {
        let mut queue = lock(&self.queue);
        if !queue.bytes.is_empty() {
            let bytes = mem::take(&mut queue.bytes).freeze();
            let waker = queue.socket_waker.take();
            drop(queue);
            if let Some(waker) = waker {
                waker.wake();
            }
            return Poll::Ready(Some(Ok(bytes)));
        }
        match mem::replace(&mut queue.state, State::Over) {
            State::Open => {
                queue.state = State::Open;
                match &mut queue.body_waker {
                    Some(waker) => waker.clone_from(cx.waker()),
                    None => queue.body_waker = Some(cx.waker().clone()),
                }
                Poll::Pending
            }
            State::Finished => {
                queue.state = State::Finished;
                Poll::Ready(None)
            }
            State::Broken(error) => Poll::Ready(Some(Err(error))),
            State::Over => Poll::Ready(None),
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let mut queue = lock(&self.queue);
        queue.is_wanted = false;
        queue.bytes = BytesMut::new();
        let waker = queue.socket_waker.take();
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    // Nothing panics while it is held, and half a change would still be a valid queue.
    queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
