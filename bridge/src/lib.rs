#![doc = include_str!("../README.md")]

#[cfg(all(feature = "browser", target_arch = "wasm32"))]
pub mod browser;
pub mod frame;
#[cfg(feature = "server")]
pub mod server;
pub mod tap;
