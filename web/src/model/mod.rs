//! What the page knows: plain structs that take events. No signals, no browser; tested on the host.

pub mod call;
pub mod hello;
pub mod metadata;
pub mod options;
pub mod presence;
pub mod round_trips;
pub mod visible;
