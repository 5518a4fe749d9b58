//! The call of a card in other words: for the command line, for grpcurl, for Python.

use bridge::frame::PREFIX_LEN;
use contract::greet::HelloRequest;
use leptos::prelude::*;
use prost::Message;

use super::card::Card;
use crate::{
    model::{
        call::{
            Call,
            log::{Kept, What},
            phase::Phase,
        },
        copy_as::{Made, Tool, copy_as},
        hello::Direction,
    },
    parts::inspect::Snippet,
};

/// The call that was made last; before the first, the one that Send would make.
pub(super) fn of(card: Card) -> Vec<Snippet> {
    let sent = card.call.with(|call| match call.phase() {
        Phase::Idle => None,
        Phase::Live | Phase::Ended(_) => Some(messages(call)),
    });
    let (messages, options) = match sent {
        Some(messages) => (messages, card.made_with.get()),
        None => (vec![card.request()], card.options.get().unwrap_or_default()),
    };
    let origin = card.origin();
    let made = Made {
        kind: card.kind,
        origin: &origin,
        messages: &messages,
        options: &options,
    };
    let snippet = |tool: Tool| Snippet {
        tool: tool.name(),
        text: copy_as(tool, &made),
    };
    Tool::ALL.map(snippet).to_vec()
}

/// What was sent, as far as it is kept.
fn messages(call: &Call) -> Vec<HelloRequest> {
    call.log()
        .entries()
        .filter_map(|entry| match &entry.what {
            What::Message {
                direction: Direction::Sent,
                kept: Kept::Frame(frame),
                ..
            } => HelloRequest::decode(frame.get(PREFIX_LEN..)?).ok(),
            _ => None,
        })
        .collect()
}
