//! Headers between `http` and the browser.

use bridge::frame::header_block;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT, CONTENT_TYPE, TE},
};
use tonic::Status;
use web_sys::Headers;

use crate::rpc::failure::Failure;
use crate::rpc::splitter::MAX_TRAILER_BYTES;

const GRPC_WEB: HeaderValue = HeaderValue::from_static("application/grpc-web+proto");

/// The headers of a gRPC request as gRPC-Web has them.
pub(super) fn of_request(grpc: &HeaderMap) -> HeaderMap {
    let mut headers = grpc.clone();
    // A browser speaks for itself about trailers, and would drop this header without a word.
    headers.remove(TE);
    headers.insert(CONTENT_TYPE, GRPC_WEB);
    headers.insert(ACCEPT, GRPC_WEB);
    headers.insert(
        HeaderName::from_static("x-grpc-web"),
        HeaderValue::from_static("1"),
    );
    headers
}

/// The same headers for `fetch`.
pub(super) fn to_browser(headers: &HeaderMap) -> Result<Headers, Failure> {
    let browser = Headers::new().map_err(|_| Failure::NoBrowser)?;
    for (name, value) in headers {
        let refused = || Failure::BadMetadata(name.to_string());
        let value = value.to_str().map_err(|_| refused())?;
        browser.append(name.as_str(), value).map_err(|_| refused())?;
    }
    Ok(browser)
}

/// The headers of an answer. A browser shows those of another origin only as far as it is allowed to.
pub(super) fn from_browser(browser: &Headers) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for entry in browser.entries().into_iter().flatten() {
        let entry = js_sys::Array::from(&entry);
        let (Some(name), Some(value)) = (entry.get(0).as_string(), entry.get(1).as_string()) else {
            continue;
        };
        // What a browser took for a header and `http` does not is of no use to gRPC.
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            headers.append(name, value);
        }
    }
    headers
}

/// What says how a call went, among the headers of an answer that has no body.
pub(super) fn trailers_among(headers: &HeaderMap) -> HeaderMap {
    [
        Status::GRPC_STATUS,
        Status::GRPC_MESSAGE,
        Status::GRPC_STATUS_DETAILS,
    ]
    .into_iter()
    .filter_map(|name| headers.get(&name).cloned().map(|value| (name, value)))
    .collect()
}

/// The trailers inside their frame.
pub(super) fn parse_trailers(block: &[u8]) -> Result<HeaderMap, Failure> {
    let trailers =
        header_block::parse(block, MAX_TRAILER_BYTES).map_err(|why| Failure::BadTrailers(why.to_string()))?;
    if trailers.contains_key(Status::GRPC_STATUS) {
        Ok(trailers)
    } else {
        Err(Failure::BadTrailers("grpc-status is missing".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_becomes_grpc_web_and_keeps_its_metadata() {
        let mut grpc = HeaderMap::new();
        grpc.insert(TE, HeaderValue::from_static("trailers"));
        grpc.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        grpc.append("tag", HeaderValue::from_static("a"));
        grpc.append("tag", HeaderValue::from_static("b"));
        grpc.insert("grpc-timeout", HeaderValue::from_static("5S"));
        let web = of_request(&grpc);
        assert!(!web.contains_key(TE));
        assert_eq!(web[CONTENT_TYPE], "application/grpc-web+proto");
        assert_eq!(web["x-grpc-web"], "1");
        assert_eq!(web["grpc-timeout"], "5S");
        assert_eq!(web.get_all("tag").iter().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn trailers_must_say_the_status() {
        let trailers = parse_trailers(b"grpc-status: 5\r\ngrpc-message:no%20such\r\n").unwrap();
        assert_eq!(trailers["grpc-status"], "5");
        assert_eq!(trailers["grpc-message"], "no%20such");
        for (bad, why) in [
            (&b""[..], "grpc-status is missing"),
            (b"grpc-status", "line 1 of the headers has no colon"),
        ] {
            assert_eq!(parse_trailers(bad), Err(Failure::BadTrailers(why.into())));
        }
    }
}
