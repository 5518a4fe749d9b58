//! The page of a Parcero peer: Leptos, in the browser only.

pub mod i18n;
pub mod model;
pub mod rpc;

use leptos::prelude::*;

/// Puts the page into the document.
pub fn start() {
    leptos::mount::mount_to_body(|| view! { <h1>"Parcero"</h1> });
}
