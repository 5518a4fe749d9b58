//! A row of choices of which one is taken.

use leptos::prelude::*;

/// A labelled group of small buttons; each says whether it is the one chosen.
#[component]
pub fn Switch(
    /// What is chosen here.
    #[prop(into)]
    label: Signal<&'static str>,
    /// The buttons.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="switch" role="group" aria-label=label>
            {children()}
        </div>
    }
}
