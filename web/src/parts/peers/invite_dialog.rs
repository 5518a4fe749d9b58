//! The dialog that invites: a ticket, a link, a QR code; and what can still be used.

use leptos::{html::Dialog, prelude::*};

use super::failure_words;
use crate::{
    model::peers::{
        identity::short,
        inviting::{Form, Invitation, Validity},
        join,
        qr::{self, QUIET},
    },
    parts::copyable::Copyable,
    settings::Say,
};

/// The dialog.
#[component]
pub fn InviteDialog(
    /// The dialog itself, for whoever opens it.
    dialog: NodeRef<Dialog>,
    /// What stands in it.
    form: RwSignal<Form>,
    /// The time, in seconds since 1970.
    now: fn() -> i64,
    /// Makes an invitation.
    #[prop(into)]
    on_make: Callback<()>,
    /// Makes one of no use.
    #[prop(into)]
    on_revoke: Callback<String>,
) -> impl IntoView {
    let say = Say::here();
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    // What was made is a secret: it does not stay behind a closed dialog.
    let forget = move |_| form.update(|form| form.made = None);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        on_make.run(());
    };
    let is_wrong = Memo::new(move |_| form.with(|form| form.request().is_none()));
    let made = Memo::new(move |_| form.with(|form| form.made.clone()));
    let open = Memo::new(move |_| form.with(|form| form.open.clone()));
    let failed = move || form.with(|form| form.failed.as_ref().map(|status| failure_words(say, status)));
    let validity = move |validity: Validity| {
        let label = say.text(move |texts| match validity {
            Validity::Hour => texts.peers.inviting.hour,
            Validity::Day => texts.peers.inviting.day,
            Validity::Week => texts.peers.inviting.week,
            Validity::Month => texts.peers.inviting.month,
        });
        let is_chosen = move || form.with(|form| form.validity == validity);
        view! { <option value=validity.seconds().to_string() prop:selected=is_chosen>{label}</option> }
    };
    let choose = move |event| {
        if let Some(validity) = Validity::of(&event_target_value(&event)) {
            form.update(|form| form.validity = validity);
        }
    };
    let invitation = move |invitation: Invitation| {
        let texts = move || &say.texts().peers.inviting;
        let id = StoredValue::new(invitation.id.clone());
        let left = move || (texts().uses_left)(invitation.uses_left);
        let ends = move || {
            let when = invitation
                .expires
                .map(|expires| say.language().from_now(now(), expires));
            when.map(|when| (texts().expires)(&when))
        };
        view! {
            <li data-invitation=id.get_value()>
                <code>{id.with_value(|id| short(id))}</code>
                <span>{left}</span>
                <span class="muted">{ends}</span>
                <button type="button" class="button small stop" data-action="revoke" on:click=move |_| on_revoke.run(id.get_value())>
                    {say.text(|texts| texts.peers.inviting.revoke)} <span class="unseen">{id.with_value(|id| short(id))}</span>
                </button>
            </li>
        }
    };
    view! {
        <dialog node_ref=dialog class="dialog" data-dialog="invite" aria-labelledby="invite-title" on:close=forget>
            <h2 id="invite-title">{say.text(|texts| texts.peers.inviting.title)}</h2>
            <p class="muted">{say.text(|texts| texts.peers.inviting.intro)}</p>
            <form class="invite-form" on:submit=submit>
                <label class="stacked">
                    <span>{say.text(|texts| texts.peers.inviting.uses)}</span>
                    <input
                        class="field"
                        inputmode="numeric"
                        autocomplete="off"
                        maxlength="4"
                        data-field="uses"
                        prop:value=move || form.with(|form| form.uses.clone())
                        on:input=move |event| form.update(|form| form.uses = event_target_value(&event))
                        aria-invalid=move || is_wrong.get().then_some("true")
                        aria-describedby=move || is_wrong.get().then_some("uses-wrong")
                    />
                </label>
                <label class="stacked">
                    <span>{say.text(|texts| texts.peers.inviting.valid_for)}</span>
                    <select class="field" data-field="valid-for" on:change=choose>
                        {Validity::ALL.map(validity).collect_view()}
                    </select>
                </label>
                <button type="submit" class="button primary" data-action="make" aria-disabled=move || is_wrong.get().then_some("true")>
                    {say.text(|texts| texts.peers.inviting.make)}
                </button>
            </form>
            {move || is_wrong.get().then(|| view! { <p id="uses-wrong" class="wrong">{say.text(|texts| texts.peers.inviting.bad_uses)}</p> })}
            <p class="wrong" role="alert" data-failed>{failed}</p>
            <div role="status">{move || made.get().map(|ticket| view! { <Made ticket /> })}</div>
            <h3>{say.text(|texts| texts.peers.inviting.open_ones)}</h3>
            <ul class="invitations">
                <For each=move || open.get() key=|invitation| (invitation.id.clone(), invitation.uses_left) children=invitation />
            </ul>
            <p class="hint">{move || open.with(Vec::is_empty).then(|| say.texts().peers.inviting.none)}</p>
            <div class="dialog-actions">
                <button type="button" class="button" data-action="close-invite" on:click=close>
                    {say.text(|texts| texts.peers.inviting.close)}
                </button>
            </div>
        </dialog>
    }
}

/// The ticket that was made, to be handed over in one of three ways.
#[component]
fn Made(ticket: String) -> impl IntoView {
    let say = Say::here();
    let code = qr::of(&ticket).map(|qr| {
        let edge = qr.side + 2 * QUIET;
        view! {
            <svg class="qr" role="img" data-qr viewBox=format!("-{QUIET} -{QUIET} {edge} {edge}")
                aria-label=say.text(|texts| texts.peers.inviting.code)>
                <rect class="qr-ground" x=format!("-{QUIET}") y=format!("-{QUIET}") width=edge.to_string() height=edge.to_string() />
                <path class="qr-modules" d=qr.path />
            </svg>
        }
    });
    let link = join::link(&ticket);
    view! {
        <div class="made">
            {code}
            <div>
                <p><b>{say.text(|texts| texts.peers.inviting.secret)}</b></p>
                <Copyable of="ticket" label=say.text(|texts| texts.peers.inviting.ticket) text=ticket />
                <Copyable of="link" label=say.text(|texts| texts.peers.inviting.link) text=link />
                <p class="hint">{say.text(|texts| texts.peers.inviting.link_hint)}</p>
            </div>
        </div>
    }
}
