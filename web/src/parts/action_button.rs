//! A button that, when it does nothing, says why.

use leptos::prelude::*;

/// A button of a form. While there is a reason not to press it, it stays in reach of the keyboard and says the
/// reason instead of doing anything: when it is pointed at, when it is read aloud, and below it when it is pressed.
#[component]
pub fn ActionButton(
    /// Its name in `data-action`.
    action: &'static str,
    /// What it is about, to make its ids unique.
    of: &'static str,
    /// What it says.
    #[prop(into)]
    label: Signal<&'static str>,
    /// How it looks: `primary`, `stop`, or nothing.
    #[prop(optional)]
    look: &'static str,
    /// Whether it submits its form; then the form does what it says.
    #[prop(optional)]
    submits: bool,
    /// Why it does nothing now.
    #[prop(into)]
    why_not: Signal<Option<&'static str>>,
    /// What it does, unless it submits.
    #[prop(optional, into)]
    on_press: Option<Callback<()>>,
) -> impl IntoView {
    let reason_id = format!("{of}-{action}-why");
    let described_by = {
        let reason_id = reason_id.clone();
        move || why_not.get().map(|_| reason_id.clone())
    };
    // Pointing at it shows the reason as well, but not every person points.
    let was_pressed_in_vain = RwSignal::new(false);
    let press = move |_| {
        was_pressed_in_vain.set(why_not.get_untracked().is_some());
        if why_not.get_untracked().is_none()
            && let Some(press) = on_press
        {
            press.run(());
        }
    };
    view! {
        <button
            type=if submits { "submit" } else { "button" }
            class=format!("button {look}")
            data-action=action
            aria-disabled=move || why_not.get().map(|_| "true")
            aria-describedby=described_by
            title=move || why_not.get()
            on:click=press
            on:blur=move |_| was_pressed_in_vain.set(false)
        >
            {label}
        </button>
        <span
            id=reason_id
            class="why"
            hidden=move || !was_pressed_in_vain.get() || why_not.get().is_none()
        >
            {move || why_not.get().unwrap_or_default()}
        </span>
    }
}
