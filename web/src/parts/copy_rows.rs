//! Copying a diagram: one line for each event, its time, its direction and its text with tabs between.
//!
//! By itself a browser makes a line of each part of a row, as each stands in a place of its own.

use leptos::{ev::Event, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, Element, Node};

/// Puts the selected rows on the clipboard, a line each. A selection inside of one row is left to the browser.
pub fn copy_rows(event: &Event) {
    let lines = selected_rows(event);
    let data = event
        .dyn_ref::<ClipboardEvent>()
        .and_then(ClipboardEvent::clipboard_data);
    if let (2.., Some(data)) = (lines.len(), data)
        && data.set_data("text/plain", &lines.join("\n")).is_ok()
    {
        event.prevent_default();
    }
}

fn selected_rows(event: &Event) -> Vec<String> {
    // A page without a selection has nothing to copy.
    let Some(selection) = window().get_selection().ok().flatten() else {
        return Vec::new();
    };
    let list = event
        .current_target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    let Some(rows) = list.and_then(|list| list.query_selector_all("li").ok()) else {
        return Vec::new();
    };
    (0..rows.length())
        .filter_map(|place| rows.item(place))
        .filter(|row| {
            selection
                .contains_node_with_allow_partial_containment(row, true)
                .unwrap_or(false)
        })
        .map(|row| line(&row))
        .collect()
}

/// The parts of a row: its leaves, in their order.
fn line(row: &Node) -> String {
    let Some(parts) = row
        .dyn_ref::<Element>()
        .and_then(|row| row.query_selector_all("time, .arrow > *").ok())
    else {
        return String::new();
    };
    let parts: Vec<String> = (0..parts.length())
        .filter_map(|place| parts.item(place)?.text_content())
        .collect();
    parts.join("\t")
}
