//! A caller who goes away takes the handler along, by whatever road.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::AsyncWriteExt;

use crate::support::{
    TestPeer,
    figures::Figures,
    http1::{Raw, UPGRADE, request},
    road::{Answers, Ask, Asker, Line, Road},
    wire::{framed, hello},
};

/// What the handler may live on after its caller has gone.
const LIMIT: Duration = Duration::from_millis(100);
/// Tries per road. The middle one counts: one pause of a busy machine is no fault of the peer.
const TRIES: u64 = 5;

/// Opens calls one after the other, waits until the handler of each is at work, and lets go: how long each of the
/// handlers lived on.
async fn measure(
    road: Road,
    ask: &Ask,
    begin: impl AsyncFn(&mut Asker, &mut Answers),
    let_go: impl Fn(Line, Asker, Answers) -> Option<Line>,
) {
    let peer = TestPeer::start(&[]);
    let mut figures = peer.figures().await;
    let mut took = Vec::new();
    let mut kept = None;
    for n in 1..=TRIES {
        let mut line = match kept.take() {
            Some(line) => line,
            None => Line::connect(&peer, road).await,
        };
        let (mut asker, mut answers) = line.open(ask).await;
        begin(&mut asker, &mut answers).await;
        figures.until("an open call", |figures| figures.open == 1).await;
        let start = Instant::now();
        kept = let_go(line, asker, answers);
        figures
            .until("a cancelled call", |figures| figures.cancelled == n)
            .await;
        took.push(start.elapsed());
        assert_eq!(figures.now().await.open, 0, "{road:?}");
    }
    took.sort();
    println!("{road:?} {}: {took:?}", ask.path);
    assert!(took[took.len() / 2] < LIMIT, "{road:?} {}: {took:?}", ask.path);
}

/// The streams go, the connection stays.
fn call_alone(line: Line, asker: Asker, answers: Answers) -> Option<Line> {
    drop((asker, answers));
    Some(line)
}

/// Everything goes.
fn all(line: Line, asker: Asker, answers: Answers) -> Option<Line> {
    drop((asker, answers, line));
    None
}

async fn every_kind(road: Road, let_go: impl Fn(Line, Asker, Answers) -> Option<Line>) {
    let slow = Ask::greeter("ServerStreaming").with("parcero-interval-ms", "60000");
    let first_reply = async |asker: &mut Asker, answers: &mut Answers| {
        asker.send(&hello("Hola", "Ana")).await;
        asker.finish().await;
        answers.message().await;
    };
    measure(road, &slow, first_reply, &let_go).await;

    let half_an_upload = async |asker: &mut Asker, _: &mut Answers| {
        asker.send(&hello("Hola", "Ana")).await;
    };
    measure(road, &Ask::greeter("ClientStreaming"), half_an_upload, &let_go).await;

    if Road::LIVE.contains(&road) {
        let in_talk = async |asker: &mut Asker, answers: &mut Answers| {
            asker.send(&hello("Hola", "Ana")).await;
            answers.message().await;
        };
        measure(road, &Ask::greeter("BidirectionalStreaming"), in_talk, &let_go).await;
    }
}

#[tokio::test]
async fn a_reset_stream_stops_its_handler_within_100_ms() {
    for road in [
        Road::Native,
        Road::Web2,
        Road::Text2,
        Road::NativeFar,
        Road::Web2Far,
    ] {
        every_kind(road, call_alone).await;
    }
}

#[tokio::test]
async fn a_dropped_connection_stops_its_handlers_within_100_ms() {
    for road in [Road::Native, Road::Web1, Road::Web2, Road::Text1, Road::Text1Far] {
        every_kind(road, all).await;
    }
}

#[tokio::test]
async fn a_dropped_socket_stops_its_handler_within_100_ms() {
    every_kind(Road::Bridge, all).await;
    every_kind(Road::BridgeFar, all).await;
}

#[tokio::test]
async fn a_socket_closed_in_good_order_stops_its_handler_within_100_ms() {
    let peer = TestPeer::start(&[]);
    let mut figures = peer.figures().await;
    let mut took = Vec::new();
    for n in 1..=TRIES {
        let mut raw = socket(&peer, "BidirectionalStreaming", "").await;
        raw.send(masked(
            &[&[0], framed(0, &hello("Hola", "Ana")).as_slice()].concat(),
        ))
        .await;
        figures.until("an open call", |figures| figures.open == 1).await;
        let start = Instant::now();
        // Close without a code, as browsers do; the connection itself stays open.
        raw.send([0x88, 0x80, 0, 0, 0, 0]).await;
        figures
            .until("a cancelled call", |figures| figures.cancelled == n)
            .await;
        took.push(start.elapsed());
    }
    took.sort();
    println!("{took:?}");
    assert!(took[took.len() / 2] < LIMIT, "{took:?}");
}

/// A call on a WebSocket, upgraded by hand, with its headers sent.
async fn socket(peer: &TestPeer, method: &str, metadata: &str) -> Raw {
    let host = peer.host();
    let mut headers = vec![("host", host.as_str())];
    headers.extend(UPGRADE);
    let mut raw = Raw::connect(peer).await;
    raw.send(request("GET", &format!("/greet.Greeter/{method}"), &headers, b""))
        .await;
    assert_eq!(raw.answer(false).await.status, 101);
    raw.send(masked(
        format!("content-type: application/grpc-web+proto\r\n{metadata}").as_bytes(),
    ))
    .await;
    raw
}

/// A binary message of a client, masked with zeros.
fn masked(message: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x82];
    match u16::try_from(message.len()).unwrap() {
        length @ 0..126 => frame.push(0x80 | u8::try_from(length).unwrap()),
        length => {
            frame.push(0x80 | 126);
            frame.extend(length.to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(message);
    frame
}

/// Metadata for a flood: 100,000 replies at once.
const FLOOD: [(&str, &str); 2] = [("parcero-interval-ms", "0"), ("parcero-count", "100000")];

/// A connection whose buffers are full of replies of 10 KB that nobody reads.
async fn full(peer: &TestPeer, road: Road, figures: &mut Figures) -> Raw {
    let flood = hello("Hola", &"n".repeat(10_000));
    let host = peer.host();
    let raw = match road {
        Road::Web1 => {
            let headers = [("host", &*host), ("content-type", "application/grpc-web+proto")];
            let headers = [&headers[..], &FLOOD].concat();
            let mut raw = Raw::connect(peer).await;
            let body = framed(0, &flood);
            raw.send(request("POST", "/greet.Greeter/ServerStreaming", &headers, &body))
                .await;
            raw
        }
        Road::Bridge => {
            let metadata: String = FLOOD
                .iter()
                .map(|(key, value)| format!("{key}: {value}\r\n"))
                .collect();
            let mut raw = socket(peer, "ServerStreaming", &metadata).await;
            raw.send(masked(&[&[0], framed(0, &flood).as_slice()].concat()))
                .await;
            raw.send(masked(&[1])).await;
            raw
        }
        other => unreachable!("by hand only two, not {other:?}"),
    };
    figures.until("an open call", |figures| figures.open == 1).await;
    until_nothing_more_comes(&raw).await;
    raw
}

/// Waits until the writer is stuck: the bytes that wait to be read become no more.
async fn until_nothing_more_comes(raw: &Raw) {
    let mut before = 0;
    let mut piece = vec![0; 16 * 1024 * 1024];
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = raw.stream.peek(&mut piece).await.unwrap();
        if now == before {
            return;
        }
        before = now;
    }
}

#[tokio::test]
async fn a_caller_that_vanishes_behind_full_buffers_is_noticed_within_10_seconds() {
    for road in [Road::Web1, Road::Bridge] {
        let peer = TestPeer::start(&[]);
        let mut figures = peer.figures().await;
        let raw = full(&peer, road, &mut figures).await;
        let start = Instant::now();
        drop(raw);
        figures
            .until("a cancelled call", |figures| {
                figures.cancelled == 1 && figures.open == 0
            })
            .await;
        let took = start.elapsed();
        println!("{road:?}: {took:?}");
        assert!(took < Duration::from_secs(10), "{road:?}: {took:?}");
    }

    // By HTTP/2, whose frames are read by a library, which is then dropped with its socket.
    let peer = TestPeer::start(&[]);
    let mut figures = peer.figures().await;
    let mut line = Line::connect(&peer, Road::Native).await;
    let mut ask = Ask::greeter("ServerStreaming");
    for (key, value) in FLOOD {
        ask = ask.with(key, value);
    }
    let (mut asker, mut answers) = line.open(&ask).await;
    asker.send(&hello("Hola", &"n".repeat(10_000))).await;
    asker.finish().await;
    answers.message().await;
    let start = Instant::now();
    drop((line, asker, answers));
    figures
        .until("a cancelled call", |figures| {
            figures.cancelled == 1 && figures.open == 0
        })
        .await;
    println!("Native: {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_caller_that_closes_only_its_own_side_behind_full_buffers_is_noticed_within_10_seconds() {
    join_all([Road::Web1, Road::Bridge].map(|road| async move {
        let peer = TestPeer::start(&[]);
        let mut figures = peer.figures().await;
        let mut raw = full(&peer, road, &mut figures).await;
        let start = Instant::now();
        // A tab that is gone while its system still holds the connection: nothing is read, and nothing comes.
        raw.stream.shutdown().await.unwrap();
        figures
            .until("a cancelled call", |figures| {
                figures.cancelled == 1 && figures.open == 0
            })
            .await;
        let took = start.elapsed();
        println!("{road:?}: {took:?}");
        assert!(took < Duration::from_secs(10), "{road:?}: {took:?}");
    }))
    .await;
}
