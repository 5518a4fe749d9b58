//! gRPC-Web carried by a WebSocket: both ends of one pipe, for any tonic service.

pub mod frame;
#[cfg(feature = "server")]
pub mod server;
pub mod tap;
