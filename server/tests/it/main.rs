//! What the built binary does, seen from outside: each test starts it on a port of its own.

mod cli;
mod support;
