//! How much is read ahead of a handler that does not read.

use std::time::Duration;

use bridge::server::BridgeLayer;

use crate::support::{BIDI, CLIENT_STREAMING, Heard, TestServer, hello};

/// What the kernel itself may hold of a loopback connection, both ends together, by Linux's defaults.
const KERNEL_BYTES: usize = 16 << 20;

#[tokio::test]
async fn a_handler_that_does_not_read_holds_its_client_back() {
    let mut server = TestServer::start().await;
    let mut client = server.call(BIDI).await;
    client.headers().await;
    client.hello("stop reading").await;
    server.until(|seen| seen.requests == 1).await;

    let name = "n".repeat(64 * 1024);
    let mut sent = 0;
    let sending = async {
        while sent < 4 * KERNEL_BYTES {
            client.hello(&name).await;
            sent += name.len();
        }
    };
    let result = tokio::time::timeout(Duration::from_secs(2), sending).await;
    assert!(result.is_err(), "the server took {sent} bytes that nobody wants");
    assert!(sent < KERNEL_BYTES + (1 << 20), "{sent} bytes went somewhere");
}

#[tokio::test]
async fn a_message_larger_than_the_buffer_still_arrives() {
    let bridge = BridgeLayer::new().buffer_bytes(1000).max_message_bytes(1 << 20);
    let server = TestServer::start_with(bridge).await;
    let mut client = server.call(BIDI).await;
    client.headers().await;
    assert!(matches!(client.hear().await, Heard::Block(_)));
    let name = "n".repeat(500_000);
    client.hello(&name).await;
    assert_eq!(client.hear().await, Heard::Reply(format!("hi {name}")));
}

#[tokio::test]
async fn with_the_smallest_buffer_everything_still_arrives() {
    let server = TestServer::start_with(BridgeLayer::new().buffer_bytes(0)).await;
    let mut client = server.call(CLIENT_STREAMING).await;
    client.headers().await;
    let many: Vec<u8> = (0..1000).flat_map(|i| hello(&i.to_string())).collect();
    client.say_bytes(bridge::frame::client::data(&many)).await;
    client.finish().await;
    assert!(matches!(client.hear().await, Heard::Block(_)));
    let Heard::Reply(message) = client.hear().await else {
        panic!("no reply")
    };
    assert!(message.contains("1000 messages"), "{message}");
}
