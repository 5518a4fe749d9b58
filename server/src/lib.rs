//! A Parcero peer: the library behind the command line and the binary `parcero`.
//!
//! Every call, by whichever road it comes, passes the [`layers`] and ends in the services of [`grpc`]. [`front`] is
//! the door for TCP on this machine; a door for other peers leads to the same layered routes.

pub mod access;
pub mod audit;
mod bucket;
pub mod calls;
pub mod config;
pub mod data_dir;
pub mod front;
pub mod grpc;
pub mod json;
pub mod layers;
pub mod network;
pub mod peer;
pub mod rest;

/// The version of this software.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
