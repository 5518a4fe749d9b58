//! What the built binary does, seen from outside: each test starts it on a port of its own.

#![allow(
    clippy::unwrap_used,
    reason = "what goes wrong in a helper fails the test, as it should"
)]

mod cli;
mod support;
