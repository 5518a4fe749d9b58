//! A bucket of tokens: so many at once, and so many a second.

use tokio::time::Instant;

/// Tokens that come back with time.
#[derive(Debug)]
pub(crate) struct Bucket {
    tokens: f64,
    most: f64,
    a_second: f64,
    filled: Instant,
}

impl Bucket {
    /// Full at first: `most` at once, `a_second` more each second.
    pub(crate) fn new(most: f64, a_second: f64) -> Self {
        Self {
            tokens: most,
            most,
            a_second,
            filled: Instant::now(),
        }
    }

    /// Whether nothing was taken out of it for long.
    pub(crate) fn is_full(&mut self) -> bool {
        self.fill();
        self.tokens >= self.most
    }

    fn fill(&mut self) {
        let now = Instant::now();
        let new = now.duration_since(self.filled).as_secs_f64() * self.a_second;
        self.tokens = (self.tokens + new).min(self.most);
        self.filled = now;
    }

    /// Takes a token; whether there was one.
    pub(crate) fn take(&mut self) -> bool {
        self.fill();
        let has_one = self.tokens >= 1.0;
        if has_one {
            self.tokens -= 1.0;
        }
        has_one
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_bucket_gives_a_rush_at_first_and_then_so_many_a_second() {
        let mut bucket = Bucket::new(3.0, 2.0);
        assert_eq!((0..5).filter(|_| bucket.take()).count(), 3);
        advance(Duration::from_secs(1)).await;
        assert_eq!((0..5).filter(|_| bucket.take()).count(), 2);
        advance(Duration::from_secs(100)).await;
        assert_eq!((0..5).filter(|_| bucket.take()).count(), 3);
    }
}
