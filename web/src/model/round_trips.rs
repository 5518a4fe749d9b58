//! How long the peer takes to answer each message of a stream: the k-th answer belongs to the k-th request.

use std::collections::VecDeque;

/// Requests that may wait for their answer; an older one is forgotten, and its answer is not measured.
/// A million would fit too, but nobody looks at a median that old.
const MAX_WAITING: usize = 10_000;
/// The median is of the last so many round trips: enough to be steady, few enough to sort for every frame.
const KEPT: usize = 1_000;

/// The round trips of one stream.
#[derive(Debug, Clone, Default)]
pub struct RoundTrips {
    waiting: VecDeque<(u64, f64)>,
    requests: u64,
    answers: u64,
    last: VecDeque<f64>,
}

impl RoundTrips {
    /// A request went out.
    pub fn sent(&mut self, at_ms: f64) {
        if self.waiting.len() == MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back((self.requests, at_ms));
        self.requests += 1;
    }

    /// An answer came.
    pub fn received(&mut self, at_ms: f64) {
        let answered = self.answers;
        self.answers += 1;
        while let Some(&(request, sent_at_ms)) = self.waiting.front() {
            if request > answered {
                return;
            }
            self.waiting.pop_front();
            if request == answered {
                if self.last.len() == KEPT {
                    self.last.pop_front();
                }
                self.last.push_back(at_ms - sent_at_ms);
                return;
            }
        }
    }

    /// The median of the last round trips, in milliseconds.
    pub fn median_ms(&self) -> Option<f64> {
        let mut sorted: Vec<f64> = self.last.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => None,
            odd if odd % 2 == 1 => Some(sorted[middle]),
            _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kth_answer_is_paired_with_the_kth_request() {
        let mut trips = RoundTrips::default();
        assert_eq!(trips.median_ms(), None);
        trips.sent(0.0);
        trips.sent(1.0);
        trips.sent(2.0);
        trips.received(10.0);
        assert_eq!(trips.median_ms(), Some(10.0));
        trips.received(21.0);
        assert_eq!(
            trips.median_ms(),
            Some(15.0),
            "of an even number, the mean of the middle two"
        );
        trips.received(32.0);
        assert_eq!(trips.median_ms(), Some(20.0));
    }

    #[test]
    fn an_answer_nobody_asked_for_measures_nothing() {
        let mut trips = RoundTrips::default();
        trips.received(5.0);
        assert_eq!(trips.median_ms(), None);
        trips.sent(6.0);
        assert_eq!(trips.median_ms(), None, "its answer came before it");
    }

    #[test]
    fn a_request_forgotten_for_its_age_does_not_shift_the_others() {
        let mut trips = RoundTrips::default();
        for request in 0..=MAX_WAITING {
            trips.sent(request as f64);
        }
        trips.received(1_000_000.0);
        assert_eq!(trips.median_ms(), None, "the first request is forgotten");
        trips.received(4.0);
        assert_eq!(trips.median_ms(), Some(3.0), "the second was sent at 1");
    }
}
