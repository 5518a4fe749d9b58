//! The page: files that whoever starts a peer hands over, compressed when they were built.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use tonic::body::Body;

/// What stands at `/` where there is no page.
const NO_PAGE: PageFile = {
    const SENTENCE: &[u8] =
        b"This peer was built without its page. Build it with the feature `page`, or use the command line.\n";
    PageFile {
        path: "/",
        content_type: "text/plain; charset=utf-8",
        identity: SENTENCE,
        brotli: &[],
        gzip: &[],
    }
};

/// One file of the page.
#[derive(Debug, Clone, Copy)]
pub struct PageFile {
    /// Where it stands. All but `/` carry a hash of their content and may be cached for ever.
    pub path: &'static str,
    /// The media type, for `content-type`.
    pub content_type: &'static str,
    /// The bytes as they are.
    pub identity: &'static [u8],
    /// The same, compressed with brotli; empty where there is no such copy.
    pub brotli: &'static [u8],
    /// The same, compressed with gzip; empty where there is no such copy.
    pub gzip: &'static [u8],
}

/// The page that a door shows.
#[derive(Debug, Clone)]
pub struct Page {
    files: Arc<[PageFile]>,
    /// What its index holds inline, as sources for `script-src` and `style-src`: `'sha256-…'`.
    inline: [&'static str; 2],
}

impl Page {
    /// The page made of `files`, of which `/` is the index. `scripts` and `styles` are what the index holds inline, as
    /// sources for a Content-Security-Policy: `'sha256-…'`, apart by spaces.
    pub fn new(files: Vec<PageFile>, scripts: &'static str, styles: &'static str) -> Self {
        Self {
            files: files.into(),
            inline: [scripts, styles],
        }
    }

    /// In place of a page, a sentence that says that there is none: a peer for headless use.
    pub fn none() -> Self {
        Self::new(vec![NO_PAGE], "", "")
    }

    /// Answers a request that is no gRPC call.
    pub(super) fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        let path = request.uri().path();
        let Some(file) = self.files.iter().find(|file| file.path == path) else {
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
            content_security_policy(host(request), self.inline),
        );
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }
}

/// What the page may load and do.
fn content_security_policy(host: &str, [scripts, styles]: [&str; 2]) -> HeaderValue {
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

impl PageFile {
    /// The copy to send and its coding, the best one the client takes.
    fn encoded(&self, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
        let copies = [("br", self.brotli), ("gzip", self.gzip)];
        let accepted = copies
            .into_iter()
            .find(|(coding, bytes)| !bytes.is_empty() && accepts(headers, coding));
        accepted.map_or((None, self.identity), |(coding, bytes)| (Some(coding), bytes))
    }
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

    #[tokio::test]
    async fn a_peer_without_a_page_says_so_in_its_place() {
        use http_body_util::BodyExt;

        let answer = |path| Page::none().answer(&Request::get(path).body(()).unwrap());
        let at_root = answer("/");
        assert_eq!(at_root.status(), StatusCode::OK);
        assert_eq!(
            at_root.headers()[header::CONTENT_TYPE],
            "text/plain; charset=utf-8"
        );
        let said = at_root.into_body().collect().await.unwrap().to_bytes();
        assert!(
            said.starts_with(b"This peer was built without its page. "),
            "{said:?}"
        );
        assert_eq!(answer("/index.html").status(), StatusCode::NOT_FOUND);
    }

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
