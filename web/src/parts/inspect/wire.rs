//! The tab Wire: the exact bytes that crossed, taken apart, frame by frame.

use std::sync::Arc;

use http::HeaderMap;
use leptos::prelude::*;

use super::nothing_yet;
use crate::{
    model::{
        call::{
            Call,
            log::{Entry, What},
        },
        hello::{Direction, Kind},
        visible::visible,
        wire::{Kind as Colour, Span, take_apart},
        wire_socket,
    },
    settings::Say,
};

/// The last so many frames: each is about eight lines.
const SHOWN: usize = 40;
/// Parts of one frame; a frame of more is cut, as hundreds of lines explain nothing more.
const PARTS: usize = 200;
/// Bytes of one part: four lines of sixteen.
const PART_BYTES: usize = 64;
/// Characters of what a part means.
const MEANING_CHARS: usize = 300;

/// The frames of a call, the oldest first.
#[component]
pub fn WireTab(
    /// The kind of call.
    kind: Kind,
    /// The call.
    call: Signal<Call>,
    /// Whether it crosses by a WebSocket, where headers and the finish are bytes as well.
    by_socket: bool,
) -> impl IntoView {
    let say = Say::here();
    let headers = Memo::new(move |_| {
        let headers = call.with(|call| call.headers().request.clone());
        headers.filter(|_| by_socket)
    });
    let headers = move || headers.get().map(|headers| view! { <RequestHeaders headers /> });
    let frames = move || {
        call.with(|call| {
            let frames = call
                .log()
                .entries()
                .filter(|entry| !matches!(entry.what, What::Ended(_)));
            let mut frames: Vec<_> = frames.rev().take(SHOWN).cloned().collect();
            frames.reverse();
            frames
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
        <ol class="frames">
            {headers}
            <For each=frames key=|entry| entry.id let(entry)>
                <WireFrame kind entry by_socket />
            </For>
        </ol>
    }
}

/// The first message of a page on a WebSocket.
#[component]
fn RequestHeaders(headers: HeaderMap) -> impl IntoView {
    let say = Say::here();
    view! {
        <li class="sent">
            <p class="frame-head">
                {super::head(say, Direction::Sent)}
                <b>{say.text(|texts| texts.inspect.headers_frame)}</b>
            </p>
            {table(say, wire_socket::request_headers(&headers))}
        </li>
    }
}

#[component]
fn WireFrame(kind: Kind, entry: Arc<Entry>, by_socket: bool) -> impl IntoView {
    let say = Say::here();
    let at_ms = entry.at_ms;
    let time = move || view! { <time>{move || say.language().time(at_ms)}</time> };
    match &entry.what {
        What::Message {
            direction,
            number,
            bytes,
            kept,
        } => {
            let (direction, number, bytes) = (*direction, *number, *bytes as u64);
            view! {
                <li class=super::look(direction)>
                    <p class={"frame-head"}>
                        {super::head(say, direction)}
                        <b>{kind.message_name(direction)}</b>
                        <span>{move || format!("#{}", say.language().count(number))}</span>
                        <span>{move || say.language().bytes(bytes)}</span>
                        {time()}
                    </p>
                    {kept.frame().map(|frame| {
                        let mut spans = take_apart(frame, kind.full_name(direction));
                        if by_socket && direction == Direction::Sent {
                            spans.insert(0, wire_socket::before_a_frame());
                        }
                        table(say, spans)
                    })}
                    {kept.frame().is_none().then(|| view! {
                        <p class="muted">{say.text(|texts| texts.inspect.not_kept)}</p>
                    })}
                </li>
            }
            .into_any()
        }
        What::Block { frame } => {
            let bytes = frame.len() as u64;
            view! {
                <li class=super::look(Direction::Received)>
                    <p class={"frame-head"}>
                        {super::head(say, Direction::Received)}
                        <b>{say.text(|texts| texts.inspect.headers_frame)}</b>
                        <span>{move || say.language().bytes(bytes)}</span>
                        {time()}
                    </p>
                    {table(say, take_apart(frame, ""))}
                </li>
            }
            .into_any()
        }
        What::Finished => view! {
            <li class={"sent"}>
                <p class={"frame-head"}>
                    {super::head(say, Direction::Sent)}
                    <b>{say.text(|texts| texts.diagram.finished)}</b>
                    {time()}
                </p>
                {by_socket.then(|| table(say, vec![wire_socket::finish()]))}
            </li>
        }
        .into_any(),
        What::Ended(_) => ().into_any(),
    }
}

/// A table of the parts of a frame: the bytes, and what they are.
fn table(say: Say, mut spans: Vec<Span>) -> impl IntoView {
    spans.truncate(PARTS);
    let row = move |span: Span| {
        let indent = format!("depth-{}", span.depth.min(4));
        let hex = span.hex(PART_BYTES);
        let look = colour(span.kind());
        let meaning = move || visible(&span.meaning.explain(say.language()), MEANING_CHARS);
        view! {
            <tr class=look>
                <td class={"hex"}>{hex}</td>
                <td class=indent>{meaning}</td>
            </tr>
        }
    };
    view! {
        <table class="parts">
            <thead class="unseen">
                <tr>
                    <th scope="col">{say.text(|texts| texts.inspect.bytes)}</th>
                    <th scope="col">{say.text(|texts| texts.inspect.meaning)}</th>
                </tr>
            </thead>
            <tbody>{spans.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

fn colour(kind: Colour) -> &'static str {
    match kind {
        Colour::Flags => "is-flags",
        Colour::Length => "is-length",
        Colour::Tag => "is-tag",
        Colour::LengthDelimiter => "is-size",
        Colour::Value => "is-value",
        Colour::HeaderText => "is-header",
        Colour::Unknown => "is-unknown",
    }
}
