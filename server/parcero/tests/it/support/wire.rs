//! Bytes of gRPC and gRPC-Web, written and read by hand so that the tests depend on no code under test.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use contract::greet::{DelayedReply, HelloReply, HelloRequest};
use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message;

/// One length-prefixed message.
pub(crate) fn framed(flags: u8, message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![flags];
    bytes.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    bytes.extend(message);
    bytes
}

/// One frame as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WireFrame {
    pub(crate) flags: u8,
    pub(crate) message: Bytes,
}

/// Takes a whole frame off the front, if it is there.
pub(crate) fn take_frame(buffer: &mut Vec<u8>) -> Option<WireFrame> {
    let length = u32::from_be_bytes(buffer.get(1..5)?.try_into().unwrap()) as usize;
    if buffer.len() < 5 + length {
        return None;
    }
    let rest = buffer.split_off(5 + length);
    let frame = std::mem::replace(buffer, rest);
    Some(WireFrame {
        flags: frame[0],
        message: Bytes::from(frame).slice(5..),
    })
}

/// Decodes the front of gRPC-Web text: pieces of base64, each padded by itself.
pub(crate) fn take_text(text: &mut Vec<u8>) -> Vec<u8> {
    let whole = text.len() / 4 * 4;
    let rest = text.split_off(whole);
    let text = std::mem::replace(text, rest);
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3);
    // A segment ends with the quantum that is padded.
    let mut segment = text.as_slice();
    while let Some(padding) = segment.iter().position(|byte| *byte == b'=') {
        let (padded, next) = segment.split_at((padding / 4 + 1) * 4);
        decoded.extend(BASE64_STANDARD.decode(padded).unwrap());
        segment = next;
    }
    decoded.extend(BASE64_STANDARD.decode(segment).unwrap());
    decoded
}

/// gRPC-Web text of these bytes.
pub(crate) fn text(bytes: &[u8]) -> Vec<u8> {
    BASE64_STANDARD.encode(bytes).into_bytes()
}

/// A header block as gRPC-Web writes its trailers.
pub(crate) fn header_block(block: &[u8]) -> HeaderMap {
    let text = std::str::from_utf8(block).expect("a header block is ASCII");
    assert!(text.is_ascii(), "{text:?}");
    let mut headers = HeaderMap::new();
    for line in text.split("\r\n").filter(|line| !line.is_empty()) {
        let (name, value) = line
            .split_once(':')
            .unwrap_or_else(|| panic!("no header: {line:?}"));
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(value.trim()).unwrap(),
        );
    }
    headers
}

/// Undoes the percent-encoding of `grpc-message`.
pub(crate) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap()
}

pub(crate) fn hello(greeting: &str, name: &str) -> Vec<u8> {
    HelloRequest {
        name: name.into(),
        greeting: greeting.into(),
    }
    .encode_to_vec()
}

/// A request of exactly so many bytes. Its reply has `extra` bytes more: see [`reply_bytes`].
pub(crate) fn hello_of(bytes: usize) -> Vec<u8> {
    // The field's key and its length, which takes one to four bytes.
    let prefix = (2..=5)
        .find(|prefix| hello("", &"n".repeat(bytes - prefix)).len() == bytes)
        .unwrap_or_else(|| panic!("no request has {bytes} bytes"));
    hello("", &"n".repeat(bytes - prefix))
}

pub(crate) fn said(reply: &[u8]) -> String {
    HelloReply::decode(reply).unwrap().message
}

pub(crate) fn delayed(reply: &[u8]) -> DelayedReply {
    DelayedReply::decode(reply).unwrap()
}
