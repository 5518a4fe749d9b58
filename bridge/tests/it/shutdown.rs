//! Every socket belongs to a handle, and ends with it.

use bridge::server::BridgeLayer;

use crate::support::{BIDI, Client, Heard, PATIENCE, TestServer, UNARY, within};

async fn open_call(server: &TestServer) -> Client {
    let mut client = server.call(BIDI).await;
    client.headers().await;
    assert!(matches!(client.hear().await, Heard::Block(_)));
    client
}

#[tokio::test]
async fn open_sockets_are_counted() {
    let server = TestServer::start().await;
    assert_eq!(server.sockets.count(), 0);
    let mut one = open_call(&server).await;
    let _two = open_call(&server).await;
    assert_eq!(server.sockets.count(), 2);
    one.finish().await;
    assert_eq!(one.ending().await.0, 0);
    // The server lets go of a socket after the client has; the client knows first.
    while server.sockets.count() > 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_owner_can_wait_for_calls_to_finish_by_themselves() {
    let server = TestServer::start().await;
    let mut client = open_call(&server).await;
    let client = tokio::spawn(async move {
        client.hello("Ana").await;
        assert_eq!(client.hear().await, Heard::Reply("hi Ana".to_owned()));
        client.finish().await;
        assert_eq!(client.ending().await.0, 0);
    });
    within(PATIENCE, server.sockets.wait()).await;
    client.await.unwrap();
}

#[tokio::test]
async fn an_owner_can_end_all_calls_and_they_are_told() {
    let mut server = TestServer::start().await;
    let mut bidi = open_call(&server).await;
    let mut unary = server.call(UNARY).await;
    unary.headers().await;
    unary.hello("forever").await;
    unary.finish().await;
    server.until(|seen| seen.running == 2).await;
    server.sockets.end();
    for client in [&mut bidi, &mut unary] {
        let (status, message, close) = client.ending().await;
        assert_eq!((status, close), (14, Some(1001)));
        assert!(message.contains("shutting down"), "{message}");
    }
    within(PATIENCE, server.sockets.wait()).await;
    server.until(|seen| seen.running == 0).await;
}

#[tokio::test]
async fn sockets_end_when_whoever_owns_them_is_dropped() {
    let bridge = BridgeLayer::new();
    let sockets = bridge.sockets();
    let mut server = TestServer::start_with(bridge).await;
    let mut client = open_call(&server).await;
    // Every clone of the layer, the service and the handle goes: the server with its routes, and ours.
    drop(sockets);
    server.stop().await;
    let TestServer { sockets, .. } = &server;
    assert_eq!(sockets.count(), 1);
    drop(server);
    assert_eq!(client.ending().await.0, 14);
}
