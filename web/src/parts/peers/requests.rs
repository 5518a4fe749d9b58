//! Those who ask to be friends, above everything else.

use leptos::prelude::*;

use super::{Act, deed_button::DeedButton, why_not};
use crate::{
    model::peers::{
        Peers,
        identity::short,
        work::{Deed, Works},
    },
    settings::Say,
};

/// One line for each request, with the two answers.
#[component]
pub fn Requests(
    /// The peers.
    #[prop(into)]
    peers: Signal<Peers>,
    /// What is being done with each.
    #[prop(into)]
    works: Signal<Works>,
    /// Answers.
    #[prop(into)]
    on_act: Callback<(String, Act)>,
) -> impl IntoView {
    let asking = Memo::new(move |_| {
        peers.with(|peers| {
            let asking = peers.list.iter().filter(|peer| peer.asks);
            asking
                .map(|peer| (peer.id.clone(), peer.name.clone(), peer.name_has_another_key))
                .collect::<Vec<_>>()
        })
    });
    view! {
        <ul class="requests">
            <For each=move || asking.get() key=Clone::clone let((id, name, is_doubtful))>
                <Request id name is_doubtful peers works on_act />
            </For>
        </ul>
    }
}

#[component]
fn Request(
    id: String,
    name: String,
    is_doubtful: bool,
    peers: Signal<Peers>,
    works: Signal<Works>,
    on_act: Callback<(String, Act)>,
) -> impl IntoView {
    let say = Say::here();
    let (id, name) = (StoredValue::new(id), StoredValue::new(name));
    let is_busy =
        move || works.with(|works| id.with_value(|id| works.of(id).is_some_and(|work| work.doing.is_some())));
    let why_not = why_not(say, peers, is_busy);
    let act = move |act| on_act.run((id.get_value(), act));
    let label = Signal::derive(move || name.get_value());
    view! {
        <li class="request" data-request=id.get_value()>
            <span>{move || name.with_value(|name| (say.texts().peers.asks)(name))}</span>
            <code>{id.with_value(|id| short(id))}</code>
            {is_doubtful.then(|| view! { <span class="wrong">{say.text(|texts| texts.peers.details.another_key)}</span> })}
            <span class="answers">
                <DeedButton deed=Deed::Accept name=label why_not on_act=act look="primary" />
                <DeedButton deed=Deed::Decline name=label why_not on_act=act />
            </span>
        </li>
    }
}
