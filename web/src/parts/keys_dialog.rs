//! The dialog that shows the keys.

use leptos::{html::Dialog, prelude::*};

use crate::settings::Say;

/// The keys and what they do; and the switch that turns the single ones off.
#[component]
pub fn KeysDialog(
    /// The dialog itself, for whoever opens it.
    dialog: NodeRef<Dialog>,
    /// Whether single keys are shortcuts.
    #[prop(into)]
    shortcuts: Signal<bool>,
    /// Turns them on or off.
    #[prop(into)]
    on_shortcuts: Callback<bool>,
) -> impl IntoView {
    let say = Say::here();
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let line = move |keys: &'static [&'static str], what: Signal<&'static str>| {
        let keys = keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view();
        view! {
            <div>
                <dt>{keys}</dt>
                <dd>{what}</dd>
            </div>
        }
    };
    view! {
        <dialog node_ref=dialog class="keys" aria-labelledby="keys-title">
            <h2 id="keys-title">{say.text(|texts| texts.keys.title)}</h2>
            <dl>
                {line(&["1"], say.text(|texts| texts.keys.hello))}
                {line(&["2"], say.text(|texts| texts.keys.peers))}
                {line(&["/"], say.text(|texts| texts.keys.first_field))}
                {line(&["?"], say.text(|texts| texts.keys.show))}
                {line(&["Enter"], say.text(|texts| texts.keys.send))}
                {line(&["←", "→"], say.text(|texts| texts.keys.tabs))}
                {line(&["Esc"], say.text(|texts| texts.keys.close_dialog))}
            </dl>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=shortcuts
                    on:change=move |event| on_shortcuts.run(event_target_checked(&event))
                    aria-describedby="keys-hint"
                    data-action="shortcuts"
                />
                {say.text(|texts| texts.keys.single)}
            </label>
            <p id="keys-hint" class="muted">{say.text(|texts| texts.keys.single_hint)}</p>
            <button type="button" class="button primary" data-action="close-keys" on:click=close>
                {say.text(|texts| texts.keys.close)}
            </button>
        </dialog>
    }
}
