//! A button that does something with one peer.

use leptos::prelude::*;

use super::Act;
use crate::{
    model::peers::work::{Deed, Work},
    settings::Say,
};

/// Does one thing at a time; while one is under way it says so instead.
#[component]
pub fn DeedButton(
    /// What it does.
    deed: Deed,
    /// The peer's name, for those who hear the button without its row.
    #[prop(into)]
    name: Signal<String>,
    /// What is being done with the peer.
    #[prop(into)]
    work: Signal<Work>,
    /// How it looks.
    #[prop(optional)]
    look: &'static str,
    /// Asks before it does it.
    #[prop(optional)]
    asks_first: bool,
    /// Does it.
    #[prop(into)]
    on_act: Callback<Act>,
) -> impl IntoView {
    let say = Say::here();
    let is_asking = RwSignal::new(false);
    let is_busy = Memo::new(move |_| work.with(|work| work.doing.is_some()));
    let press = move |_| match (is_busy.get_untracked(), asks_first) {
        (true, _) => {}
        (false, true) => is_asking.update(|is_asking| *is_asking = !*is_asking),
        (false, false) => on_act.run(Act::Do(deed)),
    };
    let yes = move |_| {
        is_asking.set(false);
        on_act.run(Act::Do(deed));
    };
    let question = move || {
        is_asking.get().then(|| view! {
            <span class="sure" role="group" aria-label=say.text(move |texts| (texts.peers.details.sure)(deed))>
                <span>{say.text(move |texts| (texts.peers.details.sure)(deed))}</span>
                <button type="button" class="button stop" data-action="yes" on:click=yes>
                    {say.text(move |texts| (texts.peers.details.deed)(deed))}
                </button>
                <button type="button" class="button" data-action="keep" on:click=move |_| is_asking.set(false)>
                    {say.text(|texts| texts.peers.details.keep)}
                </button>
            </span>
        })
    };
    view! {
        <button
            type="button"
            class=format!("button {look}")
            data-action=deed.word()
            aria-disabled=move || is_busy.get().then_some("true")
            aria-expanded=move || asks_first.then(|| is_asking.get().to_string())
            title=move || is_busy.get().then(|| say.texts().peers.busy)
            on:click=press
        >
            {say.text(move |texts| (texts.peers.details.deed)(deed))}
            <span class="unseen">{move || format!(": {}", name.get())}</span>
        </button>
        {question}
    }
}
