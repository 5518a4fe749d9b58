//! A button that does something with one peer.

use leptos::prelude::*;

use super::Act;
use crate::{
    model::peers::work::{Deed, Sure},
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
    /// Why it does nothing now, if so.
    #[prop(into)]
    why_not: Signal<Option<&'static str>>,
    /// How it looks.
    #[prop(optional)]
    look: &'static str,
    /// What it asks before it does it.
    #[prop(optional)]
    sure: Option<Sure>,
    /// Does it.
    #[prop(into)]
    on_act: Callback<Act>,
) -> impl IntoView {
    let say = Say::here();
    let is_asking = RwSignal::new(false);
    let is_off = move || why_not.get().map(|_| "true");
    let press = move |_| match (why_not.get_untracked(), sure) {
        (Some(_), _) => {}
        (None, Some(_)) => is_asking.update(|is_asking| *is_asking = !*is_asking),
        (None, None) => on_act.run(Act::Do(deed)),
    };
    let yes = move |_| {
        if why_not.get_untracked().is_none() {
            is_asking.set(false);
            on_act.run(Act::Do(deed));
        }
    };
    let question = move || {
        sure.filter(|_| is_asking.get()).map(|sure| view! {
            <span class="sure" role="group" aria-label=say.text(move |texts| (texts.peers.details.sure)(sure))>
                <span>{say.text(move |texts| (texts.peers.details.sure)(sure))}</span>
                <button type="button" class="button stop" data-action="yes" aria-disabled=is_off title=move || why_not.get() on:click=yes>
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
            aria-disabled=is_off
            aria-expanded=move || sure.map(|_| is_asking.get().to_string())
            title=move || why_not.get()
            on:click=press
        >
            {say.text(move |texts| (texts.peers.details.deed)(deed))}
            <span class="unseen">{move || format!(": {}", name.get())}</span>
        </button>
        {question}
    }
}
