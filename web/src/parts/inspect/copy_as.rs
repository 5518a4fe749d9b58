//! The tab Copy as…: the same call for a terminal or a program.

use leptos::prelude::*;

use crate::parts::copyable::Copyable;

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
        let snippet = |snippet: Snippet| {
            let tool = snippet.tool;
            view! { <Copyable of=tool label=Signal::stored(tool) text=snippet.text /> }
        };
        snippets.get().into_iter().map(snippet).collect_view()
    }
}
