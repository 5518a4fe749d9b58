//! A Parcero peer: the library behind the binary `parcero`.

/// The version of this software.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
#[cfg(feature = "page")]
pub use parcero_bundle::ASSETS;
