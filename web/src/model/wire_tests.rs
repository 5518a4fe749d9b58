//! Frames, whole and broken, taken apart.

use bytes::Bytes;
use contract::greet::{DelayedReply, HelloReply, HelloRequest};
use proptest::prelude::*;
use prost::Message as _;

use super::wire::*;
use crate::i18n::Language;

fn frame(flags: u8, payload: &[u8]) -> Bytes {
    let length = u32::try_from(payload.len()).unwrap();
    Bytes::from([&[flags], &length.to_be_bytes()[..], payload].concat())
}

/// One line a span: its depth as indentation, its bytes, and what it is.
fn check(frame: &[u8], message: &str, expected: &[&str]) {
    let frame = Bytes::copy_from_slice(frame);
    let lines: Vec<String> = take_apart(&frame, message)
        .iter()
        .map(|span| {
            let indentation = "  ".repeat(span.depth);
            format!(
                "{indentation}{}: {}",
                span.hex(4),
                span.meaning.explain(Language::English)
            )
        })
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn a_message_is_prefix_tags_lengths_and_values() {
    let request = HelloRequest {
        name: "Telemática".into(),
        greeting: "Hello".into(),
    };
    check(
        &frame(0, &request.encode_to_vec()),
        "greet.HelloRequest",
        &[
            "00: flags: a message, not compressed",
            "00 00 00 14: length: 20 bytes follow (u32, big-endian)",
            "0a: field 1 “name”, string; wire type 2, a length first",
            "0b: 11 bytes long",
            "54 65 6c 65 …: \"Telemática\"",
            "12: field 2 “greeting”, string; wire type 2, a length first",
            "05: 5 bytes long",
            "48 65 6c 6c …: \"Hello\"",
        ],
    );
}

#[test]
fn a_message_inside_a_message_is_taken_apart_too() {
    let inner = HelloRequest {
        name: "Ana".into(),
        greeting: String::new(),
    };
    let reply = DelayedReply {
        message: "1".into(),
        request: vec![inner],
    };
    let frame = frame(0, &reply.encode_to_vec());
    check(
        &frame,
        "greet.DelayedReply",
        &[
            "00: flags: a message, not compressed",
            "00 00 00 0a: length: 10 bytes follow (u32, big-endian)",
            "0a: field 1 “message”, string; wire type 2, a length first",
            "01: 1 byte long",
            "31: \"1\"",
            "12: field 2 “request”, repeated HelloRequest; wire type 2, a length first",
            "05: 5 bytes long",
            "  0a: field 1 “name”, string; wire type 2, a length first",
            "  03: 3 bytes long",
            "  41 6e 61: \"Ana\"",
        ],
    );
}

#[test]
fn trailers_are_lines_and_the_status_has_its_name() {
    check(
        &frame(
            0x80,
            b"grpc-status: 5\r\ngrpc-message:no%20caf%C3%A9\r\nbroken\r\n",
        ),
        "greet.HelloReply",
        &[
            "80: flags: headers or trailers (bit 7)",
            "00 00 00 35: length: 53 bytes follow (u32, big-endian)",
            "67 72 70 63 …: the status of the call: 5 NOT_FOUND",
            "67 72 70 63 …: what the peer says about it: no café",
            "62 72 6f 6b …: not a header: “name: value”",
        ],
    );
}

#[test]
fn an_unknown_field_is_shown_by_its_number_and_its_looks() {
    // Fields 3 (text), 4 (varint) and 5 (fixed32), none of which HelloReply has.
    check(
        &frame(0, &[0x1a, 2, b'h', b'i', 0x20, 7, 0x2d, 1, 0, 0, 0]),
        "greet.HelloReply",
        &[
            "00: flags: a message, not compressed",
            "00 00 00 0b: length: 11 bytes follow (u32, big-endian)",
            "1a: field 3, which this page does not know; wire type 2, a length first",
            "02: 2 bytes long",
            "68 69: \"hi\"",
            "20: field 4, which this page does not know; wire type 0, a varint",
            "07: 7",
            "2d: field 5, which this page does not know; wire type 5, four bytes",
            "01 00 00 00: 1",
        ],
    );
}

#[test]
fn broken_bytes_say_what_is_broken() {
    let why = |bytes: &[u8]| {
        let spans = take_apart(&Bytes::copy_from_slice(bytes), "greet.HelloReply");
        spans.last().map(|span| span.meaning.clone())
    };
    let unknown = |why| Some(Meaning::Unknown(why));
    assert_eq!(why(&[]), None);
    assert_eq!(why(&[0, 0, 0]), unknown(Unknown::HalfPrefix));
    assert_eq!(why(&[0, 0, 0, 0, 0]), Some(Meaning::Length(0)));
    assert_eq!(
        why(&[0, 0, 0, 0, 9, 1]),
        unknown(Unknown::CutOff { announced: 9 })
    );
    assert_eq!(why(&[0, 0, 0, 0, 0, 1]), unknown(Unknown::AfterTheFrame));
    assert_eq!(why(&frame(0, &[0x80])), unknown(Unknown::EndlessVarint));
    assert_eq!(why(&frame(0, &[0x07, 1])), unknown(Unknown::NoSuchTag));
    assert_eq!(
        why(&frame(0, &[0x0a, 5, b'h'])),
        unknown(Unknown::CutOff { announced: 5 })
    );
    assert_eq!(why(&frame(0, &[0x0a, 1, 0xff])), unknown(Unknown::NotText));
    assert_eq!(why(&frame(1, &[0x0a, 1, 0xff])), Some(Meaning::Compressed));
}

#[test]
fn a_frame_of_very_many_parts_ends_in_one_span() {
    let reply = HelloReply { message: "a".into() }
        .encode_to_vec()
        .repeat(MAX_SPANS);
    let spans = take_apart(&frame(0, &reply), "greet.HelloReply");
    assert!(spans.len() <= MAX_SPANS + 4, "{} spans", spans.len());
    assert_eq!(spans.last().unwrap().meaning, Meaning::Unknown(Unknown::TooMany));
}

fn is_exactly(spans: &[Span], frame: &Bytes) -> bool {
    let joined: Vec<u8> = spans.iter().flat_map(|span| span.bytes.iter().copied()).collect();
    joined == *frame
}

proptest! {
    #[test]
    fn the_spans_of_any_bytes_are_exactly_those_bytes(bytes: Vec<u8>, message in 0..contract::MESSAGES.len()) {
        let frame = Bytes::from(bytes);
        let spans = take_apart(&frame, contract::MESSAGES[message].name);
        prop_assert!(is_exactly(&spans, &frame));
    }

    /// Random bytes seldom are a whole frame: here the prefix is right and what is in it is not.
    #[test]
    fn the_spans_of_any_payload_are_exactly_its_frame(flags: u8, payload: Vec<u8>, after: Vec<u8>) {
        let frame = Bytes::from([&frame(flags, &payload)[..], &after].concat());
        let spans = take_apart(&frame, "greet.DelayedReply");
        prop_assert!(is_exactly(&spans, &frame));
        for span in spans {
            prop_assert!(!span.meaning.explain(Language::Spanish).is_empty());
        }
    }

    #[test]
    fn any_greeting_shows_its_text(name in "[^\\p{C}]{1,40}") {
        let payload = HelloRequest { name: name.clone(), greeting: String::new() }.encode_to_vec();
        let spans = take_apart(&frame(0, &payload), "greet.HelloRequest");
        prop_assert_eq!(spans.last().map(|span| &span.meaning), Some(&Meaning::Value(format!("{name:?}"))));
    }

    /// Messages inside messages inside messages, as deep as the bytes allow, and some byte of them changed.
    #[test]
    fn a_damaged_message_is_shown_whole(names: Vec<String>, at: prop::sample::Index, byte: u8) {
        let request = names.into_iter().map(|name| HelloRequest { name, greeting: "x".into() }).collect();
        let mut payload = DelayedReply { message: "m".into(), request }.encode_to_vec();
        let at = at.index(payload.len());
        payload[at] = byte;
        let frame = frame(0, &payload);
        prop_assert!(is_exactly(&take_apart(&frame, "greet.DelayedReply"), &frame));
    }
}
