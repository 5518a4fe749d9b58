//! The dialog that adds a friend: it shows whose ticket it is, and asks before anything is done.

use leptos::{html::Dialog, prelude::*};

use super::failure_words;
use crate::{
    model::peers::{
        adding::{Form, Means, Seen, Ticket},
        identity::fingerprint,
    },
    settings::Say,
};

/// The dialog.
#[component]
pub fn AddDialog(
    /// The dialog itself, for whoever opens it.
    dialog: NodeRef<Dialog>,
    /// What stands in it.
    form: RwSignal<Form>,
    /// Takes what was pasted.
    #[prop(into)]
    on_paste: Callback<String>,
    /// Uses the ticket.
    #[prop(into)]
    on_add: Callback<()>,
) -> impl IntoView {
    let say = Say::here();
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        on_add.run(());
    };
    let seen = Memo::new(move |_| form.with(|form| form.seen.clone()));
    let may_not = move || form.with(|form| !form.may_add() || form.is_adding);
    let failed = move || form.with(|form| form.failed.as_ref().map(|status| failure_words(say, status)));
    let what = move || {
        let texts = &say.texts().peers.adding;
        match seen.get() {
            Seen::Nothing => ().into_any(),
            Seen::NoTicket => view! { <p class="wrong">{texts.no_ticket}</p> }.into_any(),
            Seen::Damaged => view! { <p class="wrong">{texts.damaged}</p> }.into_any(),
            Seen::Reading => view! { <p class="muted">{texts.reading}</p> }.into_any(),
            Seen::Ticket(ticket) => view! { <TicketWords ticket=*ticket /> }.into_any(),
        }
    };
    view! {
        <dialog node_ref=dialog class="dialog" data-dialog="add" aria-labelledby="add-title">
            <form on:submit=submit>
                <h2 id="add-title">{say.text(|texts| texts.peers.adding.title)}</h2>
                {move || form.with(|form| form.is_by_link).then(|| view! {
                    <p class="muted" data-by-link>{say.text(|texts| texts.peers.adding.by_link)}</p>
                })}
                <label class="stacked">
                    <span>{say.text(|texts| texts.peers.adding.ticket)}</span>
                    <textarea
                        class="field mono"
                        rows="4"
                        data-field="ticket"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        aria-describedby="add-hint"
                        prop:value=move || form.with(|form| form.pasted.clone())
                        on:input=move |event| on_paste.run(event_target_value(&event))
                    >{()}</textarea>
                </label>
                <p id="add-hint" class="hint">{say.text(|texts| texts.peers.adding.hint)}</p>
                <div role="status" class="ticket">{what}</div>
                <label class="stacked">
                    <span>{say.text(|texts| texts.peers.adding.name)}</span>
                    <input
                        class="field"
                        data-field="friend-name"
                        autocomplete="off"
                        maxlength="64"
                        prop:value=move || form.with(|form| form.name.clone())
                        on:input=move |event| form.update(|form| form.name = event_target_value(&event))
                    />
                </label>
                <p class="wrong" role="alert" data-failed>{failed}</p>
                <div class="dialog-actions">
                    <button type="button" class="button" data-action="cancel-add" on:click=close>
                        {say.text(|texts| texts.peers.adding.cancel)}
                    </button>
                    <button type="submit" class="button primary" data-action="add" aria-disabled=move || may_not().then_some("true")>
                        {say.text(|texts| texts.peers.adding.add)}
                    </button>
                </div>
            </form>
        </dialog>
    }
}

/// Whose ticket it is, and what using it does.
#[component]
fn TicketWords(ticket: Ticket) -> impl IntoView {
    let say = Say::here();
    let means = ticket.means();
    let texts = move || &say.texts().peers.adding;
    let is_doubtful = ticket.is_doubtful();
    let name = ticket.peer.map(|peer| peer.name);
    let addresses = ticket.addresses.join(", ");
    let whose = move || match (&name, means) {
        (_, Means::Own) => None,
        (Some(name), _) => Some((texts().whose)(name)),
        (None, _) => Some(texts().whose_unknown.to_owned()),
    };
    let what = move || match means {
        Means::Friendship => texts().with_invitation,
        Means::Acquaintance => texts().without_invitation,
        Means::FriendAlready => texts().is_friend,
        Means::Blocked => texts().is_blocked,
        Means::Own => texts().own,
    };
    view! {
        <div data-ticket-of=ticket.id.clone()>
            <p>{whose}</p>
            {is_doubtful.then(|| view! { <p class="wrong" data-doubtful>{say.text(|texts| texts.peers.details.another_key)}</p> })}
            <p><code class={"fingerprint"}>{fingerprint(&ticket.id)}</code></p>
            <p>{what}</p>
            <p class="hint">{move || (!addresses.is_empty()).then(|| (texts().reached_at)(&addresses))}</p>
        </div>
    }
}
