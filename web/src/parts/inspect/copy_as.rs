//! The tab Copy as…: the same call for a terminal or a program.

use std::time::Duration;

use leptos::prelude::*;

use crate::{
    browser::{self, Task},
    settings::Say,
};

/// How long a button says that it has copied.
const SAY_FOR: Duration = Duration::from_secs(2);

/// The call in the words of one tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// The tool.
    pub tool: &'static str,
    /// The text to copy.
    pub text: String,
}

/// One text for each tool, each with a button that copies it.
#[component]
pub fn CopyAs(
    /// The texts.
    snippets: Signal<Vec<Snippet>>,
) -> impl IntoView {
    // A memo, so that a call that is drawn sixty times in a second does not take a selection away.
    let snippets = Memo::new(move |_| snippets.get());
    move || {
        let snippet = |snippet: Snippet| view! { <Copyable snippet /> };
        snippets.get().into_iter().map(snippet).collect_view()
    }
}

#[component]
fn Copyable(snippet: Snippet) -> impl IntoView {
    let say = Say::here();
    let copied = RwSignal::new(None::<bool>);
    let task = StoredValue::new(None::<Task>);
    let text = StoredValue::new(snippet.text.clone());
    let copy = move |_| {
        task.set_value(Some(Task::spawn(async move {
            copied.set(Some(browser::copy(text.get_value()).await));
            browser::sleep(SAY_FOR).await;
            copied.set(None);
        })));
    };
    let label = move || match copied.get() {
        Some(true) => say.texts().inspect.copied,
        Some(false) | None => say.texts().inspect.copy,
    };
    let refused = move || (copied.get() == Some(false)).then(|| say.texts().inspect.not_copied);
    view! {
        <section class="snippet" data-snippet=snippet.tool>
            <div class="snippet-head">
                <h3>{snippet.tool}</h3>
                <span class="wrong" role="status">{refused}</span>
                <button type="button" class="button small" data-action="copy" on:click=copy>
                    {label} <span class="unseen">{snippet.tool}</span>
                </button>
            </div>
            <pre tabindex="0" aria-label=snippet.tool>{snippet.text}</pre>
        </section>
    }
}
