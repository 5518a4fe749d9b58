//! One page per view: each wires what it knows, the peer and the parts together.

pub mod announcer;
pub mod hello;
pub mod shell;
pub mod shortcuts;
pub mod watch;
