//! What of a client's headers reaches the handler.

use http::HeaderMap;

use crate::support::{Client, HEADERS, Heard, TestServer, UNARY};

/// What a handler got, when a client sent `block` as its first message.
async fn seen_by_handler(client: &mut Client, block: &str, name: &str) -> String {
    client.say_bytes(block.to_owned()).await;
    client.hello(name).await;
    client.finish().await;
    assert!(matches!(client.hear().await, Heard::Block(_)));
    let Heard::Reply(seen) = client.hear().await else {
        panic!("no reply")
    };
    seen
}

async fn metadata(block: &str) -> String {
    let server = TestServer::start().await;
    seen_by_handler(&mut server.call(UNARY).await, block, "metadata").await
}

#[tokio::test]
async fn headers_are_read_as_leniently_as_mime_headers() {
    let seen = metadata("K: v1, v2\nX-Two :  b \r\nx-two:c\r\n\r\nempty:\n").await;
    let lines: Vec<_> = seen.lines().collect();
    for line in ["k: v1, v2", "x-two: b", "x-two: c", "empty: "] {
        assert!(lines.contains(&line), "{line:?} is not in {seen}");
    }
}

#[tokio::test]
async fn a_first_message_may_be_empty() {
    let seen = metadata("").await;
    assert!(seen.contains("content-type: application/grpc"), "{seen}");
}

#[tokio::test]
async fn binary_values_may_be_padded_or_not_and_joined_by_commas() {
    let server = TestServer::start().await;
    let mut client = server.call(UNARY).await;
    let block = format!("{HEADERS}kx-bin: AQI=, AQI,AwQF\r\nkx-bin: Bg\r\n");
    let seen = seen_by_handler(&mut client, &block, "binary").await;
    assert_eq!(seen, r#"b"\x01\x02" b"\x01\x02" b"\x03\x04\x05" b"\x06""#);
}

#[tokio::test]
async fn of_the_upgrade_only_the_user_agent_reaches_the_handler() {
    let server = TestServer::start().await;
    let upgrade = |headers: &mut HeaderMap| {
        headers.insert("user-agent", "Browser/1".parse().unwrap());
        headers.insert("cookie", "secret=1".parse().unwrap());
        headers.insert("authorization", "Bearer secret".parse().unwrap());
        headers.insert("x-custom", "secret".parse().unwrap());
    };
    let mut client = Client::connect_with(server.address, UNARY, upgrade).await;
    let seen = seen_by_handler(&mut client, HEADERS, "metadata").await;
    assert!(seen.contains("user-agent: Browser/1"), "{seen}");
    assert!(!seen.contains("secret"), "{seen}");

    let mut client = Client::connect_with(server.address, UNARY, upgrade).await;
    let block = format!("{HEADERS}user-agent: mine\r\n");
    let seen = seen_by_handler(&mut client, &block, "metadata").await;
    assert!(
        seen.contains("user-agent: mine") && !seen.contains("Browser"),
        "{seen}"
    );
}

#[tokio::test]
async fn a_first_message_cannot_forge_what_only_a_browser_or_a_connection_says() {
    let seen = metadata(
        "host: evil.example\r\norigin: http://evil.example\r\ncookie: evil=1\r\nsec-fetch-site: evil\r\n\
         transfer-encoding: evil\r\nconnection: evil\r\nproxy-authorization: evil\r\nforwarded: for=evil\r\n",
    )
    .await;
    assert!(!seen.contains("evil"), "{seen}");
}

#[tokio::test]
async fn nobody_can_ask_for_an_answer_that_is_compressed_or_text() {
    let seen = metadata(
        "content-type: application/grpc-web-text\r\naccept: application/grpc-web-text\r\n\
         grpc-accept-encoding: gzip\r\naccept-encoding: gzip\r\ngrpc-timeout: 1H\r\n",
    )
    .await;
    assert!(!seen.contains("grpc-accept-encoding"), "{seen}");
    assert!(seen.contains("grpc-timeout: 1H"), "{seen}");
}
