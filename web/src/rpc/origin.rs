//! Where calls go: to the page's own origin, and nowhere else in the shipped page.

/// The origin of the peer to call, such as `http://localhost:50051`.
///
/// It is the page's own. Only with the feature `peer-elsewhere` (for `trunk serve`) it is what `?peer=http://…`
/// said when the page was opened in this tab, or else `http://localhost:50051`.
pub fn origin() -> String {
    #[cfg(feature = "peer-elsewhere")]
    return elsewhere::origin();
    #[cfg(not(feature = "peer-elsewhere"))]
    web_sys::window()
        .and_then(|window| window.location().origin().ok())
        .unwrap_or_default()
}

#[cfg(feature = "peer-elsewhere")]
mod elsewhere {
    /// Where a peer listens unless told otherwise.
    const DEFAULT: &str = "http://localhost:50051";
    /// Under this name the tab remembers the peer, as the query is lost when one follows a link.
    const REMEMBERED: &str = "parcero.peer";

    pub(super) fn origin() -> String {
        let Some(window) = web_sys::window() else {
            return DEFAULT.to_owned();
        };
        // Without storage (it can be forbidden) the query alone decides.
        let storage = window.session_storage().ok().flatten();
        let query = window.location().search().unwrap_or_default();
        if let Some(peer) = peer_in(&query) {
            if let Some(storage) = storage {
                // A storage that is full or forbidden forgets the peer, which the next `?peer=` says again.
                let _ = storage.set_item(REMEMBERED, &peer);
            }
            return peer;
        }
        storage
            .and_then(|storage| storage.get_item(REMEMBERED).ok().flatten())
            .unwrap_or_else(|| DEFAULT.to_owned())
    }

    /// The origin that `?…&peer=…` names, if it names one.
    fn peer_in(query: &str) -> Option<String> {
        let value = query
            .trim_start_matches('?')
            .split('&')
            .find_map(|pair| pair.strip_prefix("peer="))?;
        let value = value
            .replace("%3A", ":")
            .replace("%3a", ":")
            .replace("%2F", "/")
            .replace("%2f", "/");
        let uri: http::Uri = value.parse().ok()?;
        match (uri.scheme_str()?, uri.authority()?) {
            (scheme @ ("http" | "https"), authority) => Some(format!("{scheme}://{authority}")),
            _ => None,
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_peer_is_named_by_its_origin_and_anything_else_is_ignored() {
            let named = |query| peer_in(query);
            assert_eq!(
                named("?peer=http://localhost:4000").as_deref(),
                Some("http://localhost:4000")
            );
            assert_eq!(
                named("?a=b&peer=http%3A%2F%2F[::1]:4000/x").as_deref(),
                Some("http://[::1]:4000")
            );
            for nothing in [
                "",
                "?",
                "?peer=",
                "?peer=localhost",
                "?peer=file:///etc/passwd",
                "?peers=http://a",
            ] {
                assert_eq!(named(nothing), None, "{nothing}");
            }
        }
    }
}
