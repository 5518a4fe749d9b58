//! The page of a Parcero peer: Leptos, in the browser only.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unused_unit,
    reason = "a component owns its props, and the macro writes units into views"
)]

pub mod browser;
pub mod i18n;
pub mod model;
pub mod pages;
pub mod parts;
pub mod rpc;
pub mod settings;

/// Puts the page into the document.
pub fn start() {
    browser::say_when_it_breaks();
    leptos::mount::mount_to_body(pages::shell::Shell);
}
