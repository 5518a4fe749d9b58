//! The last events of a call, and the bytes of as many as there is room for.
//!
//! A frame is kept as the part it is of the buffer it crossed in: keeping it copies nothing. Frames are let go in the
//! order they came, so that of each buffer that is held for them all is shown, save of the oldest.

use std::{collections::VecDeque, sync::Arc};

use bridge::frame::PREFIX_LEN;
use bytes::Bytes;

use super::phase::Outcome;
use crate::model::{
    hello::{Direction, Kind},
    visible::visible,
};

/// A card keeps this many events, the last ones: more than anyone reads, and few enough to draw at once.
pub const KEPT_EVENTS: usize = 1_000;
/// Frames are kept whole up to this many bytes, for Inspect: four messages of the largest size.
const KEPT_BYTES: usize = 16 * 1024 * 1024;
/// A row shows this many characters of a message; a card is narrower than that.
const ROW_CHARS: usize = 200;

/// The events of a call, as many as are kept.
#[derive(Debug, Clone)]
pub struct Log {
    kind: Kind,
    entries: VecDeque<Arc<Entry>>,
    next_id: u64,
    rows: u64,
    /// Leading entries whose frame is no longer kept, and the bytes of the others.
    bare: usize,
    kept_bytes: usize,
}

/// One event of a call.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its number within the card; it never comes again.
    pub id: u64,
    /// Milliseconds since the start of the call.
    pub at_ms: f64,
    /// What happened.
    pub what: What,
}

/// What an event is.
#[derive(Debug, Clone)]
pub enum What {
    /// A message crossed.
    Message {
        /// Which way.
        direction: Direction,
        /// Which one of those that went this way, from 1.
        number: u64,
        /// Its size with its prefix, in bytes.
        bytes: usize,
        /// What there still is of it.
        kept: Kept,
    },
    /// A frame of headers or trailers crossed. Drawn on the wire only.
    Block {
        /// The bytes, prefix included.
        frame: Bytes,
    },
    /// The page has finished sending.
    Finished,
    /// The call ended.
    Ended(Outcome),
}

/// What there still is of a message.
#[derive(Debug, Clone)]
pub enum Kept {
    /// The bytes that crossed, prefix included.
    Frame(Bytes),
    /// Only what they say, safe to look at; nothing if they are no such message.
    Text(Option<String>),
}

impl Kept {
    /// The bytes, if there still are any.
    pub fn frame(&self) -> Option<&Bytes> {
        match self {
            Self::Frame(frame) => Some(frame),
            Self::Text(_) => None,
        }
    }
}

impl Log {
    /// The log of a card of this kind before its first call.
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            entries: VecDeque::new(),
            next_id: 0,
            rows: 0,
            bare: 0,
            kept_bytes: 0,
        }
    }

    /// An empty one for the next call of a card, whose events are numbered on from here.
    pub(super) fn begun_anew(&self) -> Self {
        Self {
            next_id: self.next_id,
            ..Self::new(self.kind)
        }
    }

    /// Numbers the events to come on from those of `other`, where those have come further.
    pub(super) fn number_on(&mut self, other: &Self) {
        self.next_id = self.next_id.max(other.next_id);
    }

    /// Keeps what happened so many milliseconds after the start, and forgets what there is no room for.
    pub(super) fn push(&mut self, at_ms: f64, what: What) {
        if !matches!(what, What::Block { .. }) {
            self.rows += 1;
        }
        let entry = Entry {
            id: self.next_id,
            at_ms,
            what,
        };
        self.next_id += 1;
        self.kept_bytes += entry.kept_bytes();
        self.entries.push_back(Arc::new(entry));
        if self.entries.len() > KEPT_EVENTS
            && let Some(oldest) = self.entries.pop_front()
        {
            self.kept_bytes -= oldest.kept_bytes();
            self.bare = self.bare.saturating_sub(1);
        }
        while self.kept_bytes > KEPT_BYTES
            && let Some(oldest) = self.entries.get_mut(self.bare)
        {
            self.kept_bytes -= oldest.kept_bytes();
            *oldest = Arc::new(oldest.as_row(self.kind));
            self.kept_bytes += oldest.kept_bytes();
            self.bare += 1;
        }
    }

    /// Every event that is kept, the oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> {
        self.entries.iter()
    }

    /// Events that are drawn as rows, counted from the start of the call.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows that are no longer kept.
    pub fn forgotten(&self) -> u64 {
        self.rows - self.entries.iter().filter(|entry| entry.is_row()).count() as u64
    }
}

impl Entry {
    /// Whether the diagram draws it.
    pub fn is_row(&self) -> bool {
        !matches!(self.what, What::Block { .. })
    }

    fn kept_bytes(&self) -> usize {
        match &self.what {
            What::Message {
                kept: Kept::Frame(frame),
                ..
            }
            | What::Block { frame } => frame.len(),
            What::Message {
                kept: Kept::Text(_), ..
            }
            | What::Finished
            | What::Ended(_) => 0,
        }
    }

    /// The same with the text of its message in place of the bytes: all that a row of the diagram needs.
    pub fn as_row(&self, kind: Kind) -> Self {
        let mut entry = self.clone();
        if let What::Message { direction, kept, .. } = &mut entry.what
            && let Kept::Frame(frame) = kept
        {
            let message = frame.get(PREFIX_LEN..).unwrap_or_default();
            let text = kind.describe(*direction, message);
            *kept = Kept::Text(text.map(|text| visible(&text, ROW_CHARS)));
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: u64, bytes: usize) -> What {
        What::Message {
            direction: Direction::Received,
            number,
            bytes,
            kept: Kept::Frame(Bytes::from(vec![0; bytes])),
        }
    }

    fn number(entry: &Entry) -> Option<u64> {
        match &entry.what {
            What::Message { number, .. } => Some(*number),
            What::Block { .. } | What::Finished | What::Ended(_) => None,
        }
    }

    #[test]
    fn the_last_thousand_events_are_kept_and_the_others_counted() {
        let mut log = Log::new(Kind::Server);
        for number in 0..KEPT_EVENTS as u64 {
            log.push(0.0, message(number, 5));
        }
        assert_eq!(log.forgotten(), 0);
        log.push(1.0, message(KEPT_EVENTS as u64, 5));
        assert_eq!((log.forgotten(), log.rows()), (1, KEPT_EVENTS as u64 + 1));
        assert_eq!(log.entries().count(), KEPT_EVENTS);
        assert_eq!(log.entries().next().and_then(|entry| number(entry)), Some(1));
    }

    #[test]
    fn old_frames_are_let_go_before_they_fill_the_tab_and_their_rows_stay() {
        let mut log = Log::new(Kind::Server);
        for number in 0..10 {
            log.push(0.0, message(number, KEPT_BYTES / 4 + 1));
        }
        assert_eq!(log.entries().filter(|entry| entry.is_row()).count(), 10);
        let kept: usize = log.entries().map(|entry| entry.kept_bytes()).sum();
        assert_eq!(kept, log.kept_bytes);
        assert!(kept <= KEPT_BYTES);
        let last = log.entries().last().map(|entry| entry.kept_bytes());
        assert_eq!(last, Some(KEPT_BYTES / 4 + 1), "the last one is kept whole");
    }

    #[test]
    fn what_is_forgotten_no_longer_counts_against_the_bytes() {
        let mut log = Log::new(Kind::Server);
        for number in 0..3 * KEPT_EVENTS as u64 {
            log.push(0.0, message(number, KEPT_BYTES / 500));
        }
        let kept: usize = log.entries().map(|entry| entry.kept_bytes()).sum();
        assert_eq!(kept, log.kept_bytes);
        assert!(kept > KEPT_BYTES * 9 / 10, "room is used: {kept}");
    }

    #[test]
    fn the_next_call_numbers_its_events_on() {
        let mut log = Log::new(Kind::Server);
        log.push(0.0, What::Finished);
        let mut next = log.begun_anew();
        next.push(0.0, What::Finished);
        let ids = |log: &Log| log.entries().map(|entry| entry.id).collect::<Vec<_>>();
        assert_eq!((ids(&log), ids(&next)), (vec![0], vec![1]));
    }
}
