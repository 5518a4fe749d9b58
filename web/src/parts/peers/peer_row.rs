//! One peer in the table.

use leptos::prelude::*;

use super::{Act, deed_button::DeedButton, peer_details::PeerDetails, why_not};
use crate::{
    model::peers::{
        Peers, State,
        identity::short,
        peer::{Peer, Relation},
        work::{Deed, Work, Works},
    },
    parts::icon::WarningIcon,
    settings::Say,
};

/// The row, and below it the details if they are shown.
#[component]
pub fn PeerRow(
    /// The id of the peer.
    id: String,
    /// The peers.
    peers: Signal<Peers>,
    /// What is being done with each.
    works: Signal<Works>,
    /// The peer whose details are shown.
    shown: Signal<Option<String>>,
    /// The time, in seconds since 1970.
    now: Signal<i64>,
    /// What is wanted of a row.
    on_act: Callback<(String, Act)>,
) -> impl IntoView {
    let say = Say::here();
    let id = StoredValue::new(id);
    // A peer that is gone from the list keeps its last words until its row is gone as well.
    let peer = Memo::new(move |before: Option<&Option<Peer>>| {
        let found = peers.with(|peers| id.with_value(|id| peers.get(id).cloned()));
        found.or_else(|| before.cloned().flatten())
    });
    let of = move |part: fn(&Peer) -> String| {
        Memo::new(move |_| peer.with(|peer| peer.as_ref().map(part).unwrap_or_default()))
    };
    let is =
        move |what: fn(&Peer) -> bool| Memo::new(move |_| peer.with(|peer| peer.as_ref().is_some_and(what)));
    let work = Signal::derive(move || -> Work {
        works.with(|works| id.with_value(|id| works.of(id).cloned()).unwrap_or_default())
    });
    let why_not = why_not(say, peers, move || work.with(|work| work.doing.is_some()));
    let is_old = Memo::new(move |_| peers.with(|peers| peers.state == State::Old));
    let is_shown = Memo::new(move |_| shown.with(|shown| id.with_value(|id| shown.as_ref() == Some(id))));
    let act = move |act| on_act.run((id.get_value(), act));

    let name = of(|peer| peer.name.clone());
    let relation =
        Memo::new(move |_| peer.with(|peer| peer.as_ref().map(|peer| peer.relation).unwrap_or_default()));
    let was_online = is(|peer| peer.is_online);
    let is_online = Memo::new(move |_| was_online.get() && !is_old.get());
    let (asks, asked) = (
        is(|peer| peer.asks),
        is(|peer| peer.asked && peer.relation == Relation::Stranger),
    );
    let is_doubtful = is(|peer| peer.name_has_another_key);
    let state = move || {
        let texts = &say.texts().peers;
        match (is_old.get(), is_online.get()) {
            (true, _) => ("unknown", texts.unknown),
            (false, true) => ("here", texts.here),
            (false, false) => ("away", texts.away),
        }
    };
    let path = move || {
        let texts = &say.texts().peers;
        let path = peer.with(|peer| {
            peer.as_ref()
                .and_then(|peer| peer.path.filter(|_| is_online.get()))
        });
        path.map_or("—", |path| (texts.table.path_is)(path))
    };
    let round_trip = move || {
        let time = peer.with(|peer| {
            peer.as_ref()
                .and_then(|peer| peer.round_trip_ms.filter(|_| is_online.get()))
        });
        time.map_or_else(|| "—".to_owned(), |time| say.language().time(time))
    };
    let last_seen = move || {
        let seen = peer.with(|peer| peer.as_ref().and_then(|peer| peer.last_seen));
        match (is_online.get(), seen) {
            (true, _) => say.language().from_now(0, 0),
            (false, Some(seen)) => say.language().ago(now.get(), seen),
            (false, None) => say.texts().peers.table.never.to_owned(),
        }
    };
    let traffic = move || {
        let (bytes_in, bytes_out) = peer.with(|peer| {
            peer.as_ref()
                .map(|peer| (peer.bytes_in, peer.bytes_out))
                .unwrap_or_default()
        });
        // Where there is no room it breaks between the two, and nowhere else.
        let size = |bytes| say.language().bytes(bytes).replace(' ', "\u{a0}");
        format!("{}\u{a0}/ {}", size(bytes_in), size(bytes_out))
    };
    let may_ask = Memo::new(move |_| relation.get() == Relation::Stranger && !asks.get() && !asked.get());
    let details_id = id.with_value(|id| format!("details-{id}"));
    let controls = details_id.clone();
    view! {
        <tbody role="rowgroup" data-peer=id.get_value() data-relation=move || relation_word(relation.get())
            data-state=move || state().0>
            <tr role="row" class="peer-row">
                <th role="rowheader" scope="row" class="peer-name">
                    <span class=move || if is_online.get() { "dot is-here" } else { "dot" } />
                    <b>{name}</b>
                    <span class="marks">
                        <span class=move || relation_class(relation.get()) title=move || (say.texts().peers.table.means)(relation.get())>
                            {move || (say.texts().peers.table.relation)(relation.get())}
                        </span>
                        <span class="muted state">{move || state().1}</span>
                        {move || is_doubtful.get().then(|| view! {
                            <span class="pill is-bad is-doubtful" data-doubtful title=say.text(|texts| texts.peers.details.another_key)>
                                <WarningIcon /> {say.text(|texts| texts.peers.table.doubtful)}
                            </span>
                        })}
                        {move || asks.get().then(|| view! { <span class="pill is-asking">{say.text(|texts| texts.peers.table.asks)}</span> })}
                        {move || asked.get().then(|| view! { <span class="muted">{say.text(|texts| texts.peers.table.asked)}</span> })}
                    </span>
                </th>
                <td role="cell" data-label=say.text(|texts| texts.peers.table.identity)><code>{id.with_value(|id| short(id))}</code></td>
                <td role="cell" class="peer-path" data-label=say.text(|texts| texts.peers.table.path)>{path}</td>
                <td role="cell" class="num" data-label=say.text(|texts| texts.peers.table.round_trip)>{round_trip}</td>
                <td role="cell" class="num wraps" data-label=say.text(|texts| texts.peers.table.last_seen)>{last_seen}</td>
                <td role="cell" class="num wraps" data-label=say.text(|texts| texts.peers.table.traffic)>{traffic}</td>
                <td role="cell" class="peer-actions">
                    {move || (relation.get() != Relation::Blocked).then(|| view! {
                        <button
                            type="button"
                            class="button"
                            data-action="say-hello"
                            aria-disabled=move || is_old.get().then_some("true")
                            title=move || is_old.get().then(|| say.texts().peers.gone)
                            on:click=move |_| if !is_old.get_untracked() { act(Act::SayHello) }
                        >
                            {say.text(|texts| texts.peers.table.say_hello)} <span class="unseen">{move || format!(": {}", name.get())}</span>
                        </button>
                    })}
                    {move || may_ask.get().then(|| view! { <DeedButton deed=Deed::Ask name why_not on_act=act /> })}
                    {move || (relation.get() == Relation::Blocked).then(|| view! { <DeedButton deed=Deed::Unblock name why_not on_act=act /> })}
                    <button
                        type="button"
                        class="button quiet"
                        data-action="show"
                        aria-expanded=move || is_shown.get().to_string()
                        aria-controls=move || is_shown.get().then(|| controls.clone())
                        on:click=move |_| act(Act::Show)
                    >
                        {say.text(|texts| texts.peers.table.details)} <span class="unseen">{move || format!(": {}", name.get())}</span>
                    </button>
                </td>
            </tr>
            {move || is_shown.get().then(|| view! {
                <tr role="row" id=details_id.clone() class="peer-more">
                    <td role="cell" colspan="7"><PeerDetails peer peers work now on_act=act /></td>
                </tr>
            })}
        </tbody>
    }
}

fn relation_word(relation: Relation) -> &'static str {
    match relation {
        Relation::Stranger => "stranger",
        Relation::Friend => "friend",
        Relation::Blocked => "blocked",
    }
}

fn relation_class(relation: Relation) -> &'static str {
    match relation {
        Relation::Stranger => "pill is-wait",
        Relation::Friend => "pill",
        Relation::Blocked => "pill is-bad",
    }
}
