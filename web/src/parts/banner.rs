//! The banner that says that the peer is not there, or that it came back as another.

use leptos::prelude::*;

use crate::{
    model::presence::{Now, Presence},
    settings::Say,
};

/// Says so while the peer is gone, and when it came back with another version.
#[component]
pub fn Banner(
    /// Whether the peer is there.
    #[prop(into)]
    presence: Signal<Presence>,
    /// Where it is looked for.
    origin: String,
    /// Loads the page again.
    #[prop(into)]
    on_reload: Callback<()>,
) -> impl IntoView {
    let say = Say::here();
    let origin = StoredValue::new(origin);
    let what = move || {
        presence.with(|presence| match (&presence.now, &presence.peer) {
            (Now::Stopping, _) => Some(("stopping", say.texts().presence.stopping.to_owned())),
            (Now::Gone { .. }, Some(_)) => Some(("gone", say.texts().presence.stopped.to_owned())),
            (Now::Gone { .. }, None) => {
                let nobody = origin.with_value(|origin| (say.texts().presence.nobody)(origin));
                Some(("gone", nobody))
            }
            (Now::Asking | Now::Here, _) => None,
        })
    };
    // A memo, so that counting does not say the sentence aloud once more.
    let what = Memo::new(move |_| what());
    let attempt = move || {
        presence.with(|presence| match presence.now {
            Now::Gone { attempts } => {
                (say.texts().presence.reconnecting)(&say.language().count(attempts.max(1).into()))
            }
            Now::Asking | Now::Here | Now::Stopping => String::new(),
        })
    };
    let changed = Memo::new(move |_| presence.with(|presence| presence.changed && presence.now == Now::Here));
    view! {
        <div role="status" class="banners">
            {move || {
                what.get().map(|(which, what)| view! {
                    <p class="banner is-bad" data-banner=which>
                        <span>{what}</span>
                        // The count changes every two seconds: for the eye only.
                        <span aria-hidden="true">{attempt}</span>
                    </p>
                })
            }}
            {move || {
                changed.get().then(|| view! {
                    <p class="banner" data-banner="changed">
                        <span>{say.text(|texts| texts.presence.changed)}</span>
                        <button type="button" class="button" data-action="reload" on:click=move |_| on_reload.run(())>
                            {say.text(|texts| texts.presence.reload)}
                        </button>
                    </p>
                })
            }}
        </div>
    }
}
