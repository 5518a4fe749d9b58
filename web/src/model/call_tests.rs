//! What a card shows of a call.

use contract::greet::{HelloReply, HelloRequest};
use prost::Message;
use tonic::Code;

use super::*;

fn frame(message: &impl Message) -> Bytes {
    let payload = message.encode_to_vec();
    let mut frame = vec![0];
    frame.extend((payload.len() as u32).to_be_bytes());
    frame.extend(payload);
    frame.into()
}

fn request(name: &str) -> Crossing {
    Crossing::Sent(frame(&HelloRequest {
        name: name.into(),
        greeting: "Hello".into(),
    }))
}

fn reply(message: &str) -> Crossing {
    Crossing::Received(frame(&HelloReply {
        message: message.into(),
    }))
}

/// A live call of this kind that began at 100 ms, with these crossings 1 ms apart from then on.
fn call(kind: Kind, crossings: impl IntoIterator<Item = Crossing>) -> Call {
    let mut call = Call::new(kind);
    let run = call.begin(100.0);
    for (tick, crossing) in crossings.into_iter().enumerate() {
        call.apply(run, 100.0 + tick as f64, Event::Crossed(crossing));
    }
    call
}

fn end(call: &mut Call, status: Status) {
    call.apply(call.run(), 1_100.0, Event::Ended(status));
}

/// The rows of the diagram, as they read.
fn rows(call: &Call) -> Vec<String> {
    call.log()
        .entries()
        .filter(|entry| entry.is_row())
        .map(|entry| entry.as_row(call.kind()))
        .map(|entry| match &entry.what {
            What::Message {
                direction,
                kept: Kept::Text(text),
                ..
            } => {
                let arrow = match direction {
                    Direction::Sent => '→',
                    Direction::Received => '←',
                };
                format!("{} {arrow} {}", entry.at_ms, text.as_deref().unwrap_or("?"))
            }
            What::Message {
                kept: Kept::Frame(_), ..
            } => unreachable!("a row has no bytes"),
            What::Finished => format!("{} finished", entry.at_ms),
            What::Ended(outcome) => {
                format!("{} {:?} by {:?}", entry.at_ms, outcome.status.code(), outcome.by)
            }
            What::Block { .. } => unreachable!("a block is no row"),
        })
        .collect()
}

#[test]
fn a_unary_call_is_a_request_an_answer_and_a_status() {
    let mut call = call(
        Kind::Unary,
        [
            request("Ana"),
            Crossing::FinishedSending,
            reply("Hello Ana"),
            Crossing::Received(Bytes::from_static(b"\x80\0\0\0\x0fgrpc-status:0\r\n")),
            Crossing::Trailers(HeaderMap::new()),
        ],
    );
    assert_eq!(call.doing(), Some(Doing::Receiving));
    end(&mut call, Status::ok(""));
    assert_eq!(rows(&call), ["0 → Hello Ana", "2 ← Hello Ana", "1000 Ok by Peer"]);
    assert_eq!(
        call.log().entries().count(),
        4,
        "the trailers' frame is kept for the wire"
    );
    assert_eq!(
        call.sent(),
        Tally {
            messages: 1,
            bytes: 17
        }
    );
    assert_eq!(call.duration_ms(5_000.0), Some(1_000.0));
    assert_eq!(call.median_round_trip_ms(), None, "only of a stream both ways");
}

#[test]
fn a_stream_of_requests_is_open_until_its_finish_crosses() {
    let mut call = call(Kind::Client, [request("Ana"), request("Luis")]);
    assert_eq!(call.doing(), Some(Doing::Open));
    call.apply(call.run(), 110.0, Event::AskedToFinish);
    assert!(call.is_finishing());
    assert_eq!(call.doing(), Some(Doing::Open), "asked for, not crossed");
    call.apply(call.run(), 111.0, Event::Crossed(Crossing::FinishedSending));
    assert_eq!(call.doing(), Some(Doing::Waiting));
    assert_eq!(rows(&call), ["0 → Hello Ana", "1 → Hello Luis", "11 finished"]);
}

#[test]
fn messages_asked_for_wait_until_they_cross() {
    let mut call = call(Kind::Bidi, []);
    call.apply(call.run(), 100.0, Event::AskedToSend(3));
    call.apply(call.run(), 101.0, Event::Crossed(request("Ana")));
    assert_eq!(call.waiting_to_send(), 2);
    call.apply(call.run(), 102.0, Event::Cancelled);
    assert_eq!(call.waiting_to_send(), 0);
}

#[test]
fn a_cancelled_call_says_who_cancelled_and_hears_no_more() {
    let mut call = call(Kind::Server, [request("Ana"), reply("Hello Ana 1")]);
    call.apply(call.run(), 150.0, Event::Cancelled);
    call.apply(call.run(), 151.0, Event::Crossed(reply("Hello Ana 2")));
    end(&mut call, Status::ok(""));
    assert_eq!(rows(&call).last().unwrap(), "50 Cancelled by Person");
    assert_eq!(call.received().messages, 1);
}

#[test]
fn a_call_that_ends_without_trailers_was_ended_on_the_way() {
    let mut call = call(Kind::Unary, [request("Ana")]);
    end(&mut call, Status::unavailable("gone"));
    let Phase::Ended(outcome) = call.phase() else {
        panic!("{call:?}")
    };
    assert_eq!(
        (outcome.status.code(), outcome.by),
        (Code::Unavailable, EndedBy::Way)
    );
}

#[test]
fn a_word_from_the_call_before_is_not_part_of_this_one() {
    let mut call = call(Kind::Unary, [request("Ana")]);
    let before = call.run();
    let last_id = call.log().entries().last().unwrap().id;
    let now = call.begin(500.0);
    call.apply(before, 501.0, Event::Crossed(reply("late")));
    call.apply(now, 502.0, Event::Crossed(request("Luis")));
    assert_eq!(rows(&call), ["2 → Hello Luis"]);
    assert!(
        call.log().entries().all(|entry| entry.id > last_id),
        "a row of the new call is not one of the old"
    );
}

#[test]
fn what_a_peer_says_cannot_turn_the_line_around() {
    let call = call(Kind::Server, [reply("abc\u{202e}def")]);
    assert_eq!(rows(&call), ["0 ← abc‹U+202E›def"]);
}

#[test]
fn the_median_round_trip_of_a_bidirectional_call_is_measured_from_what_crossed() {
    let call = call(
        Kind::Bidi,
        [
            request("Ana"),
            reply("Hello Ana"),
            request("Luis"),
            reply("Hello Luis"),
        ],
    );
    assert_eq!(call.median_round_trip_ms(), Some(1.0));
}

#[test]
fn what_was_sent_is_undelivered_only_where_nobody_was_there() {
    let unreachable = Failure::Unreachable {
        origin: "http://localhost:1".into(),
    };
    for (status, expected) in [
        (Status::from(unreachable), true),
        (Status::from(Failure::CutOff), false),
        (Status::unavailable("this peer is stopping"), false),
        (Status::ok(""), false),
    ] {
        let mut call = call(Kind::Unary, [request("Ana")]);
        assert!(!call.is_undelivered(), "nobody knows yet");
        end(&mut call, status.clone());
        assert_eq!(call.is_undelivered(), expected, "{status}");
    }
}

#[test]
fn the_page_ends_a_call_at_its_deadline() {
    let mut call = call(Kind::Unary, [request("Ana")]);
    end(&mut call, Failure::Deadline.into());
    let Phase::Ended(outcome) = call.phase() else {
        panic!("{call:?}");
    };
    assert_eq!(
        (outcome.status.code(), outcome.by),
        (Code::DeadlineExceeded, EndedBy::Deadline)
    );
}

#[test]
fn what_crosses_is_kept_as_it_came_and_neither_copied_nor_taken_apart() {
    // Two frames of one buffer, a small one and a large one, and the large one is no message at all.
    let mut buffer = frame(&HelloReply {
        message: "Hello Ana".into(),
    })
    .to_vec();
    let small = buffer.len();
    buffer.extend([0, 0, 1, 0, 0]);
    buffer.extend([0xff; 65_536]);
    let buffer = Bytes::from(buffer);
    let crossed = [buffer.slice(..small), buffer.slice(small..)];
    let call = call(Kind::Server, crossed.clone().map(Crossing::Received));
    let kept: Vec<&Bytes> = call
        .log()
        .entries()
        .map(|entry| match &entry.what {
            What::Message { kept, .. } => kept.frame().expect("only bytes, and no text, are kept"),
            other => panic!("{other:?}"),
        })
        .collect();
    for (kept, crossed) in kept.iter().zip(&crossed) {
        assert_eq!((kept.as_ptr(), kept.len()), (crossed.as_ptr(), crossed.len()));
    }
    assert_eq!(rows(&call), ["0 ← Hello Ana", "1 ← ?"], "read when it is drawn");
}
