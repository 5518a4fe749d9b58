//! The options of a call as a person types them, and what is wrong with them.

use std::time::Duration;

use super::Options;
use crate::model::metadata::{Metadata, MetadataError};

/// Rows of metadata a page offers; with long values this is about the 16 KiB a peer takes.
pub const MAX_ROWS: usize = 16;
/// As many answers as a peer gives, and as many messages as one Send sends.
pub const MAX_COUNT: u32 = 100_000;
/// The longest pause between two messages, which is also the longest a peer makes.
pub const MAX_INTERVAL: Duration = Duration::from_secs(60);
/// A deadline beyond a day is a mistake.
pub const MAX_DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

/// The unit a deadline is typed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    #[default]
    Seconds,
}

/// What stands in the fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Typed {
    /// How long the whole call may take; empty for as long as it likes.
    pub deadline: String,
    /// The unit of the deadline.
    pub unit: Unit,
    /// How many messages; empty for what the method does by itself.
    pub count: String,
    /// Milliseconds between two messages; empty for what the method does by itself.
    pub interval: String,
    /// The rows of metadata.
    pub rows: Vec<Row>,
}

/// A row of metadata as typed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Tells rows apart while they are edited.
    pub id: u32,
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// What is wrong with the fields, each beside its field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    /// The deadline is not a number above 0, or is beyond a day.
    pub deadline: bool,
    /// The count is not a whole number from 1 to [`MAX_COUNT`].
    pub count: bool,
    /// The interval is not a whole number of milliseconds up to [`MAX_INTERVAL`].
    pub interval: bool,
    /// Rows that cannot be sent, by their id.
    pub rows: Vec<(u32, MetadataError)>,
}

impl Problems {
    fn any(&self) -> bool {
        self.deadline || self.count || self.interval || !self.rows.is_empty()
    }
}

impl Typed {
    /// Adds an empty row, unless there are [`MAX_ROWS`].
    pub fn add_row(&mut self) {
        if self.rows.len() < MAX_ROWS {
            let id = self.rows.iter().map(|row| row.id + 1).max().unwrap_or(0);
            self.rows.push(Row { id, ..Row::default() });
        }
    }

    /// The options the fields mean.
    ///
    /// # Errors
    /// Every field that means nothing.
    pub fn parse(&self) -> Result<Options, Problems> {
        let mut problems = Problems::default();
        let mut metadata = Vec::new();
        for row in &self.rows {
            match Metadata::parse(&row.key, &row.value) {
                Ok(parsed) => metadata.extend(parsed),
                Err(error) => problems.rows.push((row.id, error)),
            }
        }
        let deadline = deadline(&self.deadline, self.unit).unwrap_or_else(|_| {
            problems.deadline = true;
            None
        });
        let count = whole(&self.count, 1, MAX_COUNT).unwrap_or_else(|_| {
            problems.count = true;
            None
        });
        let interval = whole(&self.interval, 0, MAX_INTERVAL.as_millis() as u32).unwrap_or_else(|_| {
            problems.interval = true;
            None
        });
        if problems.any() {
            return Err(problems);
        }
        let interval = interval.map(|milliseconds| Duration::from_millis(milliseconds.into()));
        Ok(Options {
            deadline,
            count,
            interval,
            metadata,
            target: None,
        })
    }
}

/// A field that means nothing.
struct Meaningless;

/// A deadline with `.` or `,` before its decimals.
fn deadline(typed: &str, unit: Unit) -> Result<Option<Duration>, Meaningless> {
    let typed = typed.trim().replace(',', ".");
    if typed.is_empty() {
        return Ok(None);
    }
    let number: f64 = typed.parse().map_err(|_| Meaningless)?;
    let seconds = match unit {
        Unit::Milliseconds => number / 1_000.0,
        Unit::Seconds => number,
    };
    let deadline = Duration::try_from_secs_f64(seconds).map_err(|_| Meaningless)?;
    // gRPC could say microseconds, but no browser measures them.
    if deadline < Duration::from_millis(1) || deadline > MAX_DEADLINE {
        return Err(Meaningless);
    }
    Ok(Some(deadline))
}

fn whole(typed: &str, min: u32, max: u32) -> Result<Option<u32>, Meaningless> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    match typed.parse() {
        Ok(number) if (min..=max).contains(&number) => Ok(Some(number)),
        _ => Err(Meaningless),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> Typed {
        Typed::default()
    }

    #[test]
    fn empty_fields_are_no_options() {
        assert_eq!(typed().parse(), Ok(Options::default()));
    }

    #[test]
    fn a_deadline_is_above_zero_and_at_most_a_day() {
        let deadline = |text: &str, unit| {
            Typed {
                deadline: text.into(),
                unit,
                ..typed()
            }
            .parse()
            .map(|options| options.deadline)
        };
        assert_eq!(
            deadline("1,5", Unit::Seconds),
            Ok(Some(Duration::from_millis(1_500)))
        );
        assert_eq!(
            deadline(" 250 ", Unit::Milliseconds),
            Ok(Some(Duration::from_millis(250)))
        );
        assert_eq!(deadline("86400", Unit::Seconds), Ok(Some(MAX_DEADLINE)));
        for nothing in ["0", "-1", "x", "0.0001", "86401", "inf", "NaN", "1e300"] {
            assert!(
                deadline(nothing, Unit::Seconds).unwrap_err().deadline,
                "{nothing}"
            );
        }
    }

    #[test]
    fn counts_and_pauses_stay_within_what_a_peer_takes() {
        let count = |text: &str| {
            Typed {
                count: text.into(),
                ..typed()
            }
            .parse()
            .map(|options| options.count)
        };
        assert_eq!(count("1"), Ok(Some(1)));
        assert_eq!(count("100000"), Ok(Some(MAX_COUNT)));
        for nothing in ["0", "100001", "1.5", "-1", "five"] {
            assert!(count(nothing).unwrap_err().count, "{nothing}");
        }
        let pause = |text: &str| {
            Typed {
                interval: text.into(),
                ..typed()
            }
            .parse()
            .map(|options| options.interval)
        };
        assert_eq!(pause("0"), Ok(Some(Duration::ZERO)));
        assert_eq!(pause("60000"), Ok(Some(MAX_INTERVAL)));
        assert!(pause("60001").unwrap_err().interval);
    }

    #[test]
    fn every_bad_row_is_named_and_a_removed_row_leaves_its_id_to_nobody() {
        let mut fields = typed();
        for _ in 0..=MAX_ROWS {
            fields.add_row();
        }
        assert_eq!(
            fields.rows.len(),
            MAX_ROWS,
            "one more than the page offers is not added"
        );
        fields.rows[3].key = "grpc-x".into();
        fields.rows[5].value = "lonely".into();
        assert_eq!(
            fields.parse().unwrap_err().rows,
            [(3, MetadataError::Reserved), (5, MetadataError::NoKey)]
        );
        fields.rows.remove(0);
        fields.add_row();
        assert_eq!(fields.rows.last().map(|row| row.id), Some(MAX_ROWS as u32));
    }
}
