//! The tab Messages: every message that is kept, as text.

use std::sync::Arc;

use leptos::prelude::*;

use super::nothing_yet;
use crate::{
    model::{
        call::{
            Call,
            log::{Entry, What},
        },
        hello::{Direction, Kind},
        text_of::text_of,
        visible::visible,
        wire::take_apart,
    },
    settings::Say,
};

/// The last so many messages: each is several lines, and more are not read but counted.
const SHOWN: usize = 100;
/// Characters of one line; a longer value is cut.
const LINE_CHARS: usize = 2_000;
/// Lines of one message.
const LINES: usize = 100;

/// The messages of a call, the oldest first.
#[component]
pub fn MessagesTab(
    /// The kind of call.
    kind: Kind,
    /// The call.
    call: Signal<Call>,
) -> impl IntoView {
    let say = Say::here();
    let messages = move || {
        call.with(|call| {
            let messages = call
                .log()
                .entries()
                .filter(|entry| matches!(entry.what, What::Message { .. }));
            let mut messages: Vec<_> = messages.rev().take(SHOWN).cloned().collect();
            messages.reverse();
            messages
        })
    };
    let all = Memo::new(move |_| call.with(|call| call.sent().messages + call.received().messages));
    let last_of = move || {
        (all.get() > SHOWN as u64).then(|| {
            let count = |number| say.language().count(number);
            view! { <p class="muted">{(say.texts().inspect.last_of)(&count(SHOWN as u64), &count(all.get()))}</p> }
        })
    };
    view! {
        {move || (all.get() == 0).then(|| nothing_yet(say))}
        {last_of}
        <ol class="messages">
            <For each=messages key=|entry| entry.id let(entry)>
                <Message kind entry />
            </For>
        </ol>
    }
}

#[component]
fn Message(kind: Kind, entry: Arc<Entry>) -> impl IntoView {
    let say = Say::here();
    let at_ms = entry.at_ms;
    let What::Message {
        direction,
        number,
        bytes,
        kept,
    } = &entry.what
    else {
        return ().into_any();
    };
    let (direction, number, bytes) = (*direction, *number, *bytes as u64);
    let text = kept.frame().map(|frame| {
        let text = text_of(&take_apart(frame, kind.full_name(direction)));
        let lines: Vec<String> = text
            .lines()
            .take(LINES)
            .map(|line| visible(line, LINE_CHARS))
            .collect();
        lines.join("\n")
    });
    let text = move || match &text {
        None => say.texts().inspect.not_kept.to_owned(),
        Some(text) if text.is_empty() => say.texts().diagram.empty_message.to_owned(),
        Some(text) => text.clone(),
    };
    view! {
        <li class=super::look(direction)>
            <p class={"frame-head"}>
                {super::head(say, direction)}
                <b>{kind.message_name(direction)}</b>
                <span>{move || format!("#{}", say.language().count(number))}</span>
                <span>{move || say.language().bytes(bytes)}</span>
                <time>{move || say.language().time(at_ms)}</time>
            </p>
            <pre>{text}</pre>
        </li>
    }
    .into_any()
}

impl Kind {
    /// The full name of the message that goes this way.
    pub(super) fn full_name(self, direction: Direction) -> &'static str {
        let method = contract::Method::of(self.path());
        method.map_or("", |method| match direction {
            Direction::Sent => method.request,
            Direction::Received => method.response,
        })
    }
}
