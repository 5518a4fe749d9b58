//! What is known of a peer, and what can be done with it.

use leptos::prelude::*;

use super::{Act, deed_button::DeedButton, outcome_words, steps::Steps, why_not};
use crate::{
    model::peers::{
        Peers,
        diagnosis::Diagnosis,
        identity::fingerprint,
        peer::{Peer, Relation},
        work::{Deed, Sure, Work},
    },
    settings::Say,
};

/// The facts, the deeds, and how the last one went.
#[component]
pub fn PeerDetails(
    /// The peer.
    #[prop(into)]
    peer: Signal<Option<Peer>>,
    /// All of the peers.
    peers: Signal<Peers>,
    /// What is being done with it.
    #[prop(into)]
    work: Signal<Work>,
    /// The time, in seconds since 1970.
    now: Signal<i64>,
    /// What is wanted of it.
    #[prop(into)]
    on_act: Callback<Act>,
) -> impl IntoView {
    let say = Say::here();
    let name =
        Memo::new(move |_| peer.with(|peer| peer.as_ref().map(|peer| peer.name.clone()).unwrap_or_default()));
    let relation =
        Memo::new(move |_| peer.with(|peer| peer.as_ref().map(|peer| peer.relation).unwrap_or_default()));
    let is_doubtful =
        Memo::new(move |_| peer.with(|peer| peer.as_ref().is_some_and(|peer| peer.name_has_another_key)));
    let asks = Memo::new(move |_| peer.with(|peer| peer.as_ref().is_some_and(|peer| peer.asks)));
    let is_diagnosing = move || work.with(|work| work.diagnosis.as_ref().is_some_and(Diagnosis::is_live));
    let why_no_diagnosis = why_not(say, peers, is_diagnosing);
    let why_not = why_not(say, peers, move || work.with(|work| work.doing.is_some()));
    let outcome = move || {
        work.with(|work| match (&work.doing, &work.outcome) {
            (Some(_), _) => say.texts().peers.details.doing.to_owned(),
            (None, Some(outcome)) => outcome_words(say, outcome),
            (None, None) => String::new(),
        })
    };
    let diagnosis = Memo::new(move |_| work.with(|work| work.diagnosis.clone()));
    let deed = move |deed: Deed, look: &'static str| view! { <DeedButton deed name why_not look on_act /> };
    let by_relation = move || match (relation.get(), asks.get()) {
        (Relation::Stranger, true) => Some((Deed::Accept, Some(Deed::Decline))),
        (Relation::Stranger, false) => Some((Deed::Ask, None)),
        (Relation::Friend | Relation::Blocked, _) => None,
    };
    view! {
        <div class="peer-details">
            {move || is_doubtful.get().then(|| view! { <p class="wrong" role="alert">{say.text(|texts| texts.peers.details.another_key)}</p> })}
            <p class="muted">{move || (say.texts().peers.table.means)(relation.get())}</p>
            <Facts peer now />
            <div class="deeds">
                {deed(Deed::Ping, "")}
                <button
                    type="button"
                    class="button"
                    data-action="diagnose"
                    aria-disabled=move || why_no_diagnosis.get().map(|_| "true")
                    title=move || why_no_diagnosis.get()
                    on:click=move |_| if why_no_diagnosis.get_untracked().is_none() { on_act.run(Act::Diagnose) }
                >
                    {say.text(|texts| texts.peers.diagnosis.diagnose)} <span class="unseen">{move || format!(": {}", name.get())}</span>
                </button>
                {move || by_relation().map(|(first, second)| view! {
                    {deed(first, "")}
                    {second.map(|second| deed(second, ""))}
                })}
                {move || match relation.get() {
                    Relation::Blocked => view! { <DeedButton deed=Deed::Unblock name why_not on_act /> }.into_any(),
                    Relation::Friend => view! {
                        <DeedButton deed=Deed::Remove name why_not sure=Sure::Remove look="stop" on_act />
                        <DeedButton deed=Deed::Block name why_not sure=Sure::BlockFriend look="stop" on_act />
                    }.into_any(),
                    Relation::Stranger => view! {
                        <DeedButton deed=Deed::Block name why_not sure=Sure::BlockStranger look="stop" on_act />
                    }.into_any(),
                }}
                <DeedButton deed=Deed::Forget name why_not sure=Sure::Forget look="stop" on_act />
            </div>
            <Rename name why_not on_act />
            <p class="outcome" role="status" data-outcome>{outcome}</p>
            {move || diagnosis.get().map(|diagnosis| view! { <Steps diagnosis now /> })}
        </div>
    }
}

/// What is known of a peer.
#[component]
fn Facts(peer: Signal<Option<Peer>>, now: Signal<i64>) -> impl IntoView {
    let say = Say::here();
    // Without its figures, which change all the time.
    let facts = Memo::new(move |_| {
        peer.with(|peer| {
            peer.as_ref().map(|peer| {
                (
                    peer.id.clone(),
                    peer.own_name.clone(),
                    peer.version.clone(),
                    peer.source,
                    peer.first_seen,
                )
            })
        })
    });
    let fact = move |label: Signal<&'static str>, text: String| {
        let text = if text.is_empty() { "—".to_owned() } else { text };
        view! { <div><dt>{label}</dt><dd>{text}</dd></div> }
    };
    move || {
        facts.get().map(|(id, own_name, version, source, first_seen)| {
            let texts = &say.texts().peers.details;
            let since = first_seen.map(|seen| say.language().moment_ago(now.get(), seen));
            view! {
                <dl class="facts">
                    <div class="wide">
                        <dt>{say.text(|texts| texts.peers.details.fingerprint)}</dt>
                        <dd>
                            <code class={"fingerprint"}>{fingerprint(&id)}</code>
                            <span class="hint">{say.text(|texts| texts.peers.details.compare)}</span>
                        </dd>
                    </div>
                    {fact(say.text(|texts| texts.peers.details.own_name), own_name)}
                    {fact(say.text(|texts| texts.peers.details.version), version)}
                    {fact(say.text(|texts| texts.peers.details.source), (texts.source_is)(source).to_owned())}
                    {fact(say.text(|texts| texts.peers.details.first_seen), since.unwrap_or_default())}
                </dl>
            }
        })
    }
}

/// The field for another name.
#[component]
fn Rename(
    #[prop(into)] name: Signal<String>,
    #[prop(into)] why_not: Signal<Option<&'static str>>,
    on_act: Callback<Act>,
) -> impl IntoView {
    let say = Say::here();
    // Until somebody types, it is the name as it is.
    let typed = RwSignal::new(None::<String>);
    let value = move || typed.get().unwrap_or_else(|| name.get());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if why_not.get_untracked().is_none()
            && let Some(name) = typed.get_untracked()
        {
            on_act.run(Act::Rename(name.trim().to_owned()));
            typed.set(None);
        }
    };
    view! {
        <form class="rename" on:submit=submit>
            <label>
                <span>{say.text(|texts| texts.peers.details.name)}</span>
                <input
                    class="field"
                    data-field="peer-name"
                    autocomplete="off"
                    maxlength="64"
                    prop:value=value
                    on:input=move |event| typed.set(Some(event_target_value(&event)))
                />
            </label>
            <button
                type="submit"
                class="button"
                data-action="name"
                aria-disabled=move || why_not.get().map(|_| "true")
                title=move || why_not.get()
            >
                {say.text(|texts| (texts.peers.details.deed)(Deed::Name))}
            </button>
        </form>
    }
}
