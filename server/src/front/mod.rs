//! The TCP door: one port for native gRPC, gRPC-Web, the WebSocket bridge, REST and the page.
//!
//! From the outside in: [`drain`] lets early answers arrive, [`headers`] protects what browsers read, [`entry`] decides
//! who may come in, [`cross_origin`] answers the pages a person allowed; then a call goes through the bridge and the gRPC-Web
//! layer to the layered routes, what is under /api/ through [`rest`](crate::rest) to the same, and everything else is the
//! page.

mod activity;
mod connection;
mod cross_origin;
mod door;
mod drain;
mod entrance;
mod entry;
mod headers;
mod limits;
mod origin;
mod page;
mod roads;
mod watched;

pub use door::{BindError, Door, Left};
pub use origin::{InvalidOrigin, OriginPattern};
pub use page::{Page, PageFile};
