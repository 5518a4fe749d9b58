//! The page's own watch over the deadline of a call.
//!
//! The peer keeps the deadline, and its word is the better one to show: it comes with trailers. Only when it says
//! nothing until well after, as a peer that hangs does, the page ends the call by itself.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use http::HeaderMap;
use http_body::Frame;
use send_wrapper::SendWrapper;
use tonic::{Status, body::Body};
use wasm_bindgen::{JsCast, closure::Closure};

use super::failure::Failure;

/// How much longer than its deadline a call is waited for: more than an answer travels, less than patience lasts.
const GRACE: Duration = Duration::from_secs(1);

/// How long the caller wants to wait: `grpc-timeout`, at most eight digits and a unit.
pub(super) fn of(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number.saturating_mul(3600))),
        "M" => Some(Duration::from_secs(number.saturating_mul(60))),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

/// The call, and its answer to the last message, but no longer than `timeout` and a little.
pub(super) async fn keep(
    call: impl Future<Output = Result<http::Response<Body>, Status>>,
    timeout: Duration,
) -> Result<http::Response<Body>, Status> {
    let Some(mut timer) = Timer::start(timeout.saturating_add(GRACE)) else {
        return call.await;
    };
    let mut call = std::pin::pin!(call);
    let response = poll_fn(|context| match call.as_mut().poll(context) {
        Poll::Pending => timer.poll(context).map(|()| Err(Failure::Deadline.into())),
        ready => ready,
    })
    .await?;
    Ok(response.map(|body| {
        Body::new(TimedBody {
            body: Some(body),
            timer: SendWrapper::new(timer),
        })
    }))
}

/// A body that ends with its call's deadline.
struct TimedBody {
    /// None after the deadline: what was still to come was dropped, which cancels the call.
    body: Option<Body>,
    // What belongs to JavaScript stays in its thread; a page has only one.
    timer: SendWrapper<Timer>,
}

impl http_body::Body for TimedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(context) {
            return Poll::Ready(frame);
        }
        ready!(self.timer.poll(context));
        self.body = None;
        Poll::Ready(Some(Err(Failure::Deadline.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }
}

/// One `setTimeout`, cleared when dropped.
struct Timer {
    id: i32,
    fired: Rc<Fired>,
    _callback: Closure<dyn FnMut()>,
}

#[derive(Default)]
struct Fired {
    fired: std::cell::Cell<bool>,
    waker: AtomicWaker,
}

impl Timer {
    /// The longest a browser waits; a longer timeout would fire at once.
    const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

    /// None if the timeout is longer than a browser can wait, which is 24 days.
    fn start(timeout: Duration) -> Option<Self> {
        if timeout > Self::LONGEST {
            return None;
        }
        let fired = Rc::<Fired>::default();
        let callback = Closure::<dyn FnMut()>::new({
            let fired = fired.clone();
            move || {
                fired.fired.set(true);
                fired.waker.wake();
            }
        });
        let id = web_sys::window()?
            .set_timeout_with_callback_and_timeout_and_arguments_0(
                callback.as_ref().unchecked_ref(),
                i32::try_from(timeout.as_millis()).ok()?,
            )
            .ok()?;
        Some(Self {
            id,
            fired,
            _callback: callback,
        })
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.fired.waker.register(context.waker());
        if self.fired.fired.get() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            window.clear_timeout_with_handle(self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn every_unit_of_a_timeout_is_known_and_nonsense_is_none() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", HeaderValue::from_str(text).unwrap());
            of(&headers)
        };
        assert_eq!(of("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(of("2M"), Some(Duration::from_secs(120)));
        assert_eq!(of("2S"), Some(Duration::from_secs(2)));
        assert_eq!(of("1500m"), Some(Duration::from_millis(1500)));
        assert_eq!(of("1500000u"), Some(Duration::from_millis(1500)));
        assert_eq!(of("99999999n"), Some(Duration::from_nanos(99_999_999)));
        for nonsense in ["", "S", "5", "5s", "-5S", "5ñ"] {
            assert_eq!(of(nonsense), None, "{nonsense:?}");
        }
    }
}
