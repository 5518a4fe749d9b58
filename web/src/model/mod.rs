//! What the page knows: plain structs that take events. No signals, no browser; tested on the host.

pub mod call;
pub mod copy_as;
mod failure_words;
pub mod hello;
pub mod metadata;
pub mod options;
pub mod peers;
pub mod presence;
mod quoting;
pub mod round_trips;
pub mod status;
pub mod target;
pub mod text_of;
pub mod view;
pub mod visible;
pub mod wire;
mod wire_message;
pub mod wire_socket;
#[cfg(test)]
mod wire_tests;
mod wire_value;
mod wire_words;
