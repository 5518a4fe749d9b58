//! The page that was built into this binary.

use parcero::front::Page;

/// The whole page.
#[cfg(feature = "page")]
pub(crate) fn embedded() -> Page {
    let files = parcero_bundle::ASSETS
        .iter()
        .map(|asset| parcero::front::PageFile {
            path: asset.path,
            content_type: asset.content_type,
            identity: asset.identity,
            brotli: asset.brotli,
            gzip: asset.gzip,
        });
    Page::new(
        files.collect(),
        parcero_bundle::SCRIPT_HASHES,
        parcero_bundle::STYLE_HASHES,
    )
}

/// None: this is a peer for headless use.
#[cfg(not(feature = "page"))]
pub(crate) fn embedded() -> Page {
    Page::none()
}
