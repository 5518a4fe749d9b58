//! The page: files embedded in the binary, compressed when it was built.

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use tonic::body::Body;

/// Answers a request that is no gRPC call.
pub(super) fn answer<B>(request: &Request<B>) -> Response<Body> {
    let path = request.uri().path();
    let Some(file) = file(path) else {
        if contract::Method::of(path).is_some() {
            let sentence = "This is a gRPC method. Call it with content-type application/grpc or application/grpc-web+proto.\n";
            return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence);
        }
        return plain(StatusCode::NOT_FOUND, "There is nothing here. The page is at /\n");
    };
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut response = plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "The page can only be read: use GET.\n",
        );
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let (encoding, bytes) = file.encoded(request.headers());
    let mut response = Response::new(match *request.method() {
        Method::HEAD => Body::empty(),
        _ => full(bytes),
    });
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // All names but the index carry a hash of their content.
    let caching = if path == "/" {
        "no-cache"
    } else {
        "public, max-age=31536000, immutable"
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        content_security_policy(host(request)),
    );
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// What the page may load and do.
fn content_security_policy(host: &str) -> HeaderValue {
    let (scripts, styles) = inline_hashes();
    // `ws://host` besides 'self' for browsers that do not count a socket of the same origin as 'self'.
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {scripts}; style-src 'self' {styles}; \
         img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' ws://{host}; font-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// The name and port this request reached us by; the door has checked that it is one of ours.
fn host<B>(request: &Request<B>) -> &str {
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    authority
        .or_else(|| request.headers().get(header::HOST)?.to_str().ok())
        .unwrap_or_default()
}

struct File {
    content_type: &'static str,
    identity: &'static [u8],
    /// The same bytes compressed, best coding first: its name and the copy.
    compressed: [Option<(&'static str, &'static [u8])>; 2],
}

impl File {
    fn encoded(&self, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
        let accepted = self
            .compressed
            .iter()
            .flatten()
            .find(|(coding, _)| accepts(headers, coding));
        accepted.map_or((None, self.identity), |(coding, bytes)| (Some(*coding), bytes))
    }
}

#[cfg(feature = "page")]
fn file(path: &str) -> Option<File> {
    parcero_bundle::ASSETS
        .iter()
        .find(|asset| asset.path == path)
        .map(|asset| File {
            content_type: asset.content_type,
            identity: asset.identity,
            compressed: [Some(("br", asset.brotli)), Some(("gzip", asset.gzip))],
        })
}

#[cfg(feature = "page")]
fn inline_hashes() -> (&'static str, &'static str) {
    (parcero_bundle::SCRIPT_HASHES, parcero_bundle::STYLE_HASHES)
}

#[cfg(not(feature = "page"))]
fn file(path: &str) -> Option<File> {
    const SENTENCE: &[u8] =
        b"This peer was built without its page. Build it with the feature `page`, or use the command line.\n";
    let file = File {
        content_type: "text/plain; charset=utf-8",
        identity: SENTENCE,
        compressed: [None; 2],
    };
    (path == "/").then_some(file)
}

#[cfg(not(feature = "page"))]
fn inline_hashes() -> (&'static str, &'static str) {
    ("", "")
}

/// Whether `accept-encoding` names this coding, with a weight other than 0.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let values = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding))
            && !parts.any(|weight| weight.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0))
    })
}

fn plain(status: StatusCode, sentence: &'static str) -> Response<Body> {
    let mut response = Response::new(full(sentence.as_bytes()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

fn full(bytes: &'static [u8]) -> Body {
    Body::new(http_body_util::Full::new(bytes::Bytes::from_static(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_with_weight_zero_is_not_accepted() {
        let accepted = |value: &str, coding| {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]);
            accepts(&headers, coding)
        };
        assert!(accepted("gzip, deflate, br", "br"));
        assert!(accepted("BR;q=0.5", "br"));
        assert!(!accepted("br;q=0, gzip", "br"));
        assert!(!accepted("brotli", "br"));
    }
}
