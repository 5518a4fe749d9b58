//! The page as bytes, ready to serve. `build.rs` made it.

/// One file of the page.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its path on the server. All but `/` carry a hash of their content and may be cached for ever.
    pub path: &'static str,
    /// The media type, for `content-type`.
    pub content_type: &'static str,
    /// The bytes as they are.
    pub identity: &'static [u8],
    /// The same, compressed with brotli.
    pub brotli: &'static [u8],
    /// The same, compressed with gzip.
    pub gzip: &'static [u8],
}

/// The whole page. `/` is its index.
pub const ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// What the index holds inline, as sources for the `script-src` of a Content-Security-Policy: `'sha256-…'`.
pub const SCRIPT_HASHES: &str = include_str!(concat!(env!("OUT_DIR"), "/script-hashes.txt"));

/// The same for `style-src`.
pub const STYLE_HASHES: &str = include_str!(concat!(env!("OUT_DIR"), "/style-hashes.txt"));
