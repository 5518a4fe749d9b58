//! Times as each language says them, by the browser's own `Intl`.

use js_sys::{Array, Date, Intl, Object, Reflect};

use super::Language;
use crate::model::peers::ago::distance;

/// Seconds since 1970, by the clock of this computer.
pub fn now_seconds() -> i64 {
    (Date::now() / 1_000.0) as i64
}

impl Language {
    /// How far a time is from now: `3 minutes ago`, `now`, `in 7 days`. Both in seconds since 1970.
    pub fn from_now(self, now: i64, then: i64) -> String {
        let (number, unit) = distance(now, then);
        let options = Object::new();
        // Setting a property of a new plain object cannot fail.
        let _ = Reflect::set(&options, &"numeric".into(), &"auto".into());
        Intl::RelativeTimeFormat::new(&Array::of1(&self.tag().into()), &options)
            .format(number as f64, unit.word())
            .into()
    }

    /// How long ago it was: `3 minutes ago`, `now`. What has happened lies in the future by a slip of a clock only.
    pub fn ago(self, now: i64, then: i64) -> String {
        self.from_now(now, then.min(now))
    }

    /// When it was, and how long ago: `Nov 23, 2026, 3:05 PM (3 minutes ago)`.
    pub fn moment_ago(self, now: i64, then: i64) -> String {
        format!("{} ({})", self.moment(then), self.ago(now, then))
    }

    /// A moment: `Nov 23, 2026, 3:05 PM`. In seconds since 1970.
    pub fn moment(self, then: i64) -> String {
        let options = Object::new();
        for (key, value) in [("dateStyle", "medium"), ("timeStyle", "short")] {
            // As above.
            let _ = Reflect::set(&options, &key.into(), &value.into());
        }
        let date = Date::new(&(then as f64 * 1_000.0).into());
        date.to_locale_string(self.tag(), &options).into()
    }
}
