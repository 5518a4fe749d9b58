//! Whom the cards call: this peer, or another one.

use leptos::prelude::*;

use crate::{
    model::{
        peers::{
            Peers,
            peer::{Peer, Relation},
        },
        target::Target,
    },
    settings::Say,
};

/// The choice. This peer comes first; those who are away say so, and can be chosen all the same.
#[component]
pub fn TargetPicker(
    /// The peers.
    #[prop(into)]
    peers: Signal<Peers>,
    /// The name of this peer.
    #[prop(into)]
    own: Signal<Option<String>>,
    /// What is chosen; none for this peer.
    target: RwSignal<Option<Target>>,
) -> impl IntoView {
    let say = Say::here();
    let own_name = move || {
        let name = own.get();
        match name {
            Some(name) => (say.texts().hello.target_is_this)(&name),
            None => say.texts().peers.this_peer.to_owned(),
        }
    };
    // Who is chosen stays in the list, whatever becomes of it.
    let ids = Memo::new(move |_| {
        let chosen = target.with(|target| target.as_ref().map(|target| target.id.clone()));
        let mut ids: Vec<String> = peers.with(|peers| {
            let callable = peers
                .list
                .iter()
                .filter(|peer| peer.relation != Relation::Blocked);
            callable.map(|peer| peer.id.clone()).collect()
        });
        ids.extend(chosen.filter(|chosen| !ids.contains(chosen)));
        ids
    });
    let label = move |id: &str| {
        let how = |peer: &Peer| {
            let texts = &say.texts().peers;
            let text = match (peer.relation, peer.is_online, peer.round_trip_ms) {
                (Relation::Blocked, ..) => (texts.table.relation)(Relation::Blocked).to_owned(),
                (_, false, _) => texts.away.to_owned(),
                (_, true, Some(time)) => say.language().time(time),
                (_, true, None) => texts.here.to_owned(),
            };
            // First of all: who reads no more has read this.
            let text = match peer.name_has_another_key {
                true => format!("⚠ {} · {text}", texts.table.doubtful),
                false => text,
            };
            (say.texts().hello.target_is)(&peer.name, &text)
        };
        peers.with(|peers| peers.get(id).map(how)).unwrap_or_else(|| {
            let name = target.with(|target| target.as_ref().map(|target| target.name.clone()));
            (say.texts().hello.target_is)(&name.unwrap_or_default(), say.texts().peers.away)
        })
    };
    let option = move |id: String| {
        let id = StoredValue::new(id);
        let is_chosen = Memo::new(move |_| {
            target.with(|target| {
                target
                    .as_ref()
                    .is_some_and(|target| id.with_value(|id| *id == target.id))
            })
        });
        let label = Memo::new(move |_| id.with_value(|id| label(id)));
        view! { <option value=id.get_value() prop:selected=is_chosen>{label}</option> }
    };
    let choose = move |event| {
        let id = event_target_value(&event);
        let name = peers.with_untracked(|peers| peers.get(&id).map(|peer| peer.name.clone()));
        target.set((!id.is_empty()).then(|| Target {
            name: name.unwrap_or_default(),
            id,
        }));
    };
    view! {
        <label class="option target">
            <span>{say.text(|texts| texts.hello.target)}</span>
            <select class="field" data-option="target" on:change=choose>
                <option value="" prop:selected=move || target.with(Option::is_none)>{own_name}</option>
                <For each=move || ids.get() key=Clone::clone children=option />
            </select>
        </label>
    }
}
