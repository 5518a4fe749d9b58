//! A call drawn as a live sequence diagram. Underneath it is an ordered list, so it reads aloud and copies as text.

use std::sync::Arc;

use leptos::{html, prelude::*};

use super::{copy_rows::copy_rows, row::Row};
use crate::{
    browser::SizeWatch,
    model::{
        call::{
            Call,
            log::{Entry, KEPT_EVENTS},
        },
        hello::Kind,
    },
    settings::Say,
};

/// So near to its end a list counts as being at it: a scrolled list may rest on a fraction of a pixel.
const NEAR_END_PX: i32 = 8;

/// The diagram. It follows its end unless one has scrolled up, and then says how much is new below.
#[component]
pub fn Sequence(
    /// The kind of call.
    kind: Kind,
    /// The call.
    #[prop(into)]
    call: Signal<Call>,
    /// The name of the peer, over its lifeline.
    #[prop(into)]
    peer: Signal<Option<String>>,
    /// How often one has pressed Send, which leads back to the end.
    #[prop(into)]
    presses: Signal<u32>,
) -> impl IntoView {
    let say = Say::here();
    let (scroller, rows) = (NodeRef::<html::Div>::new(), NodeRef::<html::Ol>::new());
    // The number of rows when one left the end; none while it is followed.
    let left_at = RwSignal::new(None::<u64>);
    let last_top = StoredValue::new(0);

    let on_scroll = move |_| {
        if let Some(scroller) = scroller.get_untracked() {
            let top = scroller.scroll_top();
            let below = scroller.scroll_height() - scroller.client_height() - top;
            // A row that is higher than it was thought to be leaves more below as well. Only a person goes up.
            let is_up = last_top.try_update_value(|last| std::mem::replace(last, top) > top);
            match (below <= NEAR_END_PX, left_at.get_untracked()) {
                (true, Some(_)) => left_at.set(None),
                (false, None) if is_up == Some(true) => {
                    left_at.set(Some(call.with_untracked(|call| call.log().rows())));
                }
                _ => {}
            }
        }
    };
    let follow = move || {
        // It may be gone by the time it is drawn.
        if let (Some(None), Some(scroller)) = (
            left_at.try_get_untracked(),
            scroller.try_get_untracked().flatten(),
        ) {
            scroller.set_scroll_top(scroller.scroll_height());
            last_top.set_value(scroller.scroll_top());
        }
    };
    let to_end = move || {
        left_at.set(None);
        follow();
    };
    Effect::new(move |drawn: Option<_>| {
        let now = (call.with(Call::run), presses.get());
        if drawn.is_some_and(|drawn| drawn != now) {
            left_at.set(None);
        }
        // After the rows are drawn, which is an effect of its own.
        queue_microtask(follow);
        now
    });
    // How high a row is, the browser knows once it is in sight; and the room for them may change.
    let watched = StoredValue::new_local(None::<SizeWatch>);
    Effect::new(move || {
        if let (Some(scroller), Some(rows)) = (scroller.get(), rows.get()) {
            watched.set_value(SizeWatch::begin(&[&scroller, &rows], follow));
        }
    });

    let entries = move || -> Vec<Arc<Entry>> {
        call.with(|call| {
            call.log()
                .entries()
                .filter(|entry| entry.is_row())
                .cloned()
                .collect()
        })
    };
    let forgotten =
        Memo::new(move |_| call.with(|call| (call.log().forgotten() > 0).then(|| call.log().rows())));
    let last_of = move || {
        forgotten.get().map(|all| {
            let count = |number| say.language().count(number);
            let text = (say.texts().diagram.last_of)(&count(KEPT_EVENTS as u64), &count(all));
            view! { <p class="last-of muted" data-kept=KEPT_EVENTS>{text}</p> }
        })
    };
    let new_below = Memo::new(move |_| {
        let left_at = left_at.get()?;
        let new = call.with(|call| call.log().rows()).saturating_sub(left_at);
        (new > 0).then_some(new)
    });
    let is_undelivered = Memo::new(move |_| call.with(Call::is_undelivered));
    let label = move || (say.texts().diagram.label)((say.texts().hello.kind)(kind));
    let peer = move || peer.get().unwrap_or_else(|| say.texts().diagram.peer.to_owned());
    view! {
        <div class="diagram">
            <div class="sequence" class:is-followed=move || left_at.get().is_none() role="group" tabindex="0" aria-label=label node_ref=scroller on:scroll=on_scroll on:copy=move |event| copy_rows(&event)>
                <p class="ends">
                    <span>{say.text(|texts| texts.diagram.browser)}</span>
                    <span>{peer}</span>
                </p>
                {last_of}
                <ol node_ref=rows>
                    <For each=entries key=|entry| entry.id let(entry)>
                        <Row kind entry is_undelivered />
                    </For>
                </ol>
            </div>
            {move || {
                new_below.get().map(|new| {
                    let text = (say.texts().diagram.new_below)(&say.language().count(new));
                    view! {
                        <button type="button" class="button new-below" data-action="follow" on:click=move |_| to_end()>
                            {text}
                        </button>
                    }
                })
            }}
        </div>
    }
}
