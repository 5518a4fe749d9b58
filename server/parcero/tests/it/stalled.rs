//! Every stream a connection may have, stalled with thousands of tiny messages that nobody reads: nobody else is
//! harmed, and the memory is bounded.

use std::time::{Duration, Instant};

use bytes::Bytes;
use contract::greet::HelloRequest;
use http::Request;
use tokio::net::TcpStream;

use crate::support::{
    TestPeer,
    figures::soon,
    road::Task,
    wire::{framed, hello, said, take_frame},
};

/// A stream's window, as the peer sets it: what it may send ahead of its handler.
const WINDOW: usize = 64 * 1024;
/// What one unread frame costs, and with it a connection whose windows are all full of the smallest there are.
const COST_OF_A_FRAME: usize = 600;

struct Stalled {
    sender: h2::client::SendRequest<Bytes>,
    /// Kept, so that the streams stay open.
    _calls: Vec<(h2::SendStream<Bytes>, h2::client::ResponseFuture)>,
    _connection: Task,
    frames: usize,
}

fn call(peer: &TestPeer, method: &str) -> Request<()> {
    Request::post(format!("http://{}/greet.Greeter/{method}", peer.host()))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .unwrap()
}

/// Opens so many calls that talk both ways, reads no answer to any, and sends tiny messages until no window is left.
async fn stall(peer: &TestPeer, calls: usize) -> Stalled {
    let stream = TcpStream::connect(peer.address()).await.unwrap();
    // A window of a few replies: then each handler is stuck.
    let (mut sender, connection) = h2::client::Builder::new()
        .initial_window_size(64)
        .initial_max_send_streams(100)
        .handshake(stream)
        .await
        .unwrap();
    let connection = Task::spawn(connection);
    // Seven bytes: a prefix, and a name that is there but empty.
    let tiny = Bytes::from(framed(0, &[0x0a, 0]));
    assert_eq!(tiny.len(), 7);

    let mut open = Vec::new();
    for _ in 0..calls {
        let (response, body) = sender
            .send_request(call(peer, "BidirectionalStreaming"), false)
            .unwrap();
        open.push((body, response));
    }
    let mut frames = 0;
    for (body, _) in &mut open {
        // All the peer is willing to take of a stream. What its handler has read comes back as window, so this is
        // done when nothing more comes back.
        body.reserve_capacity(WINDOW);
        loop {
            let more = tokio::time::timeout(
                Duration::from_millis(50),
                std::future::poll_fn(|cx| body.poll_capacity(cx)),
            );
            match more.await {
                Err(_) => break,
                Ok(None) => panic!("the stream is closed"),
                Ok(Some(capacity)) => {
                    capacity.unwrap();
                    while body.capacity() >= tiny.len() {
                        body.send_data(tiny.clone(), false).expect("the connection lives");
                        frames += 1;
                    }
                    body.reserve_capacity(WINDOW);
                }
            }
        }
    }
    Stalled {
        sender,
        _calls: open,
        _connection: connection,
        frames,
    }
}

/// One call more on the same connection: how long it takes.
async fn one_more(peer: &TestPeer, stalled: &mut Stalled) -> Duration {
    let start = Instant::now();
    let (response, mut body) = stalled
        .sender
        .send_request(call(peer, "OnlyResponse"), false)
        .unwrap();
    body.send_data(framed(0, &hello("Hola", "Ana")).into(), true)
        .unwrap();
    let mut answer = soon(response).await.expect("the connection lives").into_body();
    let mut bytes = Vec::new();
    while let Some(data) = soon(answer.data()).await {
        bytes.extend(data.unwrap());
    }
    assert_eq!(said(&take_frame(&mut bytes).unwrap().message), "Hola Ana");
    start.elapsed()
}

#[tokio::test]
async fn stalled_streams_with_thousands_of_tiny_messages_harm_no_other_call() {
    let peer = TestPeer::start(&[]);
    let mut figures = peer.figures().await;
    // A connection that has made no call within ten seconds is closed.
    figures.now().await;
    #[cfg(target_os = "linux")]
    let before = peer.memory();

    // All but one of a connection's streams; the last is the one more call.
    let mut stalled = stall(&peer, 99).await;
    assert_eq!(figures.now().await.open, 99);
    println!("99 stalled streams with {} tiny messages", stalled.frames);
    assert!(
        stalled.frames > 99 * 5_000,
        "only {} messages: nothing is stalled",
        stalled.frames
    );
    // The first may have to wait until what was sent has been taken in.
    let first = one_more(&peer, &mut stalled).await;
    println!("one more call: {first:?} for the first");
    for _ in 0..20 {
        let took = one_more(&peer, &mut stalled).await;
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
    #[cfg(target_os = "linux")]
    {
        let grown = peer.memory().saturating_sub(before);
        let each = grown / stalled.frames;
        println!("{} MiB for them, {each} bytes a message", grown / 1024 / 1024);
        assert!(
            each < COST_OF_A_FRAME,
            "{each} bytes for each of {} messages",
            stalled.frames
        );
    }
    assert_eq!(figures.now().await.open, 99, "none was ended for it");

    // And it all goes with the connection.
    drop(stalled);
    figures.until("no open call", |figures| figures.open == 0).await;
}

#[tokio::test]
async fn a_connection_stalled_to_its_last_stream_harms_no_other_connection() {
    let peer = TestPeer::start(&[]);
    let mut figures = peer.figures().await;
    // A connection that has made no call within ten seconds is closed.
    figures.now().await;
    let stalled = stall(&peer, 100).await;
    assert_eq!(figures.now().await.open, 100);
    assert!(
        stalled.frames > 100 * 5_000,
        "only {} messages: nothing is stalled",
        stalled.frames
    );
    let mut greeter = peer.greeter().await;
    for _ in 0..20 {
        let start = Instant::now();
        greeter.only_response(HelloRequest::default()).await.unwrap();
        let took = start.elapsed();
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
    assert_eq!(figures.now().await.open, 100, "none was ended for it");
}
