//! The table of the peers: one row each, and below it what can be done.

use leptos::prelude::*;

use super::{Act, peer_row::PeerRow};
use crate::{
    model::peers::{Peers, work::Works},
    settings::Say,
};

/// The table; nothing while nobody is known.
#[component]
pub fn PeerTable(
    /// The peers.
    #[prop(into)]
    peers: Signal<Peers>,
    /// What is being done with each.
    #[prop(into)]
    works: Signal<Works>,
    /// The peer whose details are shown.
    #[prop(into)]
    shown: Signal<Option<String>>,
    /// The time, in seconds since 1970.
    now: Signal<i64>,
    /// What is wanted of a row.
    #[prop(into)]
    on_act: Callback<(String, Act)>,
) -> impl IntoView {
    let say = Say::here();
    let ids = Memo::new(move |_| {
        peers.with(|peers| peers.list.iter().map(|peer| peer.id.clone()).collect::<Vec<_>>())
    });
    let is_empty = Memo::new(move |_| ids.with(Vec::is_empty));
    // The roles are said, as a narrow screen shows each row as a block, and a browser would take it for no row then.
    let head = move |class: &'static str, label: Signal<&'static str>| {
        view! { <th role="columnheader" scope="col" class=class>{label}</th> }
    };
    view! {
        <section class="card peers" hidden=is_empty>
            <table role="table" aria-label=say.text(|texts| texts.peers.table.label)>
                <thead role="rowgroup">
                    <tr role="row">
                        {head("", say.text(|texts| texts.peers.table.peer))}
                        {head("", say.text(|texts| texts.peers.table.identity))}
                        {head("", say.text(|texts| texts.peers.table.path))}
                        {head("num", say.text(|texts| texts.peers.table.round_trip))}
                        {head("num", say.text(|texts| texts.peers.table.last_seen))}
                        {head("num", say.text(|texts| texts.peers.table.traffic))}
                        <th role="columnheader" scope="col">
                            <span class="unseen">{say.text(|texts| texts.peers.table.actions)}</span>
                        </th>
                    </tr>
                </thead>
                <For each=move || ids.get() key=Clone::clone let(id)>
                    <PeerRow id peers works shown now on_act />
                </For>
            </table>
        </section>
    }
}
