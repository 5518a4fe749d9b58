//! What the view Peers shows.

pub mod add_dialog;
pub mod deed_button;
pub mod invite_dialog;
pub mod network_picture;
pub mod peer_details;
pub mod peer_row;
pub mod peer_table;
pub mod requests;
pub mod steps;

use leptos::prelude::*;
use tonic::Status;

use crate::{
    model::{
        peers::{
            Peers, State,
            work::{Added, Deed, Outcome},
        },
        status::explain,
        visible::visible,
    },
    rpc::failure::Failure,
    settings::Say,
};

/// What a peer, or the one on this computer, may say of a failure, in characters.
const SAID_CHARS: usize = 300;

/// Something that is wanted of a row.
#[derive(Debug, Clone)]
pub enum Act {
    /// Opens Hello to call this peer.
    SayHello,
    /// Shows its details, or hides them.
    Show,
    /// Does something with it.
    Do(Deed),
    /// Gives it another name.
    Rename(String),
    /// Tries to reach it step by step.
    Diagnose,
}

/// Why nothing can be done with a peer now, if so.
pub fn why_not(
    say: Say,
    peers: Signal<Peers>,
    is_busy: impl Fn() -> bool + Send + Sync + 'static,
) -> Memo<Option<&'static str>> {
    Memo::new(move |_| {
        let is_old = peers.with(|peers| peers.state == State::Old);
        let texts = &say.texts().peers;
        match (is_old, is_busy()) {
            (true, _) => Some(texts.gone),
            (false, true) => Some(texts.busy),
            (false, false) => None,
        }
    })
}

/// How a deed went, in words.
pub fn outcome_words(say: Say, outcome: &Outcome) -> String {
    let texts = &say.texts().peers;
    match outcome {
        Outcome::Done(deed) => (texts.details.done)(*deed).to_owned(),
        Outcome::Answered { took_ms, path } => {
            let path = path.map(|path| (texts.table.path_is)(path));
            (texts.details.answered)(&say.language().time(*took_ms), path)
        }
        Outcome::Added(Added::Friends) => texts.adding.friends_now.to_owned(),
        Outcome::Added(Added::FriendsSoon) => texts.adding.friends_soon.to_owned(),
        Outcome::Added(Added::Known) => texts.adding.known_now.to_owned(),
        Outcome::Failed(status) => failure_words(say, status),
    }
}

/// What failed and what to do, and what was said about it.
pub fn failure_words(say: Say, status: &Status) -> String {
    let explanation = explain(status, say.language());
    let sentence = match (Failure::of(status), (say.texts().peers.failed)(status.code())) {
        (None, Some(sentence)) => sentence.to_owned(),
        (Some(_), _) | (None, None) => explanation.sentence,
    };
    let said = visible(&explanation.said, SAID_CHARS);
    if said.is_empty() {
        sentence
    } else {
        format!("{sentence} “{said}”")
    }
}
