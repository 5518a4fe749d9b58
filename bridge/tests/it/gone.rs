//! Clients that go, in every way a client can.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

use crate::support::{
    BIDI, CLIENT_STREAMING, Client, HASTY_PING, Heard, PATIENCE, SERVER_STREAMING, TestServer, UNARY, hasty,
    within,
};

/// What a cancellation may take to reach the handler.
const AT_ONCE: Duration = Duration::from_millis(100);

async fn waiting_unary_call(server: &mut TestServer) -> Client {
    let mut client = server.call(UNARY).await;
    client.headers().await;
    client.hello("forever").await;
    client.finish().await;
    server.until(|seen| seen.running == 1).await;
    client
}

async fn check_dropped_at_once(server: &mut TestServer) {
    let gone = Instant::now();
    server.until(|seen| seen.running == 0).await;
    assert!(gone.elapsed() < AT_ONCE, "took {:?}", gone.elapsed());
    within(PATIENCE, server.sockets.wait()).await;
}

#[tokio::test]
async fn closing_the_socket_cancels_the_handler_at_once() {
    let mut server = TestServer::start().await;
    let mut client = waiting_unary_call(&mut server).await;
    client.say(Message::Close(None)).await;
    check_dropped_at_once(&mut server).await;
}

#[tokio::test]
async fn a_close_is_answered_with_its_own_code() {
    let mut server = TestServer::start().await;
    let mut client = waiting_unary_call(&mut server).await;
    let code = 4005.into();
    client
        .say(Message::Close(Some(CloseFrame {
            code,
            reason: "enough".into(),
        })))
        .await;
    assert_eq!(client.hear_out().await, [Heard::Close(Some(4005))]);

    let mut client = waiting_unary_call(&mut server).await;
    client.say(Message::Close(None)).await;
    assert_eq!(client.hear_out().await, [Heard::Close(None)]);
}

#[tokio::test]
async fn a_connection_that_ends_without_a_close_cancels_the_handler_at_once() {
    let mut server = TestServer::start().await;
    let mut client = waiting_unary_call(&mut server).await;
    client.socket.get_mut().shutdown().await.unwrap();
    check_dropped_at_once(&mut server).await;
}

#[tokio::test]
async fn a_connection_that_is_reset_cancels_the_handler_at_once() {
    let mut server = TestServer::start().await;
    let client = waiting_unary_call(&mut server).await;
    client.socket.get_ref().set_zero_linger().unwrap();
    drop(client);
    check_dropped_at_once(&mut server).await;
}

#[tokio::test]
async fn closing_cancels_a_handler_that_is_still_sending() {
    let mut server = TestServer::start().await;
    let mut client = server.call(SERVER_STREAMING).await;
    client.headers().await;
    client.hello("flood").await;
    client.finish().await;
    assert!(matches!(client.hear().await, Heard::Block(_)));
    client.say(Message::Close(None)).await;
    server.until(|seen| seen.running == 0).await;
}

#[tokio::test]
async fn a_socket_closed_before_the_finish_is_an_error_and_not_an_end() {
    for leave in [
        Message::Close(None),
        Message::Close(Some(CloseFrame {
            code: 1000.into(),
            reason: "".into(),
        })),
    ] {
        let mut server = TestServer::start().await;
        let mut client = server.call(BIDI).await;
        client.headers().await;
        client.hello("Ana").await;
        server.until(|seen| seen.requests == 1).await;
        client.say(leave).await;
        let seen = server.until(|seen| seen.running == 0).await;
        let error = seen
            .request_error
            .expect("the requests ended as if they were complete");
        assert!(error.starts_with("Internal"), "{error}");
        assert!(
            error.contains("aborted before the client finished sending"),
            "{error}"
        );
        assert!(error.contains("the client closed the socket"), "{error}");
    }
}

#[tokio::test]
async fn a_lost_connection_before_the_finish_is_an_error_and_not_an_end() {
    let mut server = TestServer::start().await;
    let mut client = server.call(BIDI).await;
    client.headers().await;
    client.hello("Ana").await;
    server.until(|seen| seen.requests == 1).await;
    drop(client);
    let seen = server.until(|seen| seen.running == 0).await;
    let error = seen.request_error.unwrap();
    assert!(
        error.contains("aborted before the client finished sending"),
        "{error}"
    );
}

#[tokio::test]
async fn a_client_that_no_longer_answers_pings_is_let_go() {
    let mut server = TestServer::start_with(hasty()).await;
    let _silent = waiting_unary_call(&mut server).await;
    // Nobody polls its socket, so nobody answers.
    let silent = Instant::now();
    server.until(|seen| seen.running == 0).await;
    within(PATIENCE, server.sockets.wait()).await;
    assert!(silent.elapsed() < 8 * HASTY_PING, "took {:?}", silent.elapsed());
}

#[tokio::test]
async fn a_client_that_answers_pings_and_says_nothing_else_stays() {
    let mut server = TestServer::start_with(hasty()).await;
    let mut client = waiting_unary_call(&mut server).await;
    // Hearing answers the pings; nothing is to be heard.
    let heard = tokio::time::timeout(10 * HASTY_PING, client.hear()).await;
    assert!(heard.is_err(), "{heard:?}");
    assert_eq!(server.seen.borrow().running, 1);
}

#[tokio::test]
async fn a_client_that_never_reads_is_let_go() {
    let mut server = TestServer::start_with(hasty()).await;
    let mut client = server.call(SERVER_STREAMING).await;
    client.headers().await;
    client.hello("flood").await;
    client.finish().await;
    server.until(|seen| seen.running == 1).await;
    server.until(|seen| seen.running == 0).await;
    within(PATIENCE, server.sockets.wait()).await;
}

#[tokio::test]
async fn a_tab_that_vanishes_with_full_buffers_is_noticed() {
    let mut server = TestServer::start_with(hasty()).await;
    let mut client = server.call(BIDI).await;
    client.headers().await;
    client.hello("stop reading").await;
    server.until(|seen| seen.requests == 1).await;
    fill(&mut client).await;
    // Its Close would be behind everything the handler does not read.
    drop(client);
    server.until(|seen| seen.running == 0).await;
    within(PATIENCE, server.sockets.wait()).await;
}

#[tokio::test]
async fn a_client_is_not_given_up_while_its_handler_does_not_read() {
    let mut server = TestServer::start_with(hasty()).await;
    let mut client = server.call(BIDI).await;
    client.headers().await;
    client.hello("stop reading").await;
    server.until(|seen| seen.requests == 1).await;
    fill(&mut client).await;
    // Its pongs are behind everything the handler does not read. That is not its fault.
    let wait = server.seen.wait_for(|seen| seen.running == 0);
    assert!(tokio::time::timeout(10 * HASTY_PING, wait).await.is_err());
}

#[tokio::test]
async fn an_upload_that_nobody_finishes_ends_with_its_client() {
    let mut server = TestServer::start().await;
    let mut client = server.call(CLIENT_STREAMING).await;
    client.headers().await;
    client.hello("Ana").await;
    server.until(|seen| seen.requests == 1).await;
    client.say(Message::Close(None)).await;
    check_dropped_at_once(&mut server).await;
}

/// Sends until the server takes no more.
async fn fill(client: &mut Client) {
    let filling = async {
        loop {
            client.hello(&"n".repeat(64 * 1024)).await;
        }
    };
    let filled: Result<(), _> = tokio::time::timeout(Duration::from_secs(1), filling).await;
    assert!(filled.is_err());
}
