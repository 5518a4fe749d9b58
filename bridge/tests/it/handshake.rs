//! Which requests become a socket, and which do not.

use bridge::server::{BridgeLayer, Origins};
use http::{HeaderMap, StatusCode};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::Error;

use crate::support::{Client, Heard, PATIENCE, TestServer, UNARY, within};

/// What the answer to an upgrade is, when `change` was made to a good one.
async fn answer(server: &TestServer, change: impl FnOnce(&mut HeaderMap)) -> StatusCode {
    match Client::try_connect(server.address, UNARY, change).await {
        Ok((_, response)) => response.status(),
        Err(Error::Http(response)) => response.status(),
        Err(other) => panic!("{other}"),
    }
}

fn set(name: &'static str, value: &str) -> impl FnOnce(&mut HeaderMap) {
    let value = value.parse().unwrap();
    move |headers| {
        headers.insert(name, value);
    }
}

#[tokio::test]
async fn the_subprotocol_is_found_in_a_list_and_in_any_case() {
    let server = TestServer::start().await;
    for (offered, chosen) in [
        ("grpc-websockets", "grpc-websockets"),
        ("grpc-websockets-multiplex, grpc-websockets", "grpc-websockets"),
        // A browser compares the answer with what it offered, letter by letter.
        ("other,GRPC-WebSockets", "GRPC-WebSockets"),
    ] {
        // The test's own client only knows offers of one, so the request is written by hand.
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let request = format!(
            "GET {UNARY} HTTP/1.1\r\nHost: {}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: {offered}\r\n\r\n",
            server.address
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 1024];
        let len = within(PATIENCE, stream.read(&mut answer)).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..len]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
        assert!(
            answer.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
            "{answer}"
        );
        assert!(
            answer.contains(&format!("sec-websocket-protocol: {chosen}\r\n")),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn an_upgrade_to_something_else_passes_through() {
    let server = TestServer::start().await;
    // 400 is what the gRPC-Web layer behind the bridge says to anything that is not gRPC-Web.
    assert_eq!(answer(&server, set("sec-websocket-protocol", "other")).await, 400);
    assert_eq!(
        answer(
            &server,
            set("sec-websocket-protocol", "grpc-websockets-multiplex")
        )
        .await,
        400
    );
}

#[tokio::test]
async fn ordinary_grpc_web_passes_through() {
    let server = TestServer::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let body = crate::support::hello("Ana");
    let head = format!(
        "POST {UNARY} HTTP/1.1\r\nHost: x\r\nContent-Type: application/grpc-web+proto\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream
        .write_all(&[head.as_bytes(), &body].concat())
        .await
        .unwrap();
    let mut answer = Vec::new();
    within(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.contains("hi Ana") && answer.contains("grpc-status:0"),
        "{answer}"
    );
}

#[tokio::test]
async fn malformed_upgrades_are_refused() {
    let server = TestServer::start().await;
    assert_eq!(answer(&server, set("sec-websocket-version", "8")).await, 426);
    assert_eq!(answer(&server, set("sec-websocket-key", "short")).await, 400);
    assert_eq!(answer(&server, set("connection", "close")).await, 400);
}

#[tokio::test]
async fn only_pages_of_the_same_origin_may_open_a_socket() {
    let server = TestServer::start().await;
    let own = format!("http://{}", server.address);
    assert_eq!(answer(&server, set("origin", &own)).await, 101);
    assert_eq!(answer(&server, |_| {}).await, 101);
    for foreign in ["http://evil.example", "http://127.0.0.1:1", "null", ""] {
        assert_eq!(answer(&server, set("origin", foreign)).await, 403, "{foreign}");
    }
}

#[tokio::test]
async fn other_origins_may_be_let_in() {
    let server = TestServer::start_with(BridgeLayer::new().origins(Origins::Any)).await;
    assert_eq!(answer(&server, set("origin", "http://any.example")).await, 101);

    let friends = Origins::judged(|origin, _| origin == "http://friend.example");
    let server = TestServer::start_with(BridgeLayer::new().origins(friends)).await;
    assert_eq!(answer(&server, set("origin", "http://friend.example")).await, 101);
    assert_eq!(answer(&server, set("origin", "http://evil.example")).await, 403);
}

#[tokio::test]
async fn a_query_in_the_address_does_not_hide_the_method() {
    let server = TestServer::start().await;
    let mut client = server.call(&format!("{UNARY}?x=1")).await;
    client.headers().await;
    client.hello("Ana").await;
    client.finish().await;
    assert!(matches!(client.hear().await, Heard::Block(_)));
    assert_eq!(client.hear().await, Heard::Reply("hi Ana".to_owned()));
}
