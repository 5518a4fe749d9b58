//! What Inspect opens in a card: four tabs about the call. Only the one that is open is worked out.

pub mod copy_as;
pub mod headers;
pub mod messages;
pub mod wire;

use leptos::{ev::KeyboardEvent, html, prelude::*};

pub use copy_as::Snippet;

use self::{copy_as::CopyAs, headers::HeadersTab, messages::MessagesTab, wire::WireTab};
use crate::{
    i18n::texts::Texts,
    model::{
        call::Call,
        hello::{Direction, Kind},
    },
    settings::Say,
};

/// One of the tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Messages,
    Headers,
    Wire,
    Copy,
}

impl Tab {
    const ALL: [Tab; 4] = [Tab::Messages, Tab::Headers, Tab::Wire, Tab::Copy];

    fn word(self) -> &'static str {
        match self {
            Tab::Messages => "messages",
            Tab::Headers => "headers",
            Tab::Wire => "wire",
            Tab::Copy => "copy",
        }
    }

    fn label(self, texts: &'static Texts) -> &'static str {
        let texts = &texts.inspect;
        match self {
            Tab::Messages => texts.messages,
            Tab::Headers => texts.headers,
            Tab::Wire => texts.wire,
            Tab::Copy => texts.copy_as,
        }
    }

    /// The tab that a key leads to from this one, as the pattern for tabs has it: around the ends.
    fn after(self, key: &str) -> Option<Tab> {
        let place = Self::ALL.iter().position(|tab| *tab == self)?;
        let last = Self::ALL.len() - 1;
        let place = match key {
            "ArrowRight" if place == last => 0,
            "ArrowRight" => place + 1,
            "ArrowLeft" if place == 0 => last,
            "ArrowLeft" => place - 1,
            "Home" => 0,
            "End" => last,
            _ => return None,
        };
        Some(Self::ALL[place])
    }
}

/// The tabs of one card.
#[component]
pub fn Inspect(
    /// The kind of call.
    kind: Kind,
    /// The call.
    #[prop(into)]
    call: Signal<Call>,
    /// Whether it was passed on to another peer.
    #[prop(into)]
    is_far: Signal<bool>,
    /// Whether it crosses by a WebSocket.
    by_socket: bool,
    /// The same call in other words, for a terminal or a program.
    #[prop(into)]
    snippets: Signal<Vec<Snippet>>,
) -> impl IntoView {
    let say = Say::here();
    let chosen = RwSignal::new(Tab::Messages);
    let tabs = Tab::ALL.map(|tab| (tab, NodeRef::<html::Button>::new()));
    let on_key = move |event: KeyboardEvent| {
        let Some(next) = chosen.get_untracked().after(&event.key()) else {
            return;
        };
        event.prevent_default();
        chosen.set(next);
        if let Some((_, button)) = tabs.iter().find(|(tab, _)| *tab == next)
            && let Some(button) = button.get_untracked()
        {
            // A button that is in the page can be focused.
            let _ = button.focus();
        }
    };
    let id = move |what: &str, tab: Tab| format!("{}-{}-{what}", kind.word(), tab.word());
    let button = move |(tab, node): (Tab, NodeRef<html::Button>)| {
        let is_chosen = move || chosen.get() == tab;
        view! {
            <button
                type="button"
                role="tab"
                class="button quiet small"
                id=id("tab", tab)
                data-tab=tab.word()
                aria-selected=move || is_chosen().to_string()
                aria-controls=move || is_chosen().then(|| id("panel", tab))
                tabindex=move || if is_chosen() { "0" } else { "-1" }
                node_ref=node
                on:click=move |_| chosen.set(tab)
            >
                {move || tab.label(say.texts())}
            </button>
        }
    };
    let content = move || match chosen.get() {
        Tab::Messages => view! { <MessagesTab kind call /> }.into_any(),
        Tab::Headers => view! { <HeadersTab call is_far /> }.into_any(),
        Tab::Wire => view! { <WireTab kind call by_socket /> }.into_any(),
        Tab::Copy => view! { <CopyAs snippets /> }.into_any(),
    };
    let label = move || (say.texts().inspect.tabs)((say.texts().hello.kind)(kind));
    view! {
        <div class="tabs" role="tablist" aria-label=label on:keydown=on_key>
            {tabs.into_iter().map(button).collect_view()}
        </div>
        <div
            class="panel"
            role="tabpanel"
            tabindex="0"
            id=move || id("panel", chosen.get())
            aria-labelledby=move || id("tab", chosen.get())
        >
            {content}
        </div>
    }
}

/// What a tab shows before anything crossed.
fn nothing_yet(say: Say) -> impl IntoView {
    view! { <p class="muted">{say.text(|texts| texts.inspect.nothing_yet)}</p> }
}

/// The colour of what goes this way.
fn look(direction: Direction) -> &'static str {
    match direction {
        Direction::Sent => "sent",
        Direction::Received => "received",
    }
}

/// An arrow, and the same in a word.
fn head(say: Say, direction: Direction) -> impl IntoView {
    let (arrow, word) = match direction {
        Direction::Sent => ("→", say.text(|texts| texts.diagram.sent)),
        Direction::Received => ("←", say.text(|texts| texts.diagram.received)),
    };
    view! {
        <span class="way" aria-hidden="true">{arrow}</span>
        <span class="unseen">{word}</span>
    }
}
