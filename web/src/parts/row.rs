//! One row of a diagram: when, which way, what.

use std::sync::Arc;

use leptos::prelude::*;
use tonic::Code;

use crate::{
    model::{
        call::{
            log::{Entry, Kept, What},
            phase::{EndedBy, Outcome},
        },
        hello::{Direction, Kind},
        status,
    },
    settings::Say,
};

/// One event of a call as an arrow between the lifelines; read aloud it says which way in words.
#[component]
pub fn Row(
    /// The kind of call it belongs to.
    kind: Kind,
    /// The event.
    entry: Arc<Entry>,
    /// Whether the call ended without a sign that anything sent had arrived.
    #[prop(into)]
    is_undelivered: Signal<bool>,
) -> impl IntoView {
    let say = Say::here();
    let at_ms = entry.at_ms;
    let look = look(&entry.what);
    let is_sent = matches!(
        entry.what,
        What::Message {
            direction: Direction::Sent,
            ..
        }
    );
    let is_lost = move || is_sent && is_undelivered.get();
    // Without its bytes: a row stays for as long as its event is kept, and these may be let go before.
    let entry = StoredValue::new(entry.as_row(kind));
    let way = move || {
        if is_lost() {
            say.texts().diagram.undelivered
        } else {
            entry.with_value(|entry| way(say, &entry.what))
        }
    };
    let text = move || entry.with_value(|entry| text(say, kind, &entry.what));
    view! {
        <li class=look class:is-undelivered=is_lost title=move || is_lost().then(|| say.texts().diagram.undelivered)>
            <time>{move || say.language().time(at_ms)}</time>
            " "
            <span class={"arrow"}>
                <span class="unseen">{way}</span>
                " "
                <span class={"words"}>{text}</span>
            </span>
        </li>
    }
}

fn look(what: &What) -> &'static str {
    match what {
        What::Message {
            direction: Direction::Sent,
            ..
        } => "sent",
        What::Message {
            direction: Direction::Received,
            ..
        }
        | What::Block { .. } => "received",
        What::Finished => "sent is-note",
        What::Ended(Outcome {
            by: EndedBy::Person, ..
        }) => "sent is-end is-cancelled",
        What::Ended(Outcome {
            by: EndedBy::Deadline,
            ..
        }) => "sent is-end is-bad",
        What::Ended(Outcome { by: EndedBy::Way, .. }) => "broken is-end is-bad",
        What::Ended(Outcome {
            status,
            by: EndedBy::Peer,
        }) if status.code() == Code::Ok => "received is-end is-ok",
        What::Ended(Outcome {
            by: EndedBy::Peer, ..
        }) => "received is-end is-bad",
    }
}

/// Which way it went, in a word.
fn way(say: Say, what: &What) -> &'static str {
    let texts = &say.texts().diagram;
    match what {
        What::Message {
            direction: Direction::Sent,
            ..
        } => texts.sent,
        What::Message {
            direction: Direction::Received,
            ..
        }
        | What::Block { .. } => texts.received,
        What::Finished => texts.sent,
        What::Ended(_) => texts.status,
    }
}

fn text(say: Say, kind: Kind, what: &What) -> String {
    let texts = &say.texts().diagram;
    match what {
        What::Message {
            kept: Kept::Text(Some(text)),
            ..
        } if text.trim().is_empty() => texts.empty_message.to_owned(),
        What::Message {
            kept: Kept::Text(Some(text)),
            ..
        } => text.clone(),
        // A row has no frame but as text.
        What::Message {
            kept: Kept::Text(None) | Kept::Frame(_),
            direction,
            ..
        } => (texts.unreadable)(kind.message_name(*direction)),
        What::Block { .. } => String::new(),
        What::Finished => texts.finished.to_owned(),
        What::Ended(outcome) => {
            let code = outcome.status.code();
            let status = format!("{} {}", i32::from(code), status::name(code));
            match outcome.by {
                EndedBy::Peer => status,
                EndedBy::Person => format!("{status} · {}", texts.cancelled),
                EndedBy::Deadline => format!("{status} · {}", texts.overdue),
                EndedBy::Way => format!("{status} · {}", texts.lost),
            }
        }
    }
}
