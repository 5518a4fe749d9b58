//! gRPC-Web carried by a WebSocket: both ends of one pipe, for any tonic service.

#[cfg(all(feature = "browser", target_arch = "wasm32"))]
pub mod browser;
pub mod frame;
#[cfg(feature = "server")]
pub mod server;
pub mod tap;
