//! The view Peers: the network drawn, the table, and the dialogs that add and invite.
//!
//! For tests in a browser, beside what is listed in `pages::hello`:
//! - `data-view="peers"` with `data-requests`: how many ask to be friends;
//! - `data-peer=ID`: what belongs to a peer; inside of it `data-relation="friend|stranger|blocked"`,
//!   `data-state="here|away|unknown"`, `data-action="say-hello|show|ping|diagnose|ask|accept|decline|remove|name|block|unblock|
//!   forget|yes|keep"`, `data-field="peer-name"`, `data-outcome`, `data-step="address|handshake|admission|call"` with
//!   `data-mark="passed|failed|trying|untried"`, `data-next`;
//! - `data-request=ID`: the request of a peer; `data-node=ID` and `data-line="lan|direct|relayed|none|knows"`;
//! - `data-action="add-friend|invite|notify"`; in the dialogs `data-dialog="add|invite"`, `data-field="ticket|friend-name|
//!   uses|valid-for"`, `data-ticket-of=ID`, `data-action="add|cancel-add|make|revoke|close-invite"`, `data-invitation=ID`,
//!   `data-snippet="ticket|link"`, `data-qr`;
//! - `data-option="target"`: whom the cards of Hello call.

mod adding;
pub mod desk;
mod inviting;
pub mod watch;

use std::time::Duration;

use leptos::{html::Dialog, prelude::*};

use super::{notifier::Notifier, route::Route};
use crate::{
    i18n::times::now_seconds,
    model::{
        peers::{Peers as Known, State},
        target::Target,
    },
    parts::peers::{
        Act, add_dialog::AddDialog, invite_dialog::InviteDialog, network_picture::NetworkPicture,
        peer_table::PeerTable, requests::Requests,
    },
    settings::Say,
};
use adding::Adding;
use desk::Desk;
use inviting::Inviting;

/// How often "3 minutes ago" is said anew: it counts in minutes after the first one.
const TICK: Duration = Duration::from_secs(10);

/// The view Peers.
#[component]
pub fn Peers(
    /// What is known and done.
    desk: Desk,
    /// Where one is; a link may have brought a ticket.
    route: Route,
    /// Notifications of the browser.
    notifier: Notifier,
    /// Opens Hello with this peer to call.
    #[prop(into)]
    on_hello: Callback<Target>,
) -> impl IntoView {
    let say = Say::here();
    let peers: Signal<Known> = desk.peers.into();
    let act = move |(id, act): (String, Act)| match act {
        Act::SayHello => {
            let name = peers.with_untracked(|peers| peers.get(&id).map(|peer| peer.name.clone()));
            on_hello.run(Target {
                name: name.unwrap_or_default(),
                id,
            });
        }
        other => desk.act(id, other),
    };
    let (add, invite) = (NodeRef::<Dialog>::new(), NodeRef::<Dialog>::new());
    let adding = Adding::new(desk, add);
    let inviting = Inviting::new(desk, invite);
    adding.take_from(route);
    view! {
        <div class="head">
            <div>
                <h1>{say.text(|texts| texts.peers.title)}</h1>
                <p class="muted" data-summary>{move || peers.with(|peers| summary(say, peers))}</p>
            </div>
            <div class="head-actions">
                <button type="button" class="button" data-action="invite" aria-haspopup="dialog" on:click=move |_| inviting.open()>
                    {say.text(|texts| texts.peers.inviting.open)}
                </button>
                <button type="button" class="button primary" data-action="add-friend" aria-haspopup="dialog" on:click=move |_| adding.open(String::new())>
                    {say.text(|texts| texts.peers.adding.open)}
                </button>
            </div>
        </div>
        <Requests peers works=desk.works on_act=act />
        <NetworkPicture peers />
        <PeerTable peers works=desk.works shown=desk.shown now=ticking() on_act=act />
        <label class="check notify">
            <input
                type="checkbox"
                prop:checked=notifier.is_on()
                on:change=move |event| notifier.choose(event_target_checked(&event))
                data-action="notify"
            />
            {say.text(|texts| texts.peers.notifying.label)}
        </label>
        <p class="wrong" role="status">
            {move || notifier.is_denied().get().then(|| say.texts().peers.notifying.denied)}
        </p>
        <AddDialog
            dialog=add
            form=adding.form
            on_paste=move |text| adding.paste(text)
            on_add=move |()| adding.add()
        />
        <InviteDialog
            dialog=invite
            form=inviting.form
            now=now_seconds
            on_make=move |()| inviting.make()
            on_revoke=move |id| inviting.revoke(id)
        />
    }
}

/// How many are there, in which network.
fn summary(say: Say, peers: &Known) -> String {
    let texts = &say.texts().peers;
    let (here, all) = peers.reachable();
    let first = match (peers.state, all) {
        (State::Asking, _) => texts.asking.to_owned(),
        (State::Old, _) => texts.old.to_owned(),
        (State::Live, 0) => texts.nobody.to_owned(),
        (State::Live, _) => {
            let count = |number: usize| say.language().count(number as u64);
            (texts.reachable)(&count(here), &count(all))
        }
    };
    match &peers.own {
        Some(own) if !own.network.is_empty() => {
            format!("{first} {}", (texts.network)(&own.network, own.network_is_secret))
        }
        Some(_) | None => first,
    }
}

/// The time, which goes by while the view is there.
fn ticking() -> Signal<i64> {
    let now = RwSignal::new(now_seconds());
    let tick = set_interval_with_handle(move || now.set(now_seconds()), TICK);
    on_cleanup(move || {
        if let Ok(tick) = tick {
            tick.clear();
        }
    });
    now.into()
}
