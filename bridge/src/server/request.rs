//! The gRPC-Web request a socket stands for: the path of its upgrade, the headers of its first message.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header, request::Parts};

use super::body::{BridgeBody, Incoming};

const GRPC_WEB_PROTO: HeaderValue = HeaderValue::from_static("application/grpc-web+proto");

/// Headers no page could set on a request of its own, and those that belong to one connection: a first message
/// is written by a page, and whoever judges by these must be able to rely on them.
const NEVER_TAKEN: [HeaderName; 15] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::COOKIE,
    header::DATE,
    header::EXPECT,
    header::FORWARDED,
    header::HOST,
    header::ORIGIN,
    header::REFERER,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::VIA,
    HeaderName::from_static("keep-alive"),
];

/// Headers that would change how the answer is written: a socket carries it plain, binary and uncompressed.
const NEVER_ASKED: [HeaderName; 3] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    HeaderName::from_static("grpc-accept-encoding"),
];

/// Of the upgrade, the path, the extensions and the user agent go on; of its other headers none. All that the
/// first message says goes on, but for what a page has no say in.
pub(super) fn build<B>(mut parts: Parts, said: HeaderMap, incoming: Incoming) -> Request<BridgeBody<B>> {
    let user_agent = parts.headers.remove(header::USER_AGENT);
    let mut headers = said;
    for name in NEVER_TAKEN.iter().chain(&NEVER_ASKED) {
        headers.remove(name);
    }
    let forbidden: Vec<_> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("sec-") || name.as_str().starts_with("proxy-"))
        .cloned()
        .collect();
    for name in forbidden {
        headers.remove(name);
    }
    if let Some(user_agent) = user_agent {
        headers.entry(header::USER_AGENT).or_insert(user_agent);
    }
    let content_type = binary_content_type(headers.get(header::CONTENT_TYPE));
    headers.insert(header::CONTENT_TYPE, content_type);

    parts.method = Method::POST;
    parts.headers = headers;
    Request::from_parts(parts, BridgeBody::socket(incoming))
}

/// What the client says it sends, if that is binary gRPC-Web of some kind; else the usual.
fn binary_content_type(said: Option<&HeaderValue>) -> HeaderValue {
    match said {
        Some(said) if said.as_bytes().starts_with(b"application/grpc-web") && !is_text(said) => said.clone(),
        _ => GRPC_WEB_PROTO,
    }
}

fn is_text(content_type: &HeaderValue) -> bool {
    content_type.as_bytes().starts_with(b"application/grpc-web-text")
}
