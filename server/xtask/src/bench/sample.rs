//! What one short round of a measurement gave, and the middle of several.

use std::time::Duration;

/// What one caller did.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Calls, round trips or messages.
    pub(crate) operations: u64,
    /// How long each took, where that was measured.
    latencies: Vec<Duration>,
}

impl Tally {
    /// Notes an operation and how long it took.
    pub(crate) fn operation(&mut self, latency: Duration) {
        self.operations += 1;
        self.latencies.push(latency);
    }

    /// Adds what another caller did.
    pub(crate) fn add(&mut self, other: Self) {
        self.operations += other.operations;
        self.latencies.extend(other.latencies);
    }

    /// All of it as figures, after so long and at this cost.
    pub(crate) fn over(mut self, elapsed: Duration, cpu: Option<Duration>) -> Sample {
        self.latencies.sort_unstable();
        let percentile = |percent: usize| {
            let rank = (self.latencies.len() * percent / 100).min(self.latencies.len().checked_sub(1)?);
            Some(self.latencies[rank].as_secs_f64() * 1e6)
        };
        let operations = self.operations.max(1) as f64;
        Sample {
            per_second: self.operations as f64 / elapsed.as_secs_f64(),
            p50: percentile(50),
            p99: percentile(99),
            cpu: cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / operations),
        }
    }
}

/// The figures of one round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// Operations per second.
    pub(crate) per_second: f64,
    /// Half of the operations took at most this many microseconds.
    pub(crate) p50: Option<f64>,
    /// 99 of 100 took at most this many microseconds.
    pub(crate) p99: Option<f64>,
    /// Microseconds of the server's processor time for each operation.
    pub(crate) cpu: Option<f64>,
}

/// The middle of several figures; nothing where there are none.
pub(crate) fn median(figures: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_unstable_by(f64::total_cmp);
    let upper = *figures.get(figures.len() / 2)?;
    let lower = figures[(figures.len() - 1) / 2];
    Some((lower + upper) / 2.0)
}

/// The middle of the ratios of rounds that ran side by side, for a table: what slows one slows the other.
pub(crate) fn ratio(samples: &[Sample], others: &[Sample]) -> String {
    let pairs = samples.iter().zip(others);
    match median(pairs.map(|(one, other)| one.per_second / other.per_second)) {
        Some(ratio) => format!("{ratio:.2}"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([]), None);
        assert_eq!(median([3.0]), Some(3.0));
        assert_eq!(median([9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 9.0]), Some(3.0));
    }

    #[test]
    fn percentiles_are_operations_that_happened() {
        let mut tally = Tally::default();
        for n in (1..=100).rev() {
            tally.operation(Duration::from_micros(n));
        }
        let sample = tally.over(Duration::from_secs(2), Some(Duration::from_millis(1)));
        assert_eq!(sample.per_second, 50.0);
        assert_eq!(sample.p50.map(f64::round), Some(51.0));
        assert_eq!(sample.p99.map(f64::round), Some(100.0));
        assert_eq!(sample.cpu, Some(10.0));
        assert_eq!(Tally::default().over(Duration::from_secs(1), None).p50, None);
    }
}
