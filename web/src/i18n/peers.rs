//! The texts of the view Peers. A language that lacks one does not compile.

mod english;
mod spanish;

pub(super) use english::ENGLISH;
pub(super) use spanish::SPANISH;
use tonic::Code;

use crate::model::peers::{
    diagnosis::{Mark, Step},
    evidence::Seen,
    peer::{Path, Relation, Source},
    picture::Look,
    work::{Deed, Sure},
};

/// The view Peers.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Peers {
    pub title: &'static str,
    pub reachable: fn(count: &str, of: &str) -> String,
    pub asking: &'static str,
    pub nobody: &'static str,
    pub old: &'static str,
    pub network: fn(name: &str, is_secret: bool) -> String,
    pub this_peer: &'static str,
    pub here: &'static str,
    pub away: &'static str,
    /// Neither here nor away: nobody can tell now.
    pub unknown: &'static str,
    pub requests: fn(count: u64) -> String,
    pub asks: fn(name: &str) -> String,
    /// Why a button does nothing now.
    pub busy: &'static str,
    /// The same, while the peer on this computer is not there.
    pub gone: &'static str,
    pub picture: Picture,
    pub table: Table,
    pub details: Details,
    pub diagnosis: Diagnosis,
    pub adding: Adding,
    pub inviting: Inviting,
    pub notifying: Notifying,
    /// What a failure means here; none for what is said of every call.
    pub failed: fn(Code) -> Option<&'static str>,
}

/// The drawing of the network.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Picture {
    pub label: fn(count: &str) -> String,
    pub look: fn(Look) -> &'static str,
    pub left_out: fn(count: &str) -> String,
}

/// The table of the peers.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Table {
    pub label: &'static str,
    pub peer: &'static str,
    pub identity: &'static str,
    pub path: &'static str,
    pub round_trip: &'static str,
    pub last_seen: &'static str,
    pub traffic: &'static str,
    pub actions: &'static str,
    pub relation: fn(Relation) -> &'static str,
    /// What a relation means, in a sentence.
    pub means: fn(Relation) -> &'static str,
    pub asks: &'static str,
    pub asked: &'static str,
    /// It has a name that the person knows, and another key.
    pub doubtful: &'static str,
    pub path_is: fn(Path) -> &'static str,
    pub never: &'static str,
    pub say_hello: &'static str,
    pub details: &'static str,
}

/// What can be done with a peer, and what is known of it.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Details {
    pub fingerprint: &'static str,
    pub compare: &'static str,
    pub own_name: &'static str,
    pub version: &'static str,
    pub source: &'static str,
    pub source_is: fn(Source) -> &'static str,
    pub first_seen: &'static str,
    pub another_key: &'static str,
    pub name: &'static str,
    pub deed: fn(Deed) -> &'static str,
    pub done: fn(Deed) -> &'static str,
    pub doing: &'static str,
    pub sure: fn(Sure) -> &'static str,
    pub keep: &'static str,
    pub answered: fn(time: &str, path: Option<&str>) -> String,
}

/// A try to reach a peer, step by step.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Diagnosis {
    pub diagnose: &'static str,
    pub title: &'static str,
    pub step: fn(Step) -> &'static str,
    pub mark: fn(Mark) -> &'static str,
    /// What was seen at a step; a quote stays as it is.
    pub seen: fn(&Seen<'_>) -> String,
    /// What to try where this step failed, with what the peer on this computer says of it.
    pub next: fn(step: Step, said: &str) -> String,
    pub try_next: &'static str,
    pub well: &'static str,
    /// When it was made.
    pub made: fn(when: &str) -> String,
    /// When it was made, where the peer was not reached and came since.
    pub made_before_it_came: fn(when: &str) -> String,
    /// When it was made, where the peer was reached and went since.
    pub made_before_it_went: fn(when: &str) -> String,
}

/// The dialog that adds a friend.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Adding {
    pub open: &'static str,
    pub title: &'static str,
    pub by_link: &'static str,
    pub ticket: &'static str,
    pub hint: &'static str,
    pub reading: &'static str,
    pub no_ticket: &'static str,
    pub damaged: &'static str,
    pub whose: fn(name: &str) -> String,
    pub whose_unknown: &'static str,
    pub reached_at: fn(addresses: &str) -> String,
    pub with_invitation: &'static str,
    pub without_invitation: &'static str,
    pub own: &'static str,
    pub is_friend: &'static str,
    pub is_blocked: &'static str,
    pub name: &'static str,
    pub add: &'static str,
    pub cancel: &'static str,
    pub friends_now: &'static str,
    pub friends_soon: &'static str,
    pub known_now: &'static str,
}

/// The dialog that invites.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Inviting {
    pub open: &'static str,
    pub title: &'static str,
    pub intro: &'static str,
    pub uses: &'static str,
    pub bad_uses: &'static str,
    pub valid_for: &'static str,
    pub hour: &'static str,
    pub day: &'static str,
    pub week: &'static str,
    pub month: &'static str,
    pub make: &'static str,
    pub ticket: &'static str,
    pub link: &'static str,
    pub link_hint: &'static str,
    pub code: &'static str,
    pub secret: &'static str,
    pub open_ones: &'static str,
    pub none: &'static str,
    pub uses_left: fn(count: u64) -> String,
    pub expires: fn(when: &str) -> String,
    pub revoke: &'static str,
    pub close: &'static str,
}

/// Notifications of the browser.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Notifying {
    pub label: &'static str,
    pub denied: &'static str,
    pub body: &'static str,
}
