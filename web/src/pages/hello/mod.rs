//! The view Hello: four cards, one for each kind of call.
//!
//! For tests in a browser, elements are found by these attributes, which do not change with the language:
//! - `data-card="unary|server|client|bidi"`: a card; inside of it
//!   - `data-field="greeting|name"`, `data-action="send|finish|cancel|inspect|follow"`; a button that does nothing
//!     now has `aria-disabled="true"` and says why in its `title`, and once pressed in the `.why` after it;
//!   - `.sequence li`: one row for each event, `.sent` or `.received`, `.is-note` (finished sending), `.is-end`;
//!   - `data-note`: that a call is with another peer than the one that is chosen, or is kept until that one is chosen;
//!   - `data-status`: `idle`, `waiting`, `receiving`, `open`, or the number of the status; `data-figures`;
//!     `data-failed`: the sentence of a call that failed;
//!   - `data-tab="messages|headers|wire|copy"`, and in the last `data-snippet` and `data-action="copy"`.
//! - `data-option="deadline|unit|count|interval"`, `data-max-message-bytes`, `data-action="add-metadata|remove-metadata"`,
//!   `data-field="metadata-key|metadata-value"`, `data-action="run-all"`.
//! - `data-presence="asking|here|stopping|gone"`, `data-banner="stopping|gone|changed"`, `data-language="en|es"`,
//!   `data-theme-choice="system|light|dark"`, `data-action="keys|shortcuts|close-keys|reload"`, `data-view="hello"`,
//!   `data-announcer`: what was said aloud last.

mod card;
mod play;
mod run_all;
mod sending;
mod snippets;

use std::time::Duration;

use leptos::prelude::*;

use crate::{
    browser::now_ms,
    model::{
        call::Call,
        hello::Kind,
        options::{Options, USUAL_COUNT, USUAL_INTERVAL, typed::Typed},
        peers::Peers,
        target::Target,
    },
    parts::{
        action_button::ActionButton, call_card::CallCard, inspect::Inspect, options_bar::OptionsBar,
        target_picker::TargetPicker,
    },
    rpc::{Pipe, Rpc, pipe_of},
    settings::Say,
};
use card::Card;

/// How often the duration of a call under way is drawn anew: ten times a second reads as flowing.
const TICK: Duration = Duration::from_millis(100);

/// The view Hello.
#[component]
pub fn Hello(
    /// The peer to call.
    rpc: Rpc,
    /// Its name.
    peer: Signal<Option<String>>,
    /// The others.
    #[prop(into)]
    peers: Signal<Peers>,
    /// Which of them to call; none for this one.
    target: RwSignal<Option<Target>>,
    /// The largest message it takes, in bytes.
    max_message_bytes: Signal<u64>,
    /// Told whether a call is under way.
    is_open: RwSignal<bool>,
) -> impl IntoView {
    let say = Say::here();
    let typed = RwSignal::new(Typed::default());
    let parsed = Signal::derive(move || {
        let target = target.get();
        typed
            .with(Typed::parse)
            .map(|options| Options { target, ..options })
    });
    let options_are_good = Signal::derive(move || parsed.with(Result::is_ok));
    let cards = Kind::ALL.map(|kind| Card::new(kind, rpc.clone(), parsed));
    let now_ms = ticking(cards, is_open);
    Effect::new(move || {
        let target = target.get();
        cards.iter().for_each(|card| card.turn_to(target.as_ref()));
    });

    let run_all = run_all::RunAll::new(cards);
    let why_not = Signal::derive(move || {
        let texts = &say.texts().hello;
        let all_are_live = cards.iter().all(|card| card.call.with(Call::is_live));
        match (options_are_good.get(), all_are_live) {
            (false, _) => Some(texts.bad_options),
            (true, true) => Some(texts.all_running),
            (true, false) => None,
        }
    });
    let view_of = move |card: Card| {
        let kind = card.kind;
        let (pipe, by_socket) = match pipe_of(kind.path()) {
            Pipe::Fetch => (("gRPC-Web", say.text(|texts| texts.hello.by_fetch)), false),
            Pipe::Socket => (("WebSocket", say.text(|texts| texts.hello.by_socket)), true),
        };
        let snippets = Signal::derive(move || snippets::of(card));
        let empty =
            Signal::derive(move || parsed.with(|parsed| before_first_call(say, kind, parsed.as_ref().ok())));
        let is_far = Signal::derive(move || card.callee().is_some());
        let note = Signal::derive(move || {
            let name_of = |target: Option<Target>| match target {
                Some(target) => target.name,
                None => peer
                    .get()
                    .unwrap_or_else(|| say.texts().peers.this_peer.to_owned()),
            };
            let (chosen, callee) = (target.get(), card.callee());
            let texts = &say.texts().hello;
            if card.call.with(Call::is_idle) {
                let before = name_of(card.kept_aside()?);
                Some((texts.kept_aside)(&name_of(chosen), &before))
            } else if Target::is_same(chosen.as_ref(), callee.as_ref()) {
                None
            } else {
                Some((texts.goes_elsewhere)(&name_of(callee), &name_of(chosen)))
            }
        });
        view! {
            <CallCard
                kind
                pipe
                empty
                note
                call=card.call
                greeting=card.greeting
                name=card.name
                peer=Signal::derive(move || card.callee().map(|callee| callee.name).or_else(|| peer.get()))
                is_far
                now_ms
                options_are_good
                on_send=move |()| card.send()
                on_finish=move |()| card.finish()
                on_cancel=move |()| card.cancel()
                inspect=move || view! { <Inspect kind call=card.call is_far by_socket snippets /> }
            />
        }
    };
    view! {
        <div class="head">
            <div>
                <h1>{say.text(|texts| texts.hello.title)}</h1>
                <p class="muted">{say.text(|texts| texts.hello.intro)}</p>
            </div>
            <div class="head-actions">
                <TargetPicker peers own=peer target />
                <ActionButton
                    action="run-all"
                    of="hello"
                    label=say.text(|texts| texts.hello.run_all)
                    why_not
                    on_press=move |()| run_all.start()
                />
            </div>
        </div>
        <OptionsBar typed parsed max_message_bytes />
        <div class="calls">{cards.into_iter().map(view_of).collect_view()}</div>
    }
}

/// What a card says before its first call, with the options as they are.
fn before_first_call(say: Say, kind: Kind, options: Option<&Options>) -> String {
    let texts = &say.texts().hello;
    match options {
        Some(Options { count, interval, .. })
            if kind == Kind::Server && (count.is_some() || interval.is_some()) =>
        {
            let number = |number: u64| say.language().count(number);
            let pause = interval.unwrap_or(USUAL_INTERVAL).as_millis() as u64;
            (texts.empty_with)(&number(count.unwrap_or(USUAL_COUNT).into()), &number(pause))
        }
        _ => (texts.empty)(kind).to_owned(),
    }
}

/// The time, which goes by only while a call is under way.
fn ticking(cards: [Card; 4], is_open: RwSignal<bool>) -> Signal<f64> {
    let now = RwSignal::new(now_ms());
    let any_is_live = Memo::new(move |_| cards.iter().any(|card| card.call.with(Call::is_live)));
    Effect::new(move || {
        is_open.set(any_is_live.get());
        if any_is_live.get() {
            now.set(now_ms());
            let tick = set_interval_with_handle(move || now.set(now_ms()), TICK);
            on_cleanup(move || {
                if let Ok(tick) = tick {
                    tick.clear();
                }
            });
        }
    });
    now.into()
}
