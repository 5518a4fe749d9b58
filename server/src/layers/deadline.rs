//! `grpc-timeout`, as gRPC writes it: at most eight digits and a unit.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio::{task::JoinHandle, time::Instant};
use tonic::Status;

use super::Ending;

/// The name of the header.
const GRPC_TIMEOUT: &str = "grpc-timeout";

/// How long the caller is willing to wait, if it says so.
///
/// The form is `TimeoutValue TimeoutUnit` of
/// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests>.
///
/// # Errors
/// INVALID_ARGUMENT where the header is there but not of that form.
pub(super) fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, Status> {
    let Some(value) = headers.get(GRPC_TIMEOUT) else {
        return Ok(None);
    };
    let malformed = || {
        Status::invalid_argument(
            "grpc-timeout must be one to eight digits and one of the units H, M, S, m, u, n, as in `10S`",
        )
    };
    let text = value.to_str().map_err(|_| malformed())?;
    let Some((digits, unit)) = text.split_at_checked(text.len().saturating_sub(1)) else {
        return Err(malformed());
    };
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed());
    }
    let amount: u64 = digits.parse().map_err(|_| malformed())?;
    let timeout = match unit {
        "H" => Duration::from_secs(amount * 60 * 60),
        "M" => Duration::from_secs(amount * 60),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return Err(malformed()),
    };
    Ok(Some(timeout))
}

/// When a call must be done. Found in the extensions of a request that has a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(Instant);

impl Deadline {
    /// `timeout` from now.
    pub(super) fn after(timeout: Duration) -> Self {
        // A deadline beyond what the clock can tell is decades away: as good as any other then.
        let now = Instant::now();
        Self(now.checked_add(timeout).unwrap_or_else(|| now + A_YEAR))
    }

    /// What is left of it, as a value of `grpc-timeout`. Rounded up, so that the nearer clock decides.
    pub fn remaining(self) -> HeaderValue {
        let left = self.0.saturating_duration_since(Instant::now());
        let (amount, unit) = [
            (left.as_micros(), "u"),
            (left.as_millis() + 1, "m"),
            (u128::from(left.as_secs()) + 1, "S"),
        ]
        .into_iter()
        .find(|(amount, _)| *amount < MAX_AMOUNT)
        .unwrap_or((MAX_AMOUNT - 1, "S"));
        HeaderValue::try_from(format!("{amount}{unit}")).unwrap_or(HeaderValue::from_static("99999999S"))
    }
}

/// One more than eight digits can say.
const MAX_AMOUNT: u128 = 100_000_000;

const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Ends a call when its deadline passes, unless dropped before.
#[derive(Debug)]
pub(super) struct Timer(JoinHandle<()>);

impl Timer {
    /// Must be called inside a tokio runtime.
    pub(super) fn start(timeout: Duration, ending: Ending) -> Self {
        // A task of its own, because a road whose buffer is full polls nothing; it belongs to the call.
        Self(tokio::spawn(async move {
            tokio::time::sleep(timeout).await;
            ending.end(exceeded(timeout));
        }))
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What the caller is told.
pub(super) fn exceeded(timeout: Duration) -> Status {
    Status::deadline_exceeded(format!(
        "the call was not done within its deadline of {timeout:?}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> Result<Option<Duration>, tonic::Code> {
        let mut headers = HeaderMap::new();
        headers.insert(GRPC_TIMEOUT, value.parse().unwrap());
        timeout(&headers).map_err(|status| status.code())
    }

    #[test]
    fn every_unit_is_understood() {
        assert_eq!(parse("2H"), Ok(Some(Duration::from_secs(7200))));
        assert_eq!(parse("3M"), Ok(Some(Duration::from_secs(180))));
        assert_eq!(parse("10S"), Ok(Some(Duration::from_secs(10))));
        assert_eq!(parse("250m"), Ok(Some(Duration::from_millis(250))));
        assert_eq!(parse("5u"), Ok(Some(Duration::from_micros(5))));
        assert_eq!(parse("0n"), Ok(Some(Duration::ZERO)));
        assert_eq!(
            parse("99999999H"),
            Ok(Some(Duration::from_secs(99_999_999 * 3600)))
        );
    }

    #[test]
    fn what_is_left_is_written_so_that_it_can_be_read() {
        for timeout in [
            Duration::ZERO,
            Duration::from_millis(250),
            Duration::from_secs(99),
            Duration::from_secs(101),
            Duration::from_secs(200_000),
            Duration::from_secs(99_999_999 * 3600),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(GRPC_TIMEOUT, Deadline::after(timeout).remaining());
            let left = super::timeout(&headers).unwrap().unwrap();
            let most = timeout.min(Duration::from_secs(99_999_999)) + Duration::from_secs(1);
            assert!(left <= most, "{left:?} of {timeout:?}");
            assert!(
                left + Duration::from_secs(2) >= most.min(timeout),
                "{left:?} of {timeout:?}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in ["", "S", "10", "10s", "-1S", "123456789S", "1 S", "1.5S", "é"] {
            assert_eq!(parse(bad), Err(tonic::Code::InvalidArgument), "{bad:?}");
        }
    }
}
