//! `grpc-timeout`, as gRPC writes it: at most eight digits and a unit.

use std::time::Duration;

use http::HeaderMap;
use tokio::task::JoinHandle;
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
    fn anything_else_is_refused() {
        for bad in ["", "S", "10", "10s", "-1S", "123456789S", "1 S", "1.5S", "é"] {
            assert_eq!(parse(bad), Err(tonic::Code::InvalidArgument), "{bad:?}");
        }
    }
}
