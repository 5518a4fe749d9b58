//! One call as a card shows it: what crossed and when, and how it ended.

use std::{collections::VecDeque, sync::Arc};

use bridge::{
    frame::{HEADERS, PREFIX_LEN},
    tap::Crossing,
};
use bytes::Bytes;
use http::HeaderMap;
use tonic::Status;

use super::{
    hello::{Direction, Kind},
    round_trips::RoundTrips,
    visible::visible,
};

/// A card keeps this many events, the last ones: more than anyone reads, and few enough to draw at once.
pub const KEPT_EVENTS: usize = 1_000;
/// Frames are kept whole up to this many bytes, for Inspect: four messages of the largest size.
const KEPT_BYTES: usize = 16 * 1024 * 1024;
/// A row shows this many characters of a message; a card is narrower than that.
const ROW_CHARS: usize = 200;
/// A frame up to this size is copied, as keeping a part of a large buffer keeps all of it.
const SMALL_FRAME: usize = 4 * 1024;

/// A call, from the moment somebody asked for it.
#[derive(Debug, Clone)]
pub struct Call {
    kind: Kind,
    phase: Phase,
    run: Run,
    started_ms: f64,
    ended_ms: f64,
    entries: VecDeque<Arc<Entry>>,
    next_id: u64,
    rows: u64,
    /// Leading entries whose frame is no longer kept, and the bytes of the others.
    bare: usize,
    kept_bytes: usize,
    sent: Tally,
    received: Tally,
    asked: u64,
    asked_finish: bool,
    finished: bool,
    headers: Headers,
    round_trips: RoundTrips,
}

/// One call of a card among those it made, so that a word from an earlier one is not taken for the present one's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Run(u64);

/// How far a call has come.
#[derive(Debug, Clone)]
pub enum Phase {
    /// Nothing was called yet.
    Idle,
    /// The call is under way.
    Live,
    /// The call has ended, and so.
    Ended(Outcome),
}

/// How a call ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its status.
    pub status: Status,
    /// Who ended it.
    pub by: EndedBy,
}

/// Who ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedBy {
    /// The peer, with trailers.
    Peer,
    /// The person at the page, who cancelled.
    Person,
    /// Nobody: the way to the peer failed.
    Way,
}

/// Messages that went one way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub messages: u64,
    /// Their bytes with the prefix of each.
    pub bytes: u64,
}

/// The header blocks of a call, as they crossed.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    /// What the page sent before its messages.
    pub request: Option<HeaderMap>,
    /// What the peer sent before its messages.
    pub response: Option<HeaderMap>,
    /// What the peer sent at the end.
    pub trailers: Option<HeaderMap>,
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
        /// What it says, safe to look at; nothing if the bytes are no such message.
        text: Option<String>,
        /// Its size with its prefix, in bytes.
        bytes: usize,
        /// The bytes themselves, prefix included, unless they are no longer kept.
        frame: Option<Bytes>,
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

/// What becomes of a call.
#[derive(Debug, Clone)]
pub enum Event {
    /// So many more messages were asked to be sent.
    AskedToSend(u64),
    /// Nothing more will be asked to be sent.
    AskedToFinish,
    /// Something crossed.
    Crossed(Crossing),
    /// The call ended with this status; `Ok` is one of them.
    Ended(Status),
    /// The person at the page gave the call up.
    Cancelled,
}

/// What a call that is under way is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// The request is out, the answer is not here.
    Waiting,
    /// Answers are coming.
    Receiving,
    /// Messages may be sent.
    Open,
}

impl Call {
    /// A card of this kind before its first call.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            phase: Phase::Idle,
            run: Run::default(),
            started_ms: 0.0,
            ended_ms: 0.0,
            entries: VecDeque::new(),
            next_id: 0,
            rows: 0,
            bare: 0,
            kept_bytes: 0,
            sent: Tally::default(),
            received: Tally::default(),
            asked: 0,
            asked_finish: false,
            finished: false,
            headers: Headers::default(),
            round_trips: RoundTrips::default(),
        }
    }

    /// Forgets the call before and begins the next.
    pub fn begin(&mut self, now_ms: f64) -> Run {
        *self = Self {
            phase: Phase::Live,
            run: Run(self.run.0 + 1),
            next_id: self.next_id,
            started_ms: now_ms,
            ..Self::new(self.kind)
        };
        self.run
    }

    /// Takes what happened to this run at this time; what comes after the end is not part of the call.
    pub fn apply(&mut self, run: Run, now_ms: f64, event: Event) {
        if run != self.run || !self.is_live() {
            return;
        }
        match event {
            Event::AskedToSend(messages) => self.asked += messages,
            Event::AskedToFinish => self.asked_finish = true,
            Event::Crossed(crossing) => self.crossed(now_ms, crossing),
            Event::Ended(status) => {
                let by = if self.headers.trailers.is_some() {
                    EndedBy::Peer
                } else {
                    EndedBy::Way
                };
                self.end(now_ms, Outcome { status, by });
            }
            Event::Cancelled => {
                let outcome = Outcome {
                    status: Status::cancelled(""),
                    by: EndedBy::Person,
                };
                self.end(now_ms, outcome);
            }
        }
    }

    fn crossed(&mut self, now_ms: f64, crossing: Crossing) {
        match crossing {
            Crossing::RequestHeaders(headers) => self.headers.request = Some(headers),
            Crossing::ResponseHeaders(headers) => self.headers.response = Some(headers),
            Crossing::Trailers(trailers) => self.headers.trailers = Some(trailers),
            Crossing::FinishedSending => {
                self.finished = true;
                // One request is finished by being one; only a stream is finished by saying so.
                if self.kind.sends_many() {
                    self.push(now_ms, What::Finished);
                }
            }
            Crossing::Sent(frame) => {
                self.round_trips.sent(now_ms);
                self.message(now_ms, Direction::Sent, frame);
            }
            Crossing::Received(frame) if frame.first().is_some_and(|flags| flags & HEADERS != 0) => {
                self.push(now_ms, What::Block { frame });
            }
            Crossing::Received(frame) => {
                self.round_trips.received(now_ms);
                self.message(now_ms, Direction::Received, frame);
            }
        }
    }

    fn message(&mut self, now_ms: f64, direction: Direction, frame: Bytes) {
        let bytes = frame.len();
        let tally = match direction {
            Direction::Sent => &mut self.sent,
            Direction::Received => &mut self.received,
        };
        tally.messages += 1;
        tally.bytes += bytes as u64;
        let number = tally.messages;
        let text = self
            .kind
            .describe(direction, frame.get(PREFIX_LEN..).unwrap_or_default())
            .map(|text| visible(&text, ROW_CHARS));
        let frame = Some(if bytes <= SMALL_FRAME {
            Bytes::copy_from_slice(&frame)
        } else {
            frame
        });
        self.push(
            now_ms,
            What::Message {
                direction,
                number,
                text,
                bytes,
                frame,
            },
        );
    }

    fn end(&mut self, now_ms: f64, outcome: Outcome) {
        self.ended_ms = now_ms;
        self.push(now_ms, What::Ended(outcome.clone()));
        self.phase = Phase::Ended(outcome);
    }

    fn push(&mut self, now_ms: f64, what: What) {
        if !matches!(what, What::Block { .. }) {
            self.rows += 1;
        }
        let at_ms = (now_ms - self.started_ms).max(0.0);
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
            *oldest = Arc::new(oldest.without_frame());
            self.kept_bytes += oldest.kept_bytes();
            self.bare += 1;
        }
    }

    /// The kind of call.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// How far it has come.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Which of the card's calls this is.
    pub fn run(&self) -> Run {
        self.run
    }

    /// Whether the call is under way.
    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live)
    }

    /// What a call under way is doing.
    pub fn doing(&self) -> Option<Doing> {
        if !self.is_live() {
            return None;
        }
        Some(if self.kind.sends_many() && !self.finished {
            Doing::Open
        } else if self.received.messages > 0 {
            Doing::Receiving
        } else {
            Doing::Waiting
        })
    }

    /// Whether the person has asked to finish, or the finish has crossed.
    pub fn is_finishing(&self) -> bool {
        self.asked_finish || self.finished
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

    /// Messages that went to the peer.
    pub fn sent(&self) -> Tally {
        self.sent
    }

    /// Messages that came from the peer.
    pub fn received(&self) -> Tally {
        self.received
    }

    /// Messages asked for that have not crossed yet.
    pub fn waiting_to_send(&self) -> u64 {
        if self.is_live() {
            self.asked.saturating_sub(self.sent.messages)
        } else {
            0
        }
    }

    /// The header blocks.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The median time from a message to its answer; where each message has one.
    pub fn median_round_trip_ms(&self) -> Option<f64> {
        (self.kind == Kind::Bidi)
            .then(|| self.round_trips.median_ms())
            .flatten()
    }

    /// How long the call took, or has taken until now.
    pub fn duration_ms(&self, now_ms: f64) -> Option<f64> {
        match self.phase {
            Phase::Idle => None,
            Phase::Live => Some((now_ms - self.started_ms).max(0.0)),
            Phase::Ended(_) => Some((self.ended_ms - self.started_ms).max(0.0)),
        }
    }
}

impl Entry {
    /// Whether the diagram draws it.
    pub fn is_row(&self) -> bool {
        !matches!(self.what, What::Block { .. })
    }

    fn kept_bytes(&self) -> usize {
        match &self.what {
            What::Message { frame, .. } => frame.as_ref().map_or(0, Bytes::len),
            What::Block { frame } => frame.len(),
            What::Finished | What::Ended(_) => 0,
        }
    }

    fn without_frame(&self) -> Self {
        let mut entry = self.clone();
        if let What::Message { frame, .. } = &mut entry.what {
            *frame = None;
        }
        entry
    }
}

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
