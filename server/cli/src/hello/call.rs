//! What every kind of call takes: a greeting, a deadline, metadata.

use std::time::Duration;

use clap::Args;
use tonic::Request;

use super::metadata::Entry;
use crate::failure::Failure;

pub(super) const DEFAULT_GREETING: &str = "Hello";
pub(super) const DEFAULT_NAME: &str = "parcero";

#[derive(Debug, Clone, Args)]
pub(super) struct CallOptions {
    /// The word to greet with
    #[arg(long, value_name = "WORD", default_value = DEFAULT_GREETING)]
    pub greeting: String,

    /// Give the call up after so many seconds, such as 1.5
    #[arg(long, value_name = "SECONDS", value_parser = parse_deadline)]
    pub deadline: Option<Duration>,

    /// Send metadata along; may be given more than once. The value of a key that ends in -bin is base64
    #[arg(long, value_name = "KEY=VALUE")]
    pub metadata: Vec<Entry>,
}

impl Default for CallOptions {
    fn default() -> Self {
        CallOptions {
            greeting: DEFAULT_GREETING.to_owned(),
            deadline: None,
            metadata: Vec::new(),
        }
    }
}

impl CallOptions {
    /// A request with these options.
    pub(super) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(deadline) = self.deadline {
            request.set_timeout(deadline);
        }
        for entry in &self.metadata {
            entry.add_to(request.metadata_mut());
        }
        request
    }

    /// Waits for a call, at most until its deadline.
    pub(super) async fn within<T>(
        &self,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        match self.deadline {
            None => call.await,
            // The peer ends the call as well, by its own clock.
            Some(deadline) => tokio::time::timeout(deadline, call)
                .await
                .unwrap_or_else(|_| Err(Failure::deadline())),
        }
    }
}

/// A pause, as `--interval` gives it.
pub(super) fn parse_milliseconds(text: &str) -> Result<Duration, String> {
    // A day is the end of what can be meant.
    const MAX: u64 = 24 * 60 * 60 * 1000;
    match text.parse() {
        Ok(milliseconds) if milliseconds <= MAX => Ok(Duration::from_millis(milliseconds)),
        _ => Err(format!("a number of milliseconds from 0 to {MAX} is needed")),
    }
}

fn parse_deadline(text: &str) -> Result<Duration, String> {
    // grpc-timeout has eight digits, and a nanosecond is its smallest unit.
    const MAX: f64 = 99_999_999.0;
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= MAX => {
            let deadline = Duration::from_secs_f64(seconds);
            Some(deadline)
                .filter(|deadline| !deadline.is_zero())
                .ok_or_else(|| "that is no time at all".to_owned())
        }
        _ => Err(format!("a number of seconds above 0 and up to {MAX} is needed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_a_positive_number_of_seconds() {
        assert_eq!(parse_deadline("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse_deadline("1e-9"), Ok(Duration::from_nanos(1)));
        assert!(parse_deadline("99999999").is_ok());
        for wrong in ["0", "-1", "", "1s", "NaN", "inf", "1e300", "1e-10", "100000000"] {
            assert!(parse_deadline(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_interval_is_a_number_of_milliseconds() {
        assert_eq!(parse_milliseconds("0"), Ok(Duration::ZERO));
        assert_eq!(parse_milliseconds("250"), Ok(Duration::from_millis(250)));
        for wrong in ["-1", "1.5", "", "18446744073709551615"] {
            assert!(parse_milliseconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn options_travel_with_the_request() {
        let options = CallOptions {
            deadline: Some(Duration::from_secs(2)),
            metadata: vec!["colour=blue".parse().unwrap(), "colour=red".parse().unwrap()],
            ..CallOptions::default()
        };
        let request = options.request(());
        let colours: Vec<_> = request.metadata().get_all("colour").iter().collect();
        assert_eq!(colours, ["blue", "red"]);
        assert_eq!(request.metadata().get("grpc-timeout").unwrap(), "2000000u");
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_forgets_the_deadline_is_not_waited_for() {
        let options = CallOptions {
            deadline: Some(Duration::from_secs(2)),
            ..CallOptions::default()
        };
        let started = tokio::time::Instant::now();
        let ended = options
            .within(std::future::pending::<Result<(), Failure>>())
            .await;
        assert!(matches!(ended, Err(Failure::Refused { .. })));
        assert_eq!(started.elapsed(), Duration::from_secs(2));
    }
}
