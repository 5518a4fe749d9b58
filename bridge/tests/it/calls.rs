//! All four kinds of call, as the protocol has them.

use crate::support::{BIDI, CLIENT_STREAMING, Client, Heard, SERVER_STREAMING, TestServer, UNARY, status};

/// Hears a whole call and gives its replies; it must be headers, replies, trailers with status 0, Close 1000.
async fn replies(client: &mut Client) -> Vec<String> {
    let mut all = client.hear_out().await;
    assert_eq!(all.pop(), Some(Heard::Close(Some(1000))));
    let Some(Heard::Block(trailers)) = all.pop() else {
        panic!("no trailers after {all:?}")
    };
    assert_eq!(status(&trailers), (0, String::new()));
    let Heard::Block(headers) = all.remove(0) else {
        panic!("no headers first")
    };
    assert_eq!(headers["content-type"], "application/grpc+proto");
    assert!(!headers.contains_key("grpc-status"));
    all.into_iter()
        .map(|heard| match heard {
            Heard::Reply(message) => message,
            other => panic!("{other:?} among the replies"),
        })
        .collect()
}

#[tokio::test]
async fn a_unary_call_gets_its_answer() {
    let server = TestServer::start().await;
    let mut client = server.call(UNARY).await;
    client.headers().await;
    client.hello("Ana").await;
    client.finish().await;
    assert_eq!(replies(&mut client).await, ["hi Ana"]);
}

#[tokio::test]
async fn a_server_stream_arrives_message_by_message() {
    let server = TestServer::start().await;
    let mut client = server.call(SERVER_STREAMING).await;
    client.headers().await;
    client.hello("Ana").await;
    client.finish().await;
    assert_eq!(
        replies(&mut client).await,
        ["hi Ana 1", "hi Ana 2", "hi Ana 3", "hi Ana 4", "hi Ana 5"]
    );
}

#[tokio::test]
async fn a_client_stream_is_answered_once_it_is_finished() {
    let server = TestServer::start().await;
    let mut client = server.call(CLIENT_STREAMING).await;
    client.headers().await;
    for name in ["Ana", "Beto", "Caro"] {
        client.hello(name).await;
    }
    client.finish().await;
    assert_eq!(
        replies(&mut client).await,
        ["You have sent 3 messages. Please expect a delayed response."]
    );
}

#[tokio::test]
async fn a_bidi_call_is_live_in_both_directions() {
    let server = TestServer::start().await;
    let mut client = server.call(BIDI).await;
    client.headers().await;
    assert!(matches!(client.hear().await, Heard::Block(_)));
    for name in ["Ana", "Beto", "Caro"] {
        client.hello(name).await;
        assert_eq!(client.hear().await, Heard::Reply(format!("hi {name}")));
    }
    client.finish().await;
    assert_eq!(client.ending().await, (0, String::new(), Some(1000)));
}
