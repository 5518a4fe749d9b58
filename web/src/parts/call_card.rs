//! One card: a kind of call, the fields to make it with, its diagram, and how it went.

use leptos::prelude::*;

use super::{
    action_button::ActionButton,
    outcome_line::{Failed, Figures, StatusPill},
    sequence::Sequence,
};
use crate::{
    model::{call::Call, hello::Kind},
    settings::Say,
};

/// What a card needs to draw a call, and to make one.
#[component]
pub fn CallCard(
    /// The kind of call.
    kind: Kind,
    /// How its messages travel: a name, and what it means.
    pipe: (&'static str, Signal<&'static str>),
    /// What the card says before its first call.
    empty: Signal<String>,
    /// That the call is with another peer than the one that is chosen; before a call, that there is one with another.
    note: Signal<Option<String>>,
    /// The call.
    #[prop(into)]
    call: Signal<Call>,
    /// The word to greet with.
    greeting: RwSignal<String>,
    /// Whom to greet.
    name: RwSignal<String>,
    /// The name of the peer.
    #[prop(into)]
    peer: Signal<Option<String>>,
    /// Whether the call was passed on to another peer than the one of this computer.
    #[prop(into)]
    is_far: Signal<bool>,
    /// The time, as it goes by.
    #[prop(into)]
    now_ms: Signal<f64>,
    /// Whether the options of the page can be sent.
    #[prop(into)]
    options_are_good: Signal<bool>,
    /// Makes the call; or, in one that is open, sends one more message.
    #[prop(into)]
    on_send: Callback<()>,
    /// Finishes sending.
    #[prop(into)]
    on_finish: Callback<()>,
    /// Gives the call up.
    #[prop(into)]
    on_cancel: Callback<()>,
    /// What Inspect shows.
    #[prop(into)]
    inspect: ViewFn,
) -> impl IntoView {
    let say = Say::here();
    let word = kind.word();
    let is_open = RwSignal::new(false);
    let inspect_id = format!("{word}-inspect");

    let why_not = Reasons {
        kind,
        call,
        options_are_good,
        say,
    };
    let send = Signal::derive(move || why_not.send());
    let presses = RwSignal::new(0_u32);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if send.get_untracked().is_none() {
            presses.update(|presses| *presses = presses.wrapping_add(1));
            on_send.run(());
        }
    };
    let is_idle = Memo::new(move |_| call.with(Call::is_idle));
    let note = Memo::new(move |_| note.get());
    let note = move || {
        note.get()
            .map(|note| view! { <p class="note" data-note>{note}</p> })
    };
    let field = move |which: &'static str, label: Signal<&'static str>, value: RwSignal<String>| {
        view! {
            <label class="labelled">
                <span class="unseen">{label}</span>
                <input
                    class="field"
                    data-field=which
                    placeholder=label
                    autocomplete="off"
                    prop:value=value
                    on:input=move |event| value.set(event_target_value(&event))
                />
            </label>
        }
    };
    let body = move || {
        if is_idle.get() {
            view! { <div class="empty"><p>{empty}</p>{note}</div> }.into_any()
        } else {
            view! { {note} <Sequence kind call peer presses /> }.into_any()
        }
    };
    let panel = {
        let inspect_id = inspect_id.clone();
        move || {
            is_open
                .get()
                .then(|| view! { <div id=inspect_id.clone() class="inspect">{inspect.run()}</div> })
        }
    };
    view! {
        <article class="card call" data-card=word aria-labelledby=format!("{word}-title")>
            <header>
                <h2 id=format!("{word}-title")>{say.text(move |texts| (texts.hello.kind)(kind))}</h2>
                <span class="shape" aria-hidden="true">{kind.shape()}</span>
                <span class="pill" title=pipe.1>{pipe.0} <span class="unseen">{move || format!(" ({})", pipe.1.get())}</span></span>
                <code>{kind.path().trim_start_matches('/')}</code>
            </header>
            <form on:submit=submit novalidate>
                {field("greeting", say.text(|texts| texts.hello.greeting), greeting)}
                {field("name", say.text(|texts| texts.hello.name), name)}
                <ActionButton action="send" of=word label=say.text(|texts| texts.hello.send)
                    look="primary" submits=true why_not=send />
                {kind.sends_many().then(|| view! {
                    <ActionButton action="finish" of=word label=say.text(|texts| texts.hello.finish)
                        why_not=Signal::derive(move || why_not.finish()) on_press=on_finish />
                })}
                <ActionButton action="cancel" of=word label=say.text(|texts| texts.hello.cancel) look="stop"
                    why_not=Signal::derive(move || why_not.cancel()) on_press=on_cancel />
            </form>
            {body}
            <Failed call is_far />
            <footer>
                <StatusPill call />
                <Figures call now_ms />
                <button
                    type="button"
                    class="button quiet small"
                    data-action="inspect"
                    aria-expanded=move || is_open.get().to_string()
                    aria-controls=move || is_open.get().then(|| inspect_id.clone())
                    on:click=move |_| is_open.update(|is_open| *is_open = !*is_open)
                >
                    {say.text(|texts| texts.hello.inspect)}
                </button>
            </footer>
            {panel}
        </article>
    }
}

/// Why each button of a card does nothing now; nothing when it does something.
#[derive(Clone, Copy)]
struct Reasons {
    kind: Kind,
    call: Signal<Call>,
    options_are_good: Signal<bool>,
    say: Say,
}

impl Reasons {
    fn send(self) -> Option<&'static str> {
        let texts = &self.say.texts().hello;
        let (is_live, is_finishing) = self.call.with(|call| (call.is_live(), call.is_finishing()));
        match (is_live, self.kind.sends_many()) {
            (true, false) => Some(texts.running),
            (true, true) if is_finishing => Some(texts.finished_already),
            // The options of a call under way are those it began with.
            (true, true) => None,
            (false, _) => (!self.options_are_good.get()).then_some(texts.bad_options),
        }
    }

    fn finish(self) -> Option<&'static str> {
        let texts = &self.say.texts().hello;
        let (is_live, is_finishing) = self.call.with(|call| (call.is_live(), call.is_finishing()));
        match (is_live, is_finishing) {
            (false, _) => Some(texts.nothing_open),
            (true, true) => Some(texts.finished_already),
            (true, false) => None,
        }
    }

    fn cancel(self) -> Option<&'static str> {
        let is_live = self.call.with(Call::is_live);
        (!is_live).then(|| self.say.texts().hello.nothing_running)
    }
}
