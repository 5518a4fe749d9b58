//! The server end of the bridge, seen from a socket that may do anything.

mod calls;
mod greeter;
mod support;
