//! How far a time is from now, in the unit a person would say it in.

/// A unit of time, as `Intl.RelativeTimeFormat` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Second,
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
}

impl Unit {
    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Unit::Second => "second",
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day",
        }
    }
}

/// So many of a unit from now to `then`, both in seconds since 1970; below 0 for the past.
///
/// Whole units that have passed: 119 seconds ago is a minute ago. Below half a minute in the past it is now.
pub fn distance(now: i64, then: i64) -> (i64, Unit) {
    let seconds = then.saturating_sub(now);
    match seconds.unsigned_abs() {
        0..30 if seconds <= 0 => (0, Unit::Second),
        0..60 => (seconds, Unit::Second),
        60..3_600 => (seconds / 60, Unit::Minute),
        3_600..86_400 => (seconds / 3_600, Unit::Hour),
        _ => (seconds / 86_400, Unit::Day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_said_in_the_largest_unit_that_fits() {
        for (then, said) in [
            (1_000_000, (0, Unit::Second)),
            (1_000_000 - 29, (0, Unit::Second)),
            (1_000_000 - 30, (-30, Unit::Second)),
            (1_000_000 - 119, (-1, Unit::Minute)),
            (1_000_000 - 3_600, (-1, Unit::Hour)),
            (1_000_000 - 3 * 86_400, (-3, Unit::Day)),
            (1_000_000 + 5, (5, Unit::Second)),
            (1_000_000 + 7 * 86_400, (7, Unit::Day)),
            (i64::MIN, ((i64::MIN) / 86_400, Unit::Day)),
        ] {
            assert_eq!(distance(1_000_000, then).1, said.1, "{then}");
            if then > 0 {
                assert_eq!(distance(1_000_000, then), said, "{then}");
            }
        }
    }
}
