//! What the built binary does, seen from outside: each test starts it on a port of its own.

#![allow(
    clippy::unwrap_used,
    reason = "what goes wrong in a helper fails the test, as it should"
)]

mod browser;
mod cancellation;
mod cli;
mod clients;
mod compression;
mod config;
mod deadlines;
mod entry;
mod hostile;
mod limits;
#[cfg(target_os = "linux")]
mod namespaces;
mod network;
mod page;
#[cfg(target_os = "linux")]
mod readme;
mod reflection;
#[cfg(target_os = "linux")]
mod relay;
mod rest;
mod roads;
mod settings;
mod shutdown;
mod stalled;
mod support;
mod timers;
