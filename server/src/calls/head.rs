//! The head of a request as bytes, and back.

use bridge::frame::{HEADERS, PREFIX_LEN, header_block};
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, uri::PathAndQuery};

use super::MAX_HEAD_BYTES;

/// The frame of a request's head.
pub(super) fn request(path: &str, headers: &HeaderMap) -> Bytes {
    let block = header_block::encode(headers);
    let mut frame = BytesMut::with_capacity(PREFIX_LEN + path.len() + 2 + block.len());
    frame.put_u8(HEADERS);
    frame.put_u32((path.len() + 2 + block.len()) as u32);
    frame.put_slice(path.as_bytes());
    frame.put_slice(b"\r\n");
    frame.put_slice(&block);
    frame.freeze()
}

/// The path and the headers of a request's head.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(super) fn parse_request(block: &[u8]) -> Result<(PathAndQuery, HeaderMap), String> {
    let end = block
        .windows(2)
        .position(|pair| pair == b"\r\n")
        .ok_or("the head of a call has no path")?;
    let path = std::str::from_utf8(&block[..end])
        .ok()
        .filter(|path| path.starts_with('/'))
        .and_then(|path| path.parse().ok())
        .ok_or("the path of a call is no path")?;
    let headers = headers(&block[end + 2..])?;
    Ok((path, headers))
}

/// The headers in a head or in trailers.
///
/// # Errors
/// A sentence that says what is wrong with them.
pub(super) fn headers(block: &[u8]) -> Result<HeaderMap, String> {
    header_block::parse(block, MAX_HEAD_BYTES).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_head_survives_the_way() {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-timeout", "10S".parse().unwrap());
        headers.append("x-twice", "one".parse().unwrap());
        headers.append("x-twice", "two".parse().unwrap());
        headers.insert("x-raw-bin", "AAEC".parse().unwrap());
        let frame = request("/greet.Greeter/OnlyResponse", &headers);
        let (path, read) = parse_request(&frame[PREFIX_LEN..]).unwrap();
        assert_eq!(path, "/greet.Greeter/OnlyResponse");
        assert_eq!(read, headers);
    }

    #[test]
    fn what_is_no_head_is_refused() {
        for bad in ["", "\r\n", "greet\r\n", "/a b\r\n", "/a\r\nno colon\r\n", "/a"] {
            assert!(parse_request(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse_request(&bytes);
        }
    }
}
