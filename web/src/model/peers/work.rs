//! What is being done with a peer, and how it went.

use std::collections::BTreeMap;

use tonic::{Code, Status};

use super::{
    diagnosis::Diagnosis,
    peer::{Path, Peer, Relation},
};

/// Something a person does with a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Asks it to be friends.
    Ask,
    /// Says yes to its request.
    Accept,
    /// Says no to its request.
    Decline,
    /// Ends a friendship.
    Remove,
    /// Gives it another name.
    Name,
    /// Has nothing to do with it any more.
    Block,
    /// Takes that back.
    Unblock,
    /// Forgets that it exists.
    Forget,
    /// Asks for a sign of life.
    Ping,
}

impl Deed {
    /// Its name in `data-action`.
    pub fn word(self) -> &'static str {
        match self {
            Deed::Ask => "ask",
            Deed::Accept => "accept",
            Deed::Decline => "decline",
            Deed::Remove => "remove",
            Deed::Name => "name",
            Deed::Block => "block",
            Deed::Unblock => "unblock",
            Deed::Forget => "forget",
            Deed::Ping => "ping",
        }
    }
}

/// What is asked before a deed that cannot simply be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sure {
    /// Whether to end a friendship.
    Remove,
    /// Whether to block a friend, which ends the friendship.
    BlockFriend,
    /// Whether to block somebody who is no friend.
    BlockStranger,
    /// Whether to forget a peer.
    Forget,
}

/// How a deed went.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It is done.
    Done(Deed),
    /// The peer answered.
    Answered {
        /// After this time.
        took_ms: f64,
        /// By this way.
        path: Option<Path>,
    },
    /// A ticket was used.
    Added(Added),
    /// It failed.
    Failed(Status),
}

/// What came of using a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// Both are friends.
    Friends,
    /// The invitation is kept until the peer can be reached.
    FriendsSoon,
    /// The peer is known, as a stranger.
    Known,
}

impl Outcome {
    /// What came of using a ticket of this peer.
    pub fn added(peer: &Peer) -> Self {
        Self::Added(match (peer.relation, peer.asked) {
            (Relation::Friend, _) => Added::Friends,
            (_, true) => Added::FriendsSoon,
            (_, false) => Added::Known,
        })
    }

    /// Whether it says that the peer is not as it became now.
    fn is_belied(&self, is_here: bool) -> bool {
        match self {
            Self::Answered { .. } => !is_here,
            Self::Failed(status) => {
                is_here && matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded)
            }
            Self::Added(Added::FriendsSoon) => is_here,
            Self::Added(Added::Friends | Added::Known) | Self::Done(_) => false,
        }
    }
}

/// What is being done with one peer.
#[derive(Debug, Clone, Default)]
pub struct Work {
    /// What is under way.
    pub doing: Option<Deed>,
    /// How the last deed went.
    pub outcome: Option<Outcome>,
    /// The last try to reach it.
    pub diagnosis: Option<Diagnosis>,
}

/// What is being done with each peer, by its id.
#[derive(Debug, Clone, Default)]
pub struct Works(BTreeMap<String, Work>);

impl Works {
    /// What is being done with a peer.
    pub fn of(&self, id: &str) -> Option<&Work> {
        self.0.get(id)
    }

    /// Begins a deed; false while another one is under way, as two at once would answer in any order.
    pub fn begin(&mut self, id: &str, deed: Deed) -> bool {
        let work = self.0.entry(id.to_owned()).or_default();
        if work.doing.is_some() {
            return false;
        }
        work.doing = Some(deed);
        work.outcome = None;
        true
    }

    /// Ends a deed.
    pub fn end(&mut self, id: &str, outcome: Outcome) {
        let work = self.0.entry(id.to_owned()).or_default();
        work.doing = None;
        work.outcome = Some(outcome);
    }

    /// Begins a diagnosis anew; false while one is under way.
    pub fn diagnose(&mut self, id: &str) -> bool {
        let work = self.0.entry(id.to_owned()).or_default();
        if work.diagnosis.as_ref().is_some_and(Diagnosis::is_live) {
            return false;
        }
        work.diagnosis = Some(Diagnosis::default());
        true
    }

    /// Changes the diagnosis of a peer.
    pub fn change(&mut self, id: &str, change: impl FnOnce(&mut Diagnosis)) {
        if let Some(diagnosis) = self.0.get_mut(id).and_then(|work| work.diagnosis.as_mut()) {
            change(diagnosis);
        }
    }

    /// A peer came, or went: what was said of it before that and is not so any more goes, and a diagnosis is of the past.
    pub fn turn(&mut self, id: &str, is_here: bool) {
        let Some(work) = self.0.get_mut(id) else {
            return;
        };
        if work
            .outcome
            .as_ref()
            .is_some_and(|outcome| outcome.is_belied(is_here))
        {
            work.outcome = None;
        }
        if let Some(diagnosis) = &mut work.diagnosis {
            diagnosis.turn(is_here);
        }
    }

    /// Lets go of peers that are no more, so that this does not grow for ever.
    pub fn keep(&mut self, is_known: impl Fn(&str) -> bool) {
        self.0.retain(|id, work| work.doing.is_some() || is_known(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_deed_at_a_time_is_done_with_a_peer_and_others_do_not_wait() {
        let mut works = Works::default();
        assert!(works.begin("b", Deed::Ask));
        assert!(!works.begin("b", Deed::Block));
        assert!(works.begin("c", Deed::Block));
        works.end("b", Outcome::Done(Deed::Ask));
        assert!(matches!(
            works.of("b").unwrap().outcome,
            Some(Outcome::Done(Deed::Ask))
        ));
        assert!(works.begin("b", Deed::Block));
        assert!(works.of("b").unwrap().outcome.is_none(), "of another deed");
    }

    #[test]
    fn what_was_done_with_a_forgotten_peer_is_forgotten() {
        let mut works = Works::default();
        works.begin("b", Deed::Ping);
        works.keep(|_| false);
        assert!(works.of("b").is_some(), "it is still under way");
        works.end("b", Outcome::Failed(Status::unavailable("")));
        works.keep(|id| id != "b");
        assert!(works.of("b").is_none());
    }

    #[test]
    fn a_peer_that_comes_or_goes_belies_only_what_said_the_opposite() {
        let answered = || Outcome::Answered {
            took_ms: 1.0,
            path: None,
        };
        let failed = || Outcome::Failed(Status::unavailable(""));
        for (outcome, is_here, is_kept) in [
            (answered(), false, false),
            (answered(), true, true),
            (failed(), true, false),
            // It is how one learns that the peer is away.
            (failed(), false, true),
            (Outcome::Failed(Status::permission_denied("")), true, true),
            (Outcome::Added(Added::FriendsSoon), true, false),
            (Outcome::Done(Deed::Name), false, true),
        ] {
            let mut works = Works::default();
            works.end("b", outcome.clone());
            works.turn("b", is_here);
            let kept = works.of("b").unwrap().outcome.is_some();
            assert_eq!(kept, is_kept, "{outcome:?} {is_here}");
        }
    }

    #[test]
    fn a_diagnosis_is_of_the_past_once_the_peer_is_not_as_it_found_it() {
        let mut works = Works::default();
        let is_past = |works: &Works| works.of("b").unwrap().diagnosis.as_ref().unwrap().is_past();
        works.diagnose("b");
        works.turn("b", true);
        assert!(!is_past(&works), "it is under way");
        works.change("b", |diagnosis| diagnosis.end(Ok(()), 0));
        works.turn("b", false);
        assert!(!is_past(&works), "it was not reached either");
        works.turn("b", true);
        assert!(is_past(&works));
        works.turn("b", false);
        assert!(is_past(&works), "it came in between");
    }

    #[test]
    fn a_diagnosis_begins_anew_once_the_last_one_has_ended() {
        let mut works = Works::default();
        assert!(works.diagnose("b"));
        assert!(!works.diagnose("b"));
        works.change("b", |diagnosis| diagnosis.end(Ok(()), 0));
        assert!(works.diagnose("b"));
    }
}
