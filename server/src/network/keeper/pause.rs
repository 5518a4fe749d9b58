//! When to ask a peer again that is not in touch.

use std::time::Duration;

use iroh::EndpointId;

/// How often the others are asked.
pub(super) const ASK_EVERY: Duration = Duration::from_secs(9);
/// A friend that does not answer is tried again after a second, then two, and so on up to this.
const MAX_PAUSE: Duration = Duration::from_secs(8);
/// A stranger that has not answered for an hour is asked so often. When it is back it comes by itself, or is discovered.
const ASK_LOST_EVERY: Duration = Duration::from_secs(60);
const LOST_SECONDS: u64 = 60 * 60;

/// How long to leave a peer alone that was just asked, after so long a pause before, and so many seconds after it was
/// seen last. Nobody is ever given up.
pub(super) fn pause(before: Duration, answered: bool, is_friend: bool, unseen: u64) -> Duration {
    match (answered, is_friend) {
        (true, _) => Duration::ZERO,
        (false, true) => (before * 2).clamp(Duration::from_secs(1), MAX_PAUSE),
        (false, false) if unseen > LOST_SECONDS => ASK_LOST_EVERY,
        (false, false) => ASK_EVERY,
    }
}

/// Not everybody is asked at the same moment.
pub(super) fn jitter(id: EndpointId) -> f64 {
    0.8 + 0.4 * f64::from(id.as_bytes()[0]) / 255.0
}

#[cfg(test)]
mod tests {
    use iroh::SecretKey;

    use super::*;

    #[test]
    fn a_friend_is_asked_after_1_2_4_and_8_seconds_and_every_8_for_ever_after() {
        let mut before = Duration::ZERO;
        let mut pauses = Vec::new();
        for _ in 0..1000 {
            before = pause(before, false, true, 10 * LOST_SECONDS);
            pauses.push(before.as_secs());
        }
        assert_eq!(pauses[..5], [1, 2, 4, 8, 8]);
        assert_eq!(pauses.last(), Some(&8));
        assert_eq!(
            pause(pause(before, true, true, 0), false, true, 0).as_secs(),
            1,
            "it was back"
        );
    }

    #[test]
    fn others_are_asked_often_enough_to_be_seen_within_15_seconds_unless_they_are_long_gone() {
        // A dial takes three seconds at most, and the jitter a fifth.
        let within = pause(Duration::ZERO, false, false, LOST_SECONDS).mul_f64(1.2) + Duration::from_secs(3);
        assert!(within < Duration::from_secs(15), "{within:?}");
        assert_eq!(
            pause(Duration::ZERO, false, false, LOST_SECONDS + 1),
            ASK_LOST_EVERY
        );
        for number in 0..100 {
            let id = SecretKey::from_bytes(&[number; 32]).public();
            assert!((0.8..=1.2).contains(&jitter(id)));
        }
    }
}
