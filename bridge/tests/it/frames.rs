//! A client's messages are pieces of a byte stream, whatever their borders.

use bridge::frame::client;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use crate::support::{BIDI, CLIENT_STREAMING, Client, HEADERS, Heard, TestServer, UNARY, hello};

/// The names a client stream echoed, by its count.
async fn count(client: &mut Client) -> String {
    assert!(matches!(client.hear().await, Heard::Block(_)));
    let Heard::Reply(message) = client.hear().await else {
        panic!("no reply")
    };
    assert_eq!(client.ending().await.0, 0);
    message
}

#[tokio::test]
async fn a_message_may_be_split_over_several_websocket_messages() {
    let server = TestServer::start().await;
    let mut client = server.call(BIDI).await;
    client.headers().await;
    assert!(matches!(client.hear().await, Heard::Block(_)));
    // Byte by byte: every border there is, within the prefix and within the message.
    for byte in hello("Ana") {
        client.say_bytes(client::data(&[byte])).await;
    }
    assert_eq!(client.hear().await, Heard::Reply("hi Ana".to_owned()));
}

#[tokio::test]
async fn one_websocket_message_may_hold_several_messages() {
    let server = TestServer::start().await;
    let mut client = server.call(CLIENT_STREAMING).await;
    client.headers().await;
    let together = [hello("Ana"), hello("Beto"), hello("Caro")].concat();
    client.say_bytes(client::data(&together)).await;
    client.finish().await;
    assert!(count(&mut client).await.contains("3 messages"));
}

#[tokio::test]
async fn a_data_message_without_data_and_an_empty_one_say_nothing() {
    let server = TestServer::start().await;
    let mut client = server.call(CLIENT_STREAMING).await;
    client.headers().await;
    client.say_bytes(vec![client::DATA]).await;
    client.say_bytes(vec![]).await;
    client.hello("Ana").await;
    client.say_bytes(vec![client::DATA]).await;
    client.say_bytes(vec![]).await;
    client.finish().await;
    assert!(count(&mut client).await.contains("1 messages"));
}

#[tokio::test]
async fn a_longer_message_that_begins_with_the_finish_byte_is_data() {
    let server = TestServer::start().await;
    let mut client = server.call(CLIENT_STREAMING).await;
    client.headers().await;
    client
        .say_bytes([&[client::FINISH][..], &hello("Ana")].concat())
        .await;
    client.finish().await;
    assert!(count(&mut client).await.contains("1 messages"));
}

#[tokio::test]
async fn what_comes_after_the_finish_is_ignored() {
    let server = TestServer::start().await;
    let mut client = server.call(CLIENT_STREAMING).await;
    client.headers().await;
    client.hello("Ana").await;
    client.finish().await;
    client.hello("Beto").await;
    client.finish().await;
    client.say(Message::text("hello?")).await;
    assert!(count(&mut client).await.contains("1 messages"));
}

#[tokio::test]
async fn a_websocket_message_may_arrive_in_fragments_with_a_ping_between_them() {
    let server = TestServer::start().await;
    let mut client = server.call(UNARY).await;
    client.headers().await;
    let message = client::data(&hello("Ana"));
    let (first, rest) = message.split_at(3);
    let fragment = |bytes: &[u8], kind, is_last| {
        Message::Frame(Frame::message(bytes.to_vec(), OpCode::Data(kind), is_last))
    };
    client.say(fragment(first, Data::Binary, false)).await;
    client.say(Message::Ping("still there?".into())).await;
    client.say(fragment(rest, Data::Continue, true)).await;
    client.say(fragment(&[], Data::Binary, false)).await;
    client
        .say(fragment(&[client::FINISH], Data::Continue, true))
        .await;
    assert!(matches!(client.hear().await, Heard::Block(_)));
    assert_eq!(client.hear().await, Heard::Reply("hi Ana".to_owned()));
}

#[tokio::test]
async fn a_ping_is_answered_with_what_it_said() {
    use futures_util::StreamExt as _;
    let server = TestServer::start().await;
    let mut client = server.call(BIDI).await;
    client.say(Message::Ping("still there?".into())).await;
    let pong = client.socket.next().await.unwrap().unwrap();
    assert_eq!(pong, Message::Pong("still there?".into()));
}

#[tokio::test]
async fn all_of_a_call_may_arrive_at_once() {
    use futures_util::SinkExt as _;
    let server = TestServer::start().await;
    let mut client = server.call(UNARY).await;
    for message in [
        HEADERS.into(),
        client::data(&hello("Ana")),
        vec![client::FINISH].into(),
    ] {
        client.socket.feed(Message::Binary(message)).await.unwrap();
    }
    client.socket.flush().await.unwrap();
    assert!(matches!(client.hear().await, Heard::Block(_)));
    assert_eq!(client.hear().await, Heard::Reply("hi Ana".to_owned()));
    assert_eq!(client.ending().await, (0, String::new(), Some(1000)));
}

#[tokio::test]
async fn messages_of_every_size_arrive_whole() {
    let server = TestServer::start().await;
    let mut client = server.call(BIDI).await;
    client.headers().await;
    assert!(matches!(client.hear().await, Heard::Block(_)));
    // Around what one read takes, what one write takes, and the borders of WebSocket's three ways to tell a length.
    let around = |size: usize| [size - 12, size - 11, size - 10, size - 1, size, size + 1];
    for size in [125, 16 * 1024, 32 * 1024, 65_536, 1024 * 1024]
        .into_iter()
        .flat_map(around)
    {
        let name = "n".repeat(size);
        client.hello(&name).await;
        assert_eq!(client.hear().await, Heard::Reply(format!("hi {name}")));
    }
}
