//! Times, as a person would say them.

use std::time::{SystemTime, UNIX_EPOCH};

use prost_types::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How far a time is from now: `in 3 days`, `2 hours ago`.
pub(super) fn from_now(then: Timestamp) -> String {
    // A clock from before 1970 tells no time.
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    distance(i64::try_from(now).unwrap_or(i64::MAX), then.seconds)
}

/// The same between two times in seconds since 1970, in the largest unit of which there are two, or nearly.
fn distance(now: i64, then: i64) -> String {
    let seconds = then.abs_diff(now);
    let (unit, word) = match seconds {
        0..MINUTE => return "now".to_owned(),
        MINUTE..HOUR => (MINUTE, "minute"),
        HOUR..DAY => (HOUR, "hour"),
        _ => (DAY, "day"),
    };
    let count = seconds.saturating_add(unit / 2) / unit;
    let plural = if count == 1 { "" } else { "s" };
    if then > now {
        format!("in {count} {word}{plural}")
    } else {
        format!("{count} {word}{plural} ago")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_as_people_say_it() {
        for (seconds, said) in [
            (0, "now"),
            (59, "now"),
            (-59, "now"),
            (60, "in 1 minute"),
            (89, "in 1 minute"),
            (90, "in 2 minutes"),
            (3_599, "in 60 minutes"),
            (3_600, "in 1 hour"),
            // An invitation for three hours, a moment later.
            (3 * 3_600 - 2, "in 3 hours"),
            (7 * 86_400 - 2, "in 7 days"),
            (-3_600, "1 hour ago"),
            (-2 * 86_400, "2 days ago"),
        ] {
            assert_eq!(distance(1_000_000, 1_000_000 + seconds), said, "{seconds}");
        }
        assert_eq!(distance(i64::MAX, i64::MIN), "213503982334601 days ago");
    }
}
