//! How a peer stops: what is under way may finish, what only watches ends, and the person is told.
#![cfg(unix)]

use std::time::{Duration, Instant};

use contract::{
    greet::HelloRequest,
    parcero::v1::{AboutRequest, peers_client::PeersClient},
};
use parcero::{
    front::Door,
    peer::{Peer, Settings},
};
use rustix::process::Signal;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::spawn_blocking,
};
use tonic::{Code, Status};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::support::{
    Ended, TestPeer,
    figures::soon,
    road::{Ask, Event, Line, Road},
    wire::hello,
};

/// How long calls may go on once the peer is asked to stop.
const FINISH_TIME: Duration = Duration::from_secs(10);

async fn wait(peer: TestPeer) -> Ended {
    // It blocks, and the connections of this test need their thread.
    spawn_blocking(|| peer.wait().0).await.unwrap()
}

/// A server stream with so many replies so far apart.
async fn server_stream(
    peer: &TestPeer,
    count: u64,
    pause: Duration,
) -> tonic::Streaming<contract::greet::HelloReply> {
    let mut request = tonic::Request::new(HelloRequest::default());
    let metadata = request.metadata_mut();
    metadata.insert("parcero-count", count.into());
    metadata.insert(
        "parcero-interval-ms",
        u64::try_from(pause.as_millis()).unwrap().into(),
    );
    let response = peer.greeter().await.server_streaming(request).await.unwrap();
    response.into_inner()
}

#[tokio::test]
async fn a_call_under_way_finishes_and_then_the_peer_ends_with_0() {
    let peer = TestPeer::start(&[]);
    let mut replies = server_stream(&peer, 4, Duration::from_millis(500)).await;
    replies.message().await.unwrap().unwrap();
    let start = Instant::now();
    peer.signal(Signal::TERM);
    assert!(peer.says("Waiting for").contains("Waiting for 1 call to finish"));
    for _ in 0..3 {
        replies.message().await.unwrap().expect("the rest of the replies");
    }
    assert_eq!(replies.message().await.unwrap(), None);
    let ended = wait(peer).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

#[tokio::test]
async fn the_terminal_tells_how_many_calls_are_left_as_they_end() {
    let peer = TestPeer::start(&[]);
    let mut short = server_stream(&peer, 2, Duration::from_millis(500)).await;
    let mut long = server_stream(&peer, 2, Duration::from_millis(1000)).await;
    short.message().await.unwrap();
    long.message().await.unwrap();
    peer.signal(Signal::TERM);
    let drain = async {
        while let Ok(Some(_)) = short.message().await {}
        while let Ok(Some(_)) = long.message().await {}
    };
    let (ended, ()) = tokio::join!(wait(peer), drain);
    assert_eq!(ended.code, Some(0));
    let two = ended
        .stderr
        .find("Waiting for 2 calls to finish")
        .expect(&ended.stderr);
    let one = ended
        .stderr
        .find("Waiting for 1 call to finish")
        .expect(&ended.stderr);
    assert!(two < one, "{}", ended.stderr);
}

#[tokio::test]
async fn no_new_call_and_no_new_connection_is_taken_while_the_last_ones_finish() {
    let peer = TestPeer::start(&[]);
    let address = peer.address();
    let mut line = Line::connect(&peer, Road::Native).await;
    let slow = Ask::greeter("ServerStreaming")
        .with("parcero-interval-ms", "1000")
        .with("parcero-count", "2");
    let (mut asker, mut answers) = line.open(&slow).await;
    asker.send(&hello("Hola", "Ana")).await;
    asker.finish().await;
    answers.message().await;
    peer.signal(Signal::TERM);
    peer.says("Waiting for");

    // A connection is refused by the system, or at least never served.
    let refused = match tokio::net::TcpStream::connect(address).await {
        Err(_) => true,
        Ok(stream) => {
            let mut byte = [0];
            matches!(soon(stream.peek(&mut byte)).await, Ok(0) | Err(_))
        }
    };
    assert!(refused);

    // GOAWAY: the client's library opens no stream on this connection any more. The call under way goes on.
    let outcome = tokio::time::timeout(Duration::from_secs(20), answers.whole())
        .await
        .unwrap();
    assert_eq!((outcome.code, outcome.messages.len()), (Code::Ok, 1));
    assert_eq!(wait(peer).await.code, Some(0));
}

#[tokio::test]
async fn goaway_reaches_a_native_client_at_once() {
    let peer = TestPeer::start(&[]);
    let stream = tokio::net::TcpStream::connect(peer.address()).await.unwrap();
    let (mut sender, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = http::Request::post(format!(
        "http://{}/greet.Greeter/BidirectionalStreaming",
        peer.host()
    ))
    .header("content-type", "application/grpc")
    .body(())
    .unwrap();
    let (response, mut body) = sender.send_request(request.clone(), false).unwrap();
    soon(response).await.unwrap();
    peer.signal(Signal::TERM);
    peer.says("Waiting for 1 call");
    // The library tells of a GOAWAY by not being ready any more.
    let start = Instant::now();
    while std::future::poll_fn(|cx| sender.poll_ready(cx)).await.is_ok() {
        assert!(start.elapsed() < Duration::from_secs(1), "no GOAWAY");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The call under way can still be finished.
    body.send_data(bytes::Bytes::new(), true).unwrap();
    soon(connection).await.unwrap().unwrap();
    assert_eq!(wait(peer).await.code, Some(0));
}

#[tokio::test]
async fn a_call_that_takes_longer_than_ten_seconds_is_ended_with_unavailable_on_every_road() {
    let (peer, far) = (TestPeer::start(&[]), TestPeer::start(&[]));
    peer.knows(&far).await;
    let mut calls = Vec::new();
    let slow = Ask::greeter("ServerStreaming").with("parcero-interval-ms", "60000");
    // It is called by every road, and passes one call on itself.
    let passed_on = (Road::Native, slow.clone().with("parcero-peer", &far.key().await));
    for (road, slow) in Road::ALL
        .map(|road| (road, slow.clone()))
        .into_iter()
        .chain([passed_on])
    {
        let mut line = Line::connect(&peer, road).await;
        let (mut asker, mut answers) = line.open(&slow).await;
        asker.send(&hello("Hola", "Ana")).await;
        asker.finish().await;
        answers.message().await;
        calls.push((line, asker, answers, road));
    }
    let start = Instant::now();
    peer.signal(Signal::TERM);
    let outcomes = calls
        .into_iter()
        .map(|(_line, asker, mut answers, road)| async move {
            let event = soon(answers.next()).await;
            let at = start.elapsed();
            drop(asker);
            (road, event, at, _line)
        });
    let (ended, outcomes) = tokio::join!(wait(peer), futures_util::future::join_all(outcomes));
    for (road, event, at, _line) in outcomes {
        let Some(Event::Trailers(trailers)) = event else {
            panic!("{road:?}: {event:?}");
        };
        assert_eq!(trailers["grpc-status"], "14", "{road:?}");
        let fine = FINISH_TIME..FINISH_TIME + Duration::from_secs(1);
        assert!(fine.contains(&at), "{road:?}: {at:?}");
    }
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        start.elapsed() < FINISH_TIME + Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    // The handler of the one that was passed on has been told as well.
    let mut figures = far.figures().await;
    let took = figures
        .until("a cancelled call", |figures| {
            figures.open == 0 && figures.cancelled == 1
        })
        .await;
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn a_call_that_nobody_reads_does_not_hold_up_the_end() {
    let peer = TestPeer::start(&[]);
    let mut calls = Vec::new();
    for road in Road::KINDS {
        let mut line = Line::connect(&peer, road).await;
        let flood = Ask::greeter("ServerStreaming")
            .with("parcero-interval-ms", "0")
            .with("parcero-count", "100000");
        let (mut asker, mut answers) = line.open(&flood).await;
        asker.send(&hello("Hola", &"n".repeat(10_000))).await;
        asker.finish().await;
        answers.message().await;
        calls.push((line, asker, answers));
    }
    let start = Instant::now();
    peer.signal(Signal::TERM);
    let ended = wait(peer).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        start.elapsed() < FINISH_TIME + Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn what_only_watches_ends_at_once_with_unavailable() {
    let peer = TestPeer::start(&[]);
    let mut health = HealthClient::new(peer.channel().await);
    let request = HealthCheckRequest {
        service: String::new(),
    };
    let mut health = health.watch(request).await.unwrap().into_inner();
    health.message().await.unwrap().unwrap();
    let mut peers = PeersClient::new(peer.channel().await);
    let mut about = peers.watch_about(AboutRequest {}).await.unwrap().into_inner();
    about.message().await.unwrap().unwrap();
    let mut bridge = Line::connect(&peer, Road::Bridge).await;
    let (mut asker, mut answers) = bridge.open(&Ask::path("/parcero.v1.Peers/WatchAbout")).await;
    asker.send(b"").await;
    asker.finish().await;
    answers.message().await;
    let mut curious = Line::connect(&peer, Road::Native).await;
    let reflection = Ask::path("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
    let (_curious_asker, reflected) = curious.open(&reflection).await;

    let start = Instant::now();
    peer.signal(Signal::TERM);
    let unavailable = |status: Status| assert_eq!(status.code(), Code::Unavailable, "{status}");
    loop {
        match soon(health.message()).await {
            // It may say NOT_SERVING first.
            Ok(Some(_)) => {}
            Ok(None) => panic!("ended as if all were well"),
            Err(status) => break unavailable(status),
        }
    }
    loop {
        match soon(about.message()).await {
            // The figures change until the last moment.
            Ok(Some(_)) => {}
            Ok(None) => panic!("ended as if all were well"),
            Err(status) => break unavailable(status),
        }
    }
    assert_eq!(answers.whole().await.code, Code::Unavailable);
    assert_eq!(reflected.whole().await.code, Code::Unavailable);
    let ended = wait(peer).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(!ended.stderr.contains("Waiting for"), "{}", ended.stderr);
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let peer = TestPeer::start(&[]);
    let _native = peer.channel().await;
    let mut raw = crate::support::http1::Raw::connect(&peer).await;
    let host = peer.host();
    raw.send(crate::support::http1::request(
        "GET",
        "/",
        &[("host", &host)],
        b"",
    ))
    .await;
    raw.answer(false).await;
    let _silent = crate::support::http1::Raw::connect(&peer).await;
    let start = Instant::now();
    peer.signal(Signal::INT);
    assert_eq!(wait(peer).await.code, Some(0));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    for (first, second, code) in [
        (Signal::TERM, Signal::TERM, 143),
        (Signal::INT, Signal::INT, 130),
        (Signal::TERM, Signal::INT, 130),
    ] {
        let peer = TestPeer::start(&[]);
        let mut replies = server_stream(&peer, 5, Duration::from_secs(60)).await;
        replies.message().await.unwrap().unwrap();
        peer.signal(first);
        peer.says("Waiting for 1 call to finish");
        let start = Instant::now();
        peer.signal(second);
        let ended = wait(peer).await;
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn connections_end_with_the_door_that_let_them_in() {
    let door = Door::bind(&["127.0.0.1:0".parse().unwrap()], Vec::new())
        .await
        .unwrap();
    let address = door.addresses()[0];
    let settings = Settings {
        name: "short-lived".into(),
        max_message_bytes: 1000,
    };
    let peer = Peer::new(settings, None);
    let serving = tokio::spawn(door.serve(peer, std::future::pending(), |_| ()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(format!("GET /nothing-here HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    assert_ne!(soon(stream.read(&mut [0; 16])).await.unwrap(), 0, "it is served");

    serving.abort();
    let mut rest = Vec::new();
    // Ended, by an end of the stream or by a reset.
    let _ = soon(stream.read_to_end(&mut rest)).await;
}
