//! The server end of the bridge, seen from a socket that may do anything.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod browser;
mod buffers;
mod calls;
mod frame_properties;
mod frames;
mod gone;
mod greeter;
mod handshake;
mod hostile;
mod npm_clients;
mod requests;
mod rules;
mod services;
mod shutdown;
mod support;
