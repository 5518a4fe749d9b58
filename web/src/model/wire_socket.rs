//! What a WebSocket carries beside the frames of a call: the request's headers first, and a byte before whatever the
//! page sends after them.

use bridge::frame::{client, header_block};
use bytes::Bytes;
use http::HeaderMap;

use super::wire::{Meaning, Span, Spans};

/// The first message of the page: a line for each header, and no prefix.
pub fn request_headers(headers: &HeaderMap) -> Vec<Span> {
    let mut spans = Spans::of(header_block::encode(headers));
    spans.headers();
    spans.found
}

/// The byte before a frame that the page sends.
pub fn before_a_frame() -> Span {
    byte(client::DATA)
}

/// The whole message by which the page has finished sending.
pub fn finish() -> Span {
    byte(client::FINISH)
}

fn byte(byte: u8) -> Span {
    Span {
        bytes: Bytes::copy_from_slice(&[byte]),
        meaning: Meaning::Socket(byte),
        depth: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[test]
    fn the_headers_are_the_lines_that_crossed() {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/grpc-web+proto".parse().unwrap());
        headers.insert("x", "1".parse().unwrap());
        let spans = request_headers(&headers);
        let all: Vec<u8> = spans.iter().flat_map(|span| span.bytes.to_vec()).collect();
        assert_eq!(all, header_block::encode(&headers));
        assert_eq!(spans[1].meaning.explain(Language::English), "x = 1");
    }

    #[test]
    fn a_frame_and_the_finish_have_a_byte_each() {
        assert_eq!(before_a_frame().hex(4), "00");
        assert_eq!(finish().hex(4), "01");
        for language in Language::ALL {
            assert_ne!(
                before_a_frame().meaning.explain(language),
                finish().meaning.explain(language)
            );
        }
    }
}
