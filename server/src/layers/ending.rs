//! A call that can be ended from outside, even while nobody polls it.
//!
//! A road whose buffer is full stops polling the response, so a timer inside the response would never fire. The
//! handler's answer therefore lives in a slot that the deadline, the limits and the shutdown can empty: that drops the
//! handler at once, and the caller finds the status as soon as it reads on.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use http::{Extensions, HeaderMap, HeaderValue, Response};
use http_body::{Body as _, Frame, SizeHint};
use tonic::{Code, Status, body::Body};

use super::{
    calls::{How, Registered},
    deadline::Timer,
};

/// Ends one call with a status. A cheap clone of one handle; also found in the extensions of the request.
#[derive(Clone, Default)]
pub struct Ending(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Why the call was ended from outside. Set once.
    verdict: OnceLock<Status>,
    /// The handler's answer, while it is not whole.
    answer: Mutex<Option<Body>>,
    /// Who polls the call.
    waker: AtomicWaker,
}

impl Ending {
    /// Drops the handler and answers `status` in its place. Without effect on a call that is over.
    ///
    /// May be called from anywhere, the handler itself included.
    pub fn end(&self, status: Status) {
        if self.0.verdict.set(status).is_err() {
            return;
        }
        let answer = match self.0.answer.try_lock() {
            Ok(mut answer) => answer.take(),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().take(),
            // Being polled at this moment: whoever polls looks at the verdict once it has let go of the lock.
            Err(TryLockError::WouldBlock) => None,
        };
        // Outside the lock: this is the handler.
        drop(answer);
        self.0.waker.wake();
    }

    /// The status the call was ended with, if it was.
    pub(super) fn verdict(&self) -> Option<&Status> {
        self.0.verdict.get()
    }

    /// Has whoever polls with `cx` woken when the call is ended from outside.
    pub(super) fn wake(&self, cx: &Context<'_>) {
        self.0.waker.register(cx.waker());
    }

    /// Puts the handler's answer into the slot.
    pub(super) fn answer(&self, body: Body) {
        *self.lock() = Some(body);
    }

    /// Empties the slot.
    fn clear(&self) {
        let answer = self.lock().take();
        drop(answer);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Body>> {
        self.0.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ending")
            .field("verdict", &self.verdict())
            .finish_non_exhaustive()
    }
}

/// Answers a request with a status in place of the service, and has it counted as refused.
pub(crate) fn refuse(extensions: &Extensions, status: Status) -> Response<Body> {
    if let Some(ending) = extensions.get::<Ending>() {
        ending.end(status.clone());
    }
    status.into_http()
}

/// Under which figure a call counts that was ended from outside with this status.
pub(super) fn how(status: &Status) -> How {
    match status.code() {
        Code::DeadlineExceeded => How::DeadlineExceeded,
        _ => How::Refused,
    }
}

/// The response body of a call that can be ended.
pub(super) struct EndableBody {
    ending: Ending,
    /// Taken when the call is counted out.
    registered: Option<Registered>,
    _deadline: Option<Timer>,
}

impl EndableBody {
    pub(super) fn new(ending: Ending, registered: Registered, deadline: Option<Timer>) -> Self {
        Self {
            ending,
            registered: Some(registered),
            _deadline: deadline,
        }
    }

    fn done(&mut self, how: How) {
        if let Some(registered) = self.registered.take() {
            self.ending.clear();
            registered.done(how);
        }
    }

    /// Tells the caller of the verdict, once.
    fn ended(&mut self, status: &Status) -> Option<Result<Frame<Bytes>, Status>> {
        self.registered.is_some().then(|| {
            self.done(how(status));
            Ok(Frame::trailers(trailers(status)))
        })
    }
}

impl http_body::Body for EndableBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let ending = this.ending.clone();
        if this.registered.is_none() {
            return Poll::Ready(None);
        }
        ending.wake(cx);
        let polled = match &mut *ending.lock() {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        };
        if let Some(status) = ending.verdict() {
            return Poll::Ready(this.ended(status));
        }
        let frame = ready!(polled);
        match &frame {
            Some(Ok(frame)) if !frame.is_trailers() => {}
            Some(Ok(_) | Err(_)) | None => this.done(How::Completed),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match (&self.registered, self.ending.verdict()) {
            (None, _) => true,
            (Some(_), Some(_)) => false,
            (Some(_), None) => self
                .ending
                .lock()
                .as_ref()
                .is_none_or(http_body::Body::is_end_stream),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self.ending.verdict() {
            Some(_) => SizeHint::default(),
            None => self
                .ending
                .lock()
                .as_ref()
                .map_or_else(SizeHint::default, http_body::Body::size_hint),
        }
    }
}

impl Drop for EndableBody {
    fn drop(&mut self) {
        // An answer of headers only is never polled: it is whole all the same.
        let how = match self.ending.verdict() {
            Some(status) => how(status),
            None if self.is_end_stream() => How::Completed,
            None => How::Cancelled,
        };
        self.done(how);
    }
}

/// A status as the trailers of a response.
pub(super) fn trailers(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    if let Err(invalid) = status.add_header(&mut trailers) {
        // Its message held what no header can hold. The code alone is still true.
        tracing::warn!(%invalid, "a status could not be written whole");
        trailers.insert("grpc-status", HeaderValue::from(status.code() as i32));
    }
    trailers
}
