//! Which view is shown: what the fragment of the address says, `#hello` or `#peers`.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsValue;

use crate::model::{peers::join::ticket_in, view::View};

/// Where one is. A cheap copy of a handle.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The view that is shown.
    pub view: RwSignal<View>,
    /// What a link brought to be joined, until somebody takes it.
    pub ticket: RwSignal<Option<String>>,
}

impl Route {
    /// Follows the address for as long as the component that calls this is there.
    pub fn follow() -> Self {
        let route = Self {
            view: RwSignal::new(View::Hello),
            ticket: RwSignal::new(None),
        };
        route.read();
        let listener = window_event_listener(ev::hashchange, move |_| route.read());
        on_cleanup(move || listener.remove());
        Effect::new(move |before: Option<View>| {
            let view = route.view.get();
            if before.is_some_and(|before| before != view) {
                to_beginning();
            }
            view
        });
        route
    }

    /// Goes to a view.
    pub fn go(self, view: View) {
        self.view.set(view);
        // A page that cannot change its own fragment shows the view nevertheless.
        let _ = window().location().set_hash(view.word());
    }

    fn read(self) {
        let fragment = window().location().hash().unwrap_or_default();
        if let Some(ticket) = ticket_in(&fragment) {
            self.ticket.set(Some(ticket.to_owned()));
            self.view.set(View::Peers);
            replace_fragment(View::Peers);
        } else if let Some(view) = View::of(&fragment) {
            self.view.set(view);
        }
    }
}

/// Scrolls to where a view begins.
pub fn to_beginning() {
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

/// A ticket is a secret: it stays neither in the address bar nor in the history, where a view takes its place.
fn replace_fragment(view: View) {
    if let Ok(history) = window().history() {
        // The address is the page's own, so the browser has no reason to refuse it.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("#{}", view.word())));
    }
}
