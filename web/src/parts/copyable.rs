//! A text with a button that copies it.

use std::time::Duration;

use leptos::prelude::*;

use crate::{
    browser::{self, Task},
    settings::Say,
};

/// How long a button says that it has copied.
const SAY_FOR: Duration = Duration::from_secs(2);

/// The text, what it is, and the button.
#[component]
pub fn Copyable(
    /// Its name in `data-snippet`.
    of: &'static str,
    /// What it is.
    #[prop(into)]
    label: Signal<&'static str>,
    /// The text to copy.
    text: String,
) -> impl IntoView {
    let say = Say::here();
    let copied = RwSignal::new(None::<bool>);
    let task = StoredValue::new(None::<Task>);
    let stored = StoredValue::new(text.clone());
    let copy = move |_| {
        task.set_value(Some(Task::spawn(async move {
            copied.set(Some(browser::copy(stored.get_value()).await));
            browser::sleep(SAY_FOR).await;
            copied.set(None);
        })));
    };
    let button = move || match copied.get() {
        Some(true) => say.texts().inspect.copied,
        Some(false) | None => say.texts().inspect.copy,
    };
    let refused = move || (copied.get() == Some(false)).then(|| say.texts().inspect.not_copied);
    view! {
        <section class="snippet" data-snippet=of>
            <div class="snippet-head">
                <h3>{label}</h3>
                <span class="wrong" role="status">{refused}</span>
                <button type="button" class="button small" data-action="copy" on:click=copy>
                    {button} <span class="unseen">{label}</span>
                </button>
            </div>
            <pre tabindex="0" aria-label=label>{text}</pre>
        </section>
    }
}
