//! The rules that keep both real clients happy. That every message of the server holds exactly one frame, and is
//! binary, is checked for whatever any test hears.

use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{BIDI, Heard, PATIENCE, SERVER_STREAMING, TestServer, UNARY, within};

/// The bare messages of a whole unary call for `name`, and whether the closing handshake was clean.
async fn messages(server: &TestServer, path: &str, name: &str) -> (Vec<Bytes>, bool) {
    let mut client = server.call(path).await;
    client.headers().await;
    client.hello(name).await;
    client.finish().await;
    let mut all = Vec::new();
    let mut is_clean = false;
    while let Some(message) = within(PATIENCE, client.socket.next()).await {
        match message.unwrap() {
            Message::Binary(message) => all.push(message),
            Message::Close(Some(frame)) => is_clean = u16::from(frame.code) == 1000,
            other => panic!("{other:?}"),
        }
    }
    (all, is_clean)
}

fn text(frame: &Bytes) -> &str {
    assert_eq!(frame[0], 0x80);
    std::str::from_utf8(&frame[5..]).unwrap()
}

#[tokio::test]
async fn a_header_frame_comes_first_and_holds_no_status() {
    let server = TestServer::start().await;
    let (messages, _) = messages(&server, UNARY, "Ana").await;
    let headers = text(&messages[0]);
    assert!(
        headers.contains("content-type: application/grpc+proto\r\n"),
        "{headers}"
    );
    assert!(headers.contains("answered-by: a test\r\n"), "{headers}");
    assert!(!headers.contains("grpc-status"), "{headers}");
}

#[tokio::test]
async fn every_frame_has_a_message_of_its_own() {
    let server = TestServer::start().await;
    let (messages, _) = messages(&server, SERVER_STREAMING, "100").await;
    // tonic packs answers that are ready together into one piece.
    assert_eq!(messages.len(), 1 + 100 + 1);
    for message in messages {
        let announced = u32::from_be_bytes(message[1..5].try_into().unwrap());
        assert_eq!(announced as usize, message.len() - 5);
    }
}

#[tokio::test]
async fn there_is_exactly_one_trailer_frame_and_it_is_last() {
    let server = TestServer::start().await;
    let (messages, _) = messages(&server, SERVER_STREAMING, "Ana").await;
    let blocks: Vec<_> = (0..messages.len()).filter(|&i| messages[i][0] == 0x80).collect();
    assert_eq!(blocks, [0, messages.len() - 1]);
    assert!(text(&messages[6]).contains("grpc-status: 0\r\n"));
}

#[tokio::test]
async fn a_refusal_is_one_frame_with_headers_and_status_together() {
    let server = TestServer::start().await;
    let (messages, is_clean) = messages(&server, UNARY, "denied").await;
    assert_eq!(messages.len(), 1);
    let block = text(&messages[0]);
    assert!(
        block.contains("content-type: application/grpc+proto\r\n"),
        "{block}"
    );
    assert!(block.contains("grpc-status: 7\r\n"), "{block}");
    assert!(is_clean);
}

#[tokio::test]
async fn header_blocks_are_printable_ascii_in_lines_that_end_with_crlf() {
    let server = TestServer::start().await;
    let (messages, _) = messages(&server, UNARY, "denied").await;
    let block = text(&messages[0]);
    assert!(block.ends_with("\r\n"));
    for line in block.strip_suffix("\r\n").unwrap().split("\r\n") {
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
        assert!(line.contains(": "), "{line}");
    }
    assert!(
        block.contains("grpc-message: 50%20%25%20of%20%C3%B1and%C3%BAs%20say%20no%0D%0A\r\n"),
        "{block}"
    );
}

#[tokio::test]
async fn the_server_closes_with_1000_after_the_trailers_and_cleanly() {
    let server = TestServer::start().await;
    let (_, is_clean) = messages(&server, UNARY, "Ana").await;
    assert!(is_clean);
    within(PATIENCE, server.sockets.wait()).await;
}

#[tokio::test]
async fn headers_arrive_before_there_is_any_message() {
    let server = TestServer::start().await;
    let mut client = server.call(BIDI).await;
    client.headers().await;
    let Heard::Block(headers) = client.hear().await else {
        panic!("no headers")
    };
    assert!(!headers.contains_key("grpc-status"));
}

#[tokio::test]
async fn an_unknown_method_is_a_status_and_not_a_failed_socket() {
    let server = TestServer::start().await;
    for path in ["/greet.Greeter/Nothing", "/no.Service/Nothing", "/"] {
        let mut client = server.call(path).await;
        client.headers().await;
        client.finish().await;
        let heard = client.hear_out().await;
        assert!(
            matches!(&heard[..], [Heard::Block(_), Heard::Close(Some(1000))]),
            "{heard:?}"
        );
        let Heard::Block(trailers) = &heard[0] else {
            unreachable!()
        };
        assert_eq!(trailers["grpc-status"], "12", "{path}");
    }
}
