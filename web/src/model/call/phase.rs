//! How far a call has come, and how it ended.

use tonic::Status;

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
    /// The page, at the deadline of the call.
    Deadline,
    /// Nobody: the way to the peer failed.
    Way,
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
