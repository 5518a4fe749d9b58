//! The page's own watch over the deadline of a call.
//!
//! The peer keeps the deadline as well, but it does not know how long the way is, nor how long the page waited for a
//! connection. What comes after the deadline by the page's clock comes too late, whatever it is.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use send_wrapper::SendWrapper;
use tonic::{Status, body::Body};

use super::{failure::Failure, timer::Timer};

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

/// The call, and its answer to the last message, but no longer than `timeout`. Then it is dropped, which cancels it.
pub(super) async fn keep(
    call: impl Future<Output = Result<http::Response<Body>, Status>>,
    timeout: Duration,
) -> Result<http::Response<Body>, Status> {
    let Some(mut timer) = Timer::start(timeout) else {
        return call.await;
    };
    let mut call = std::pin::pin!(call);
    let response = poll_fn(|context| match timer.poll(context) {
        Poll::Pending => call.as_mut().poll(context),
        Poll::Ready(()) => Poll::Ready(Err(Failure::Deadline.into())),
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
        let this = &mut *self;
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        if this.timer.poll(context).is_pending() {
            return Pin::new(body).poll_frame(context);
        }
        this.body = None;
        Poll::Ready(Some(Err(Failure::Deadline.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
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
