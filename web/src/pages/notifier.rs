//! News from any view: the count in the title, a word for those who listen, and a notification for who chose that.

use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Notification, NotificationOptions, NotificationPermission};

use super::{announcer::Announcer, peers::desk::Desk, route::Route};
use crate::{
    browser::{Task, forget, remember, remembered},
    i18n::texts::Texts,
    model::{
        peers::{Peers, peer::Peer},
        view::View,
    },
    settings::Say,
};

/// Its name in the browser's storage.
const NOTIFY: &str = "parcero.notify";

/// Notifications of the browser: off until somebody chooses them. A cheap copy of a handle.
#[derive(Debug, Clone, Copy)]
pub struct Notifier {
    is_on: RwSignal<bool>,
    is_denied: RwSignal<bool>,
    asking: StoredValue<Option<Task>>,
}

impl Notifier {
    /// As it was chosen before, if the browser still allows it.
    pub fn restore() -> Self {
        let was_on = remembered(NOTIFY).as_deref() == Some("on");
        Self {
            is_on: RwSignal::new(was_on && is_allowed()),
            is_denied: RwSignal::new(false),
            asking: StoredValue::new(None),
        }
    }

    /// Whether they are on.
    pub fn is_on(self) -> Signal<bool> {
        self.is_on.into()
    }

    /// Whether the browser did not allow what was chosen.
    pub fn is_denied(self) -> Signal<bool> {
        self.is_denied.into()
    }

    /// Turns them on, which the browser may ask about, or off.
    pub fn choose(self, on: bool) {
        self.is_denied.set(false);
        if !on {
            forget(NOTIFY);
            self.asking.set_value(None);
            self.is_on.set(false);
            return;
        }
        self.is_on.set(true);
        self.asking.set_value(Some(Task::spawn(async move {
            if let Ok(answer) = Notification::request_permission() {
                // Whatever it answers, what counts is what is allowed now.
                let _ = JsFuture::from(answer).await;
            }
            if is_allowed() {
                remember(NOTIFY, "on");
            } else {
                self.is_on.set(false);
                self.is_denied.set(true);
            }
        })));
    }

    /// Tells of every peer that begins to ask to be friends.
    pub fn follow(self, desk: Desk, announcer: Announcer) {
        let say = Say::here();
        Effect::new(move || {
            let news = desk.news.get();
            let texts = untrack(|| say.texts());
            for peer in &news {
                announcer.say("requests", (texts.peers.asks)(&peer.name));
                if self.is_on.get_untracked() && !is_looked_at() {
                    notify(texts, peer);
                }
            }
        });
    }
}

fn is_allowed() -> bool {
    // A browser without notifications has no such thing to ask.
    js_sys::Reflect::has(&window(), &"Notification".into()).unwrap_or(false)
        && Notification::permission() == NotificationPermission::Granted
}

fn is_looked_at() -> bool {
    !document().hidden() && document().has_focus().unwrap_or(false)
}

fn notify(texts: &Texts, peer: &Peer) {
    let options = NotificationOptions::new();
    options.set_body(texts.peers.notifying.body);
    // Each tab of the page tells of it; the browser shows one.
    options.set_tag(&format!("parcero-asks-{}", peer.id));
    // Some browsers take them from a service worker only, and say so here; the count in the title tells all the same.
    let _ = Notification::new_with_options(&(texts.peers.asks)(&peer.name), &options);
}

/// Keeps the title of the document: the requests, the view, the name of the page.
pub fn keep_title(desk: Desk, route: Route) {
    let say = Say::here();
    let requests = Memo::new(move |_| desk.peers.with(Peers::requests));
    Effect::new(move || {
        let view = match route.view.get() {
            View::Hello => say.texts().hello.title,
            View::Peers => say.texts().peers.title,
        };
        let title = match requests.get() {
            0 => format!("{view} · Parcero"),
            count => format!("({count}) {view} · Parcero"),
        };
        document().set_title(&title);
    });
}
