//! Bad behaviour: each ends its own call, with the right status and close code, and frees everything.

use std::time::Duration;

use bridge::{frame::client, server::BridgeLayer};
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use crate::support::{
    BIDI, CLIENT_STREAMING, Client, HEADERS, Heard, PATIENCE, TestServer, UNARY, hasty, hello, within,
};

const INTERNAL: u16 = 13;
const RESOURCE_EXHAUSTED: u16 = 8;
const DEADLINE_EXCEEDED: u16 = 4;

/// The call must end with this status, this close code, and a message that says this; then nothing may be left.
async fn check(mut server: TestServer, mut client: Client, status: u16, close: u16, says: &str) {
    let (got_status, message, got_close) = client.ending().await;
    assert_eq!((got_status, got_close), (status, Some(close)), "{message}");
    assert!(message.contains(says), "{message:?} does not say {says:?}");
    within(PATIENCE, server.sockets.wait()).await;
    server.until(|seen| seen.running == 0).await;
}

#[tokio::test]
async fn a_text_message_is_refused_with_1003() {
    let server = TestServer::start().await;
    let mut client = server.call(BIDI).await;
    client.headers().await;
    client.say(Message::text("hello")).await;
    check(server, client, INTERNAL, 1003, "binary only").await;
}

#[tokio::test]
async fn a_text_message_instead_of_headers_is_refused_with_1003() {
    let server = TestServer::start().await;
    let mut client = server.call(BIDI).await;
    client.say(Message::text(HEADERS)).await;
    check(server, client, INTERNAL, 1003, "binary only").await;
}

#[tokio::test]
async fn headers_that_are_none_are_refused_with_1002() {
    for (block, says) in [
        ("no colon here", "line 1 of the headers has no colon"),
        ("a: b\r\nsp ace: c", "line 2 of the headers has no valid name"),
        (": c", "no valid name"),
        ("a: b\0", "control characters"),
        ("a-bin: %%%", "not base64"),
    ] {
        let server = TestServer::start().await;
        let mut client = server.call(UNARY).await;
        client.say_bytes(block).await;
        check(server, client, INTERNAL, 1002, says).await;
    }
}

#[tokio::test]
async fn headers_over_the_limit_are_refused_before_they_are_whole() {
    let server = TestServer::start_with(BridgeLayer::new().max_header_bytes(100)).await;
    let mut client = server.call(UNARY).await;
    let fragment = Frame::message(vec![b'a'; 101], OpCode::Data(Data::Binary), false);
    client.say(Message::Frame(fragment)).await;
    check(
        server,
        client,
        RESOURCE_EXHAUSTED,
        1000,
        "the 100 bytes that are taken",
    )
    .await;
}

#[tokio::test]
async fn headers_of_just_the_limit_are_taken() {
    let server = TestServer::start_with(BridgeLayer::new().max_header_bytes(100)).await;
    let mut client = server.call(UNARY).await;
    client.say_bytes(format!("{:100}", "a: b")).await;
    client.hello("Ana").await;
    client.finish().await;
    assert_eq!(client.ending().await.0, 0);
}

#[tokio::test]
async fn a_client_that_sends_no_headers_is_told_and_closed() {
    let server = TestServer::start_with(hasty()).await;
    let client = server.call(UNARY).await;
    check(
        server,
        client,
        DEADLINE_EXCEEDED,
        1002,
        "no headers arrived within 0.2 seconds",
    )
    .await;
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_as_soon_as_its_length_is_known() {
    let server = TestServer::start_with(BridgeLayer::new().max_message_bytes(1000)).await;
    let mut client = server.call(CLIENT_STREAMING).await;
    client.headers().await;
    // The prefix announces 1001 bytes; not one of them is sent.
    let prefix = Frame::message(vec![0, 0, 0, 0, 3, 0xe9], OpCode::Data(Data::Binary), false);
    client.say(Message::Frame(prefix)).await;
    check(
        server,
        client,
        RESOURCE_EXHAUSTED,
        1000,
        "message is 1001 bytes, at most 1000 are taken",
    )
    .await;
}

#[tokio::test]
async fn a_message_of_just_the_limit_is_taken_and_one_byte_more_is_not() {
    let limit = 100_000;
    let overhead = hello("").len() - 5;
    for (size, status) in [(limit - 1, 0), (limit, 0), (limit + 1, RESOURCE_EXHAUSTED)] {
        let server = TestServer::start_with(BridgeLayer::new().max_message_bytes(limit)).await;
        let mut client = server.call(CLIENT_STREAMING).await;
        client.headers().await;
        // A name this long needs two more bytes for its length, and two for its field.
        let request = hello(&"n".repeat(size - overhead - 4));
        assert_eq!(request.len() - 5, size);
        client.say_bytes(client::data(&request)).await;
        client.finish().await;
        assert_eq!(client.ending().await.0, status, "{size} bytes");
    }
}

#[tokio::test]
async fn the_trailers_survive_a_client_that_goes_on_sending_a_huge_message() {
    let server = TestServer::start_with(BridgeLayer::new().max_message_bytes(1000)).await;
    let mut client = server.call(CLIENT_STREAMING).await;
    client.headers().await;
    // Far more than the buffers of the kernel hold: it gets through only if the server reads it all.
    client
        .say_bytes(client::data(&hello(&"n".repeat(16 << 20))))
        .await;
    check(server, client, RESOURCE_EXHAUSTED, 1000, "at most 1000").await;
}

#[tokio::test]
async fn a_finish_in_the_middle_of_a_message_is_an_error() {
    for cut in [1, 4, 5, 8] {
        let server = TestServer::start().await;
        let mut client = server.call(CLIENT_STREAMING).await;
        client.headers().await;
        client.hello("Ana").await;
        client.say_bytes(client::data(&hello("Beto")[..cut])).await;
        client.finish().await;
        check(server, client, INTERNAL, 1000, "in the middle of a message").await;
    }
}

#[tokio::test]
async fn a_client_that_breaks_the_rules_of_websocket_is_refused_with_1002() {
    let unmasked = [0x82, 0x01, 0x00];
    let unknown_kind = [0x83, 0x80, 0, 0, 0, 0];
    let reserved_bit = [0xc2, 0x80, 0, 0, 0, 0];
    let lone_continuation = [0x80, 0x80, 0, 0, 0, 0];
    let ping_in_pieces = [0x09, 0x80, 0, 0, 0, 0];
    let long_ping = [0x89, 0xfe, 0, 126, 0, 0, 0, 0];
    let cases: [(&[u8], &str); 6] = [
        (&unmasked, "without the mask"),
        (&unknown_kind, "unknown kind"),
        (&reserved_bit, "extension"),
        (&lone_continuation, "no message had begun"),
        (&ping_in_pieces, "in pieces"),
        (&long_ping, "longer than 125 bytes"),
    ];
    for (bytes, says) in cases {
        let server = TestServer::start_with(hasty()).await;
        let mut client = server.call(BIDI).await;
        client.headers().await;
        assert!(matches!(client.hear().await, Heard::Block(_)));
        client.socket.get_mut().write_all(bytes).await.unwrap();
        check(server, client, INTERNAL, 1002, says).await;
    }
}

#[tokio::test]
async fn a_frame_that_announces_exabytes_costs_nothing() {
    let server = TestServer::start_with(hasty()).await;
    let mut client = server.call(BIDI).await;
    client.headers().await;
    assert!(matches!(client.hear().await, Heard::Block(_)));
    let header = [
        0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
    ];
    client.socket.get_mut().write_all(&header).await.unwrap();
    // Its first bytes are an honest message, and are taken as they come.
    client
        .socket
        .get_mut()
        .write_all(&client::data(&hello("Ana")))
        .await
        .unwrap();
    assert_eq!(client.hear().await, Heard::Reply("hi Ana".to_owned()));
    client
        .socket
        .get_mut()
        .write_all(&[0, 0xff, 0xff, 0xff, 0xff])
        .await
        .unwrap();
    check(
        server,
        client,
        RESOURCE_EXHAUSTED,
        1000,
        "message is 4294967295 bytes",
    )
    .await;
}

#[tokio::test]
async fn one_bad_call_leaves_the_others_alone() {
    let server = TestServer::start().await;
    let mut good = server.call(BIDI).await;
    good.headers().await;
    assert!(matches!(good.hear().await, Heard::Block(_)));
    let mut bad = server.call(BIDI).await;
    bad.headers().await;
    bad.say(Message::text("hello")).await;
    assert_eq!(bad.ending().await.2, Some(1003));
    good.hello("Ana").await;
    assert_eq!(good.hear().await, Heard::Reply("hi Ana".to_owned()));
}

#[tokio::test]
async fn a_client_that_never_answers_our_close_is_let_go() {
    let server = TestServer::start_with(hasty()).await;
    let mut client = server.call(UNARY).await;
    client.headers().await;
    client.hello("Ana").await;
    client.finish().await;
    // Nobody polls the client's socket from here on: it reads nothing and answers nothing.
    within(Duration::from_secs(5), server.sockets.wait()).await;
}
