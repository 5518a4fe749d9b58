//! One call as a card shows it: what crossed and when, and how it ended.

pub mod aside;
pub mod log;
pub mod phase;

use bridge::{frame::HEADERS, tap::Crossing};
use bytes::Bytes;
use http::HeaderMap;
use tonic::Status;

use self::{
    log::{Kept, Log, What},
    phase::{Doing, EndedBy, Outcome, Phase},
};
use super::{
    hello::{Direction, Kind},
    round_trips::RoundTrips,
};
use crate::rpc::failure::Failure;

/// A call, from the moment somebody asked for it.
#[derive(Debug, Clone)]
pub struct Call {
    kind: Kind,
    phase: Phase,
    run: Run,
    started_ms: f64,
    ended_ms: f64,
    log: Log,
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

impl Call {
    /// A card of this kind before its first call.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            phase: Phase::Idle,
            run: Run::default(),
            started_ms: 0.0,
            ended_ms: 0.0,
            log: Log::new(kind),
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
            log: self.log.begun_anew(),
            started_ms: now_ms,
            ..Self::new(self.kind)
        };
        self.run
    }

    /// What a card shows in place of this call once it has another one to make: nothing yet. Calls and events are
    /// numbered on, so that this call can come back beside those that are made meanwhile.
    pub fn put_aside(&self) -> Self {
        Self {
            run: self.run,
            log: self.log.begun_anew(),
            ..Self::new(self.kind)
        }
    }

    /// Comes back in place of `other`, and goes on from its numbers.
    pub fn come_back(&mut self, other: &Self) {
        self.run = Run(self.run.0.max(other.run.0) + 1);
        self.log.number_on(&other.log);
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
                let by = match Failure::of(&status) {
                    Some(Failure::Deadline) => EndedBy::Deadline,
                    _ if self.headers.trailers.is_some() => EndedBy::Peer,
                    _ => EndedBy::Way,
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

    fn push(&mut self, now_ms: f64, what: What) {
        self.log.push((now_ms - self.started_ms).max(0.0), what);
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

    /// Counts a message and keeps its frame as it came: nothing is copied, and nothing is taken apart until it is
    /// drawn.
    fn message(&mut self, now_ms: f64, direction: Direction, frame: Bytes) {
        let bytes = frame.len();
        let tally = match direction {
            Direction::Sent => &mut self.sent,
            Direction::Received => &mut self.received,
        };
        tally.messages += 1;
        tally.bytes += bytes as u64;
        let number = tally.messages;
        self.push(
            now_ms,
            What::Message {
                direction,
                number,
                bytes,
                kept: Kept::Frame(frame),
            },
        );
    }

    fn end(&mut self, now_ms: f64, outcome: Outcome) {
        self.ended_ms = now_ms;
        self.push(now_ms, What::Ended(outcome.clone()));
        self.phase = Phase::Ended(outcome);
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

    /// Whether nothing was called yet.
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle)
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

    /// What happened, as far as it is kept.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Whether the call ended without a sign that anything sent had arrived: nobody was there to answer.
    pub fn is_undelivered(&self) -> bool {
        let nobody_there = |outcome: &Outcome| {
            outcome.by == EndedBy::Way
                && matches!(Failure::of(&outcome.status), Some(Failure::Unreachable { .. }))
        };
        matches!(&self.phase, Phase::Ended(outcome) if nobody_there(outcome))
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

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
