//! A call that can be ended from outside, even while nobody polls it.
//!
//! A road whose buffer is full stops polling the response, so a timer inside the response would never fire. The
//! handler's answer therefore lives in a slot that the deadline, the limits and the shutdown can empty: that drops the
//! handler at once, and the caller finds the status as soon as it reads on.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
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
    answer: Mutex<Option<Answer>>,
    /// Whether the request broke off: nobody waits for the answer any more.
    is_abandoned: AtomicBool,
    /// Who polls the call.
    waker: AtomicWaker,
}

/// A handler's answer, and its call's place among the calls under way.
struct Answer {
    body: Body,
    registered: Registered,
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
            // In use at this moment, perhaps by the handler that called us: see `with_answer`.
            Err(TryLockError::WouldBlock) => None,
        };
        self.count_out(answer, How::Completed);
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
    pub(super) fn answer(&self, body: Body, registered: Registered) {
        *self.lock() = Some(Answer { body, registered });
        // The verdict may have come in between.
        self.with_answer(|_| ());
    }

    /// Tells that the request broke off: the call counts as cancelled, whatever its handler makes of it.
    pub(super) fn abandoned(&self) {
        self.0.is_abandoned.store(true, Ordering::Relaxed);
    }

    /// How a call ended whose handler came to an end by itself.
    pub(super) fn how_by_itself(&self) -> How {
        if self.0.is_abandoned.load(Ordering::Relaxed) {
            How::Cancelled
        } else {
            How::Completed
        }
    }

    /// Empties the slot and counts the call out, unless that was done before.
    fn finish(&self, how: How) {
        let answer = self.lock().take();
        self.count_out(answer, how);
    }

    /// Drops the handler outside the lock, and then counts its call out: as ended from outside if it was, else as `how`.
    fn count_out(&self, answer: Option<Answer>, how: How) {
        if let Some(Answer { body, registered }) = answer {
            drop(body);
            registered.done(self.verdict().map_or(how, how_ended));
        }
    }

    /// Does something with the answer, and takes care of a verdict that came meanwhile.
    fn with_answer<T>(&self, act: impl FnOnce(Option<&mut Body>) -> T) -> T {
        let done = act(self.lock().as_mut().map(|answer| &mut answer.body));
        if self.verdict().is_some() {
            self.finish(How::Completed);
        }
        done
    }

    fn lock(&self) -> MutexGuard<'_, Option<Answer>> {
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
pub(super) fn how_ended(status: &Status) -> How {
    match status.code() {
        Code::DeadlineExceeded => How::DeadlineExceeded,
        _ => How::Refused,
    }
}

/// The response body of a call that can be ended.
pub(super) struct EndableBody {
    ending: Ending,
    /// Whether the caller has been told everything.
    is_over: bool,
    _deadline: Option<Timer>,
}

impl EndableBody {
    /// The body of a call whose answer is in the slot of `ending`.
    pub(super) fn new(ending: Ending, deadline: Option<Timer>) -> Self {
        Self {
            ending,
            is_over: false,
            _deadline: deadline,
        }
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
        if this.is_over {
            return Poll::Ready(None);
        }
        this.ending.wake(cx);
        let polled = this.ending.with_answer(|body| match body {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        });
        if let Some(status) = this.ending.verdict() {
            this.is_over = true;
            return Poll::Ready(Some(Ok(Frame::trailers(trailers(status)))));
        }
        let frame = ready!(polled);
        match &frame {
            Some(Ok(frame)) if !frame.is_trailers() => {}
            Some(Ok(_) | Err(_)) | None => {
                this.is_over = true;
                this.ending.finish(this.ending.how_by_itself());
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        let is_whole = |body: Option<&mut Body>| body.is_none_or(|body| body.is_end_stream());
        self.is_over || (self.ending.with_answer(is_whole) && self.ending.verdict().is_none())
    }

    fn size_hint(&self) -> SizeHint {
        let hint = |body: Option<&mut Body>| body.map_or_else(SizeHint::default, |body| body.size_hint());
        let hint = self.ending.with_answer(hint);
        match self.ending.verdict() {
            Some(_) => SizeHint::default(),
            None => hint,
        }
    }
}

impl Drop for EndableBody {
    fn drop(&mut self) {
        // An answer of headers only is never polled: it is whole all the same.
        let how = if self.is_end_stream() {
            self.ending.how_by_itself()
        } else {
            How::Cancelled
        };
        self.ending.finish(how);
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
