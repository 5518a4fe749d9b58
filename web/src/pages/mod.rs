//! One page per view: each wires what it knows, the peer and the parts together.

pub mod announcer;
pub mod hello;
pub mod notifier;
pub mod peers;
pub mod route;
pub mod shell;
pub mod shortcuts;
pub mod watch;
