//! The upgrade: is it ours, is it well formed, may it enter, and the answer that opens the socket.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use tungstenite::handshake::derive_accept_key;

use super::origin::Origins;

const SUBPROTOCOL: &str = "grpc-websockets";

/// What to do with a request.
pub(super) enum Judgement {
    /// It does not ask for our subprotocol: somebody else's business.
    NotOurs,
    Refuse(Refusal),
    Accept(Accepted),
}

/// Why an upgrade is refused before a socket exists. The page sees a socket that failed, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A page of another site: it is told nothing.
    Origin,
    /// Another version of WebSocket than 13.
    Version,
    /// Not a well-formed upgrade.
    Malformed,
}

impl Refusal {
    pub(super) fn response<R: Default>(self) -> Response<R> {
        let mut response = Response::new(R::default());
        *response.status_mut() = match self {
            Self::Origin => StatusCode::FORBIDDEN,
            Self::Version => StatusCode::UPGRADE_REQUIRED,
            Self::Malformed => StatusCode::BAD_REQUEST,
        };
        if self == Self::Version {
            let headers = response.headers_mut();
            headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        response
    }
}

/// What the answer to a good upgrade needs.
pub(super) struct Accepted {
    accept_key: HeaderValue,
    subprotocol: HeaderValue,
}

impl Accepted {
    pub(super) fn response<R: Default>(self) -> Response<R> {
        let mut response = Response::new(R::default());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept_key);
        // Without this line a browser fails the connection.
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, self.subprotocol);
        response
    }
}

pub(super) fn judge<B>(request: &Request<B>, origins: &Origins) -> Judgement {
    let headers = request.headers();
    if request.method() != Method::GET || !lists(headers, &header::UPGRADE, "websocket") {
        return Judgement::NotOurs;
    }
    let Some(subprotocol) = offered_subprotocol(headers) else {
        return Judgement::NotOurs;
    };
    if !origins.allow(headers) {
        return Judgement::Refuse(Refusal::Origin);
    }
    if headers
        .get(header::SEC_WEBSOCKET_VERSION)
        .is_none_or(|version| version != "13")
    {
        return Judgement::Refuse(Refusal::Version);
    }
    let is_upgrade = request.version() == Version::HTTP_11 && lists(headers, &header::CONNECTION, "upgrade");
    match headers.get(header::SEC_WEBSOCKET_KEY) {
        Some(key) if is_upgrade && is_websocket_key(key) => Judgement::Accept(Accepted {
            accept_key: HeaderValue::from_str(&derive_accept_key(key.as_bytes()))
                .expect("base64 is a header value"),
            subprotocol,
        }),
        _ => Judgement::Refuse(Refusal::Malformed),
    }
}

/// Our subprotocol among those offered, spelled as the client spelled it: browsers compare letter by letter.
fn offered_subprotocol(headers: &HeaderMap) -> Option<HeaderValue> {
    items(headers, &header::SEC_WEBSOCKET_PROTOCOL)
        .find(|offer| offer.eq_ignore_ascii_case(SUBPROTOCOL))
        .and_then(|offer| HeaderValue::from_str(offer).ok())
}

fn lists(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    items(headers, name).any(|item| item.eq_ignore_ascii_case(wanted))
}

/// The items of a header that is a list with commas, over all its lines.
fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(str::trim))
}

/// 16 bytes in base64, as RFC 6455 asks.
fn is_websocket_key(key: &HeaderValue) -> bool {
    STANDARD
        .decode(key.as_bytes())
        .is_ok_and(|decoded| decoded.len() == 16)
}
