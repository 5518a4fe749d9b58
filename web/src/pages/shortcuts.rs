//! Single keys that work anywhere on the page, except where one types.

use leptos::{ev, html::Dialog, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::route::{Route, to_beginning};
use crate::model::view::View;

/// Listens to `1`, `2`, `/` and `?` for as long as the component that calls this is there.
pub fn listen(shortcuts: Signal<bool>, dialog: NodeRef<Dialog>, route: Route) {
    let listener = window_event_listener(ev::keydown, move |event| {
        let is_chord = event.ctrl_key() || event.alt_key() || event.meta_key();
        if !shortcuts.get_untracked() || is_chord || event.default_prevented() || is_typing(&event) {
            return;
        }
        match event.key().as_str() {
            "1" => open(route, View::Hello),
            "2" => open(route, View::Peers),
            "/" => {
                open(route, View::Hello);
                focus("main .call input");
            }
            "?" => show(dialog),
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || listener.remove());
}

/// Shows the dialog, unless it is shown.
pub fn show(dialog: NodeRef<Dialog>) {
    if let Some(dialog) = dialog.get_untracked()
        && !dialog.open()
    {
        // It is in the page and closed, so it can be shown.
        let _ = dialog.show_modal();
    }
}

fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
    event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .is_some_and(|element| {
            // Whether a selector written here is valid does not depend on the element.
            element
                .closest("input, select, textarea, [contenteditable], dialog")
                .ok()
                .flatten()
                .is_some()
        })
}

/// Goes to a view, and to its beginning.
pub fn open(route: Route, view: View) {
    route.go(view);
    to_beginning();
    focus("#main");
}

fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        // An element that cannot be focused stays as it is.
        let _ = element.focus();
    }
}
