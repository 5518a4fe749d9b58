//! The frame around every view: who this peer is, whether it is there, and the person's choices.

use leptos::{html::Dialog, prelude::*};

use super::{
    announcer::Announcer,
    hello::Hello,
    notifier::{Notifier, keep_title},
    peers::{Peers, desk::Desk, watch::keep_watch},
    route::Route,
    shortcuts,
    watch::watch,
};
use crate::{
    browser::Task,
    model::{
        peers::Peers as Known,
        presence::{Now, Presence},
        target::Target,
        view::View,
    },
    parts::{banner::Banner, keys_dialog::KeysDialog, nav::Nav},
    rpc::{Rpc, limit::DEFAULT_MAX_MESSAGE_BYTES, origin},
    settings::{Say, Settings},
};

/// The whole page.
#[component]
pub fn Shell() -> impl IntoView {
    let settings = Settings::provide();
    let announcer = Announcer::provide();
    let rpc = Rpc::new(origin());
    let presence = RwSignal::new(Presence::default());
    let is_open = RwSignal::new(false);
    // Ends with the page: its handle lives in the page's own store.
    StoredValue::new(Task::spawn(watch(rpc.clone(), presence, is_open.into())));
    say_when_back(presence, announcer);

    let route = Route::follow();
    let desk = Desk::new(rpc.clone(), announcer);
    keep_watch(rpc.clone(), presence, desk);
    let notifier = Notifier::restore();
    notifier.follow(desk, announcer);
    keep_title(desk, route);
    let target = RwSignal::new(None::<Target>);
    let say_hello = move |to: Target| {
        target.set(Some(to));
        shortcuts::open(route, View::Hello);
    };
    let requests = Signal::derive(move || desk.peers.with(Known::requests) as u64);
    let own_id = Signal::derive(move || {
        desk.peers
            .with(|peers| peers.own.as_ref().map(|own| own.id.clone()))
    });

    let dialog = NodeRef::<Dialog>::new();
    shortcuts::listen(settings.shortcuts.into(), dialog, route);
    let reload = move |()| {
        // A page that cannot be loaded again says so itself.
        let _ = window().location().reload();
    };
    let name = Signal::derive(move || {
        presence.with(|presence| presence.peer.as_ref().map(|peer| peer.name.clone()))
    });
    let limit = Signal::derive(move || {
        presence.with(|presence| {
            presence
                .peer
                .as_ref()
                .map_or(DEFAULT_MAX_MESSAGE_BYTES as u64, |peer| peer.max_message_bytes)
        })
    });
    let origin = rpc.origin().to_owned();
    view! {
        <a class="skip" href="#main">{Say::here().text(|texts| texts.shell.skip)}</a>
        <Nav presence own_id view=route.view requests on_keys=move |()| shortcuts::show(dialog) />
        <main id="main" tabindex="-1">
            <Banner presence origin on_reload=reload />
            // Hello stays while another view is shown: its calls go on.
            <div hidden=move || route.view.get() != View::Hello>
                <Hello rpc peer=name peers=desk.peers target max_message_bytes=limit is_open />
            </div>
            <Show when=move || route.view.get() == View::Peers>
                <Peers desk route notifier on_hello=say_hello />
            </Show>
        </main>
        <p class="unseen" role="status" data-announcer>{announcer.said()}</p>
        <KeysDialog
            dialog
            shortcuts=settings.shortcuts
            on_shortcuts=move |on| settings.choose_shortcuts(on)
        />
    }
}

/// The banner says that the peer is gone; that it is back is said aloud only, as one sees the banner go.
fn say_when_back(presence: RwSignal<Presence>, announcer: Announcer) {
    let say = Say::here();
    let now = Memo::new(move |_| presence.with(|presence| matches!(presence.now, Now::Gone { .. })));
    Effect::new(move |was_gone: Option<bool>| {
        let is_gone = now.get();
        if was_gone == Some(true) && !is_gone {
            announcer.say("peer", say.texts().presence.back.to_owned());
        }
        is_gone
    });
}
