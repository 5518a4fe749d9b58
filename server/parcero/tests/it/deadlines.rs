//! `grpc-timeout`, to the last message, on every road.

use std::time::{Duration, Instant};

use contract::parcero::v1::CallFigures;
use futures_util::future::join_all;
use tonic::Code;

use crate::support::{
    TestPeer,
    figures::soon,
    road::{Ask, Event, Line, Road, call},
    wire::hello,
};

/// When a deadline of 500 ms is seen to pass, at the latest. Room for a busy machine, not for a second pause.
const LATEST: Duration = Duration::from_millis(1500);

#[tokio::test]
async fn a_deadline_ends_a_server_stream_in_its_middle() {
    for road in Road::ALL {
        let peer = TestPeer::start(&[]);
        let ask = Ask::greeter("ServerStreaming")
            .with("grpc-timeout", "500m")
            .with("parcero-interval-ms", "200");
        let start = Instant::now();
        let answer = call(&peer, road, &ask, &[hello("Hola", "Ana")]).await;
        let took = start.elapsed();
        assert_eq!(answer.code, Code::DeadlineExceeded, "{road:?}: {}", answer.status);
        // A peer on the way passes on what is left of it.
        let told = if road.is_far() { "deadline of" } else { "500ms" };
        assert!(answer.status.contains(told), "{road:?}: {}", answer.status);
        // At 0, 200 and 400 ms.
        assert_eq!(answer.messages.len(), 3, "{road:?}");
        assert!(
            (Duration::from_millis(500)..LATEST).contains(&took),
            "{road:?}: {took:?}"
        );
        let mut figures = peer.figures().await;
        figures
            .until("the end of the call", |figures| ended(figures) == 1)
            .await;
        if !road.is_far() {
            assert_eq!(figures.now().await.deadline_exceeded, 1, "{road:?}");
        }
    }
}

/// How many calls their deadline has ended. A peer on the way keeps it too; where that is the first to end a call, it is
/// cancelled for the next one.
fn ended(figures: &CallFigures) -> u64 {
    assert!(figures.cancelled <= passed_on(), "only those that were passed on");
    match figures.open {
        0 => figures.deadline_exceeded + figures.cancelled,
        _ => 0,
    }
}

/// How many roads there are.
const ALL: u64 = Road::ALL.len() as u64;

/// How many of them lead by way of another peer.
fn passed_on() -> u64 {
    Road::ALL.iter().map(|road| u64::from(road.is_far())).sum()
}

#[tokio::test]
async fn a_deadline_ends_an_upload_that_never_finishes() {
    let peer = TestPeer::start(&[]);
    let peer = &peer;
    join_all(Road::ALL.map(|road| async move {
        let mut line = Line::connect(peer, road).await;
        let ask = Ask::greeter("ClientStreaming").with("grpc-timeout", "500m");
        let start = Instant::now();
        let (mut asker, answers) = line.open(&ask).await;
        asker.send(&hello("Hola", "Ana")).await;
        let answer = answers.whole().await;
        let took = start.elapsed();
        assert_eq!(answer.code, Code::DeadlineExceeded, "{road:?}: {}", answer.status);
        // One-way roads wait up to two seconds for the rest of the request before they answer.
        let latest = match Road::LIVE.contains(&road) {
            true => LATEST,
            false => LATEST + Duration::from_secs(2),
        };
        assert!(
            (Duration::from_millis(500)..latest).contains(&took),
            "{road:?}: {took:?}"
        );
    }))
    .await;
    let mut figures = peer.figures().await;
    figures
        .until("the end of every call", |figures| ended(figures) == ALL)
        .await;
    assert!(figures.now().await.deadline_exceeded >= ALL - passed_on());
}

#[tokio::test]
async fn a_deadline_ends_a_bidirectional_call_between_two_messages() {
    for road in [
        Road::Native,
        Road::Web2,
        Road::Bridge,
        Road::NativeFar,
        Road::Web2Far,
        Road::BridgeFar,
    ] {
        let peer = TestPeer::start(&[]);
        let mut line = Line::connect(&peer, road).await;
        let ask = Ask::greeter("BidirectionalStreaming").with("grpc-timeout", "500m");
        let start = Instant::now();
        let (mut asker, mut answers) = line.open(&ask).await;
        asker.send(&hello("Hola", "Ana")).await;
        answers.message().await;
        let answer = answers.whole().await;
        let took = start.elapsed();
        assert_eq!(answer.code, Code::DeadlineExceeded, "{road:?}: {}", answer.status);
        assert!(
            (Duration::from_millis(500)..LATEST).contains(&took),
            "{road:?}: {took:?}"
        );
    }
}

#[tokio::test]
async fn a_deadline_stops_the_handler_of_a_stream_that_nobody_reads() {
    let peer = TestPeer::start(&[]);
    for (n, road) in (1..).zip(Road::ALL) {
        let mut line = Line::connect(&peer, road).await;
        // More than any buffer on the way holds: 100,000 replies of 10 KB.
        let ask = Ask::greeter("ServerStreaming")
            .with("grpc-timeout", "1S")
            .with("parcero-interval-ms", "0")
            .with("parcero-count", "100000");
        let start = Instant::now();
        let (mut asker, mut answers) = line.open(&ask).await;
        asker.send(&hello("Hola", &"n".repeat(10_000))).await;
        asker.finish().await;
        assert!(
            matches!(soon(answers.next()).await, Some(Event::Headers(_))),
            "{road:?}"
        );
        // From here on nobody reads.
        let mut figures = peer.figures().await;
        figures.until("the deadline", |figures| ended(figures) == n).await;
        let took = start.elapsed();
        let fine = Duration::from_millis(1000)..Duration::from_millis(1500);
        assert!(fine.contains(&took), "{road:?}: {took:?}");

        // Whoever reads on finds out.
        let code = loop {
            match soon(answers.next()).await {
                Some(Event::Trailers(trailers)) => break trailers["grpc-status"].clone(),
                Some(Event::Message(_)) => {}
                other => panic!("{road:?}: {other:?}"),
            }
        };
        assert_eq!(code, "4", "{road:?}");
    }
}

#[tokio::test]
async fn a_deadline_that_has_passed_already_ends_the_call_at_once() {
    let peer = TestPeer::start(&[]);
    for road in Road::ALL {
        for timeout in ["0S", "0n", "1n"] {
            let ask = Ask::greeter("ServerStreaming").with("grpc-timeout", timeout);
            let answer = call(&peer, road, &ask, &[hello("Hola", "Ana")]).await;
            assert_eq!(
                answer.code,
                Code::DeadlineExceeded,
                "{road:?} {timeout}: {}",
                answer.status
            );
        }
    }
}

#[tokio::test]
async fn a_call_within_its_deadline_notices_nothing_of_it() {
    let peer = TestPeer::start(&[]);
    for road in Road::ALL {
        // The longest there is, too: over eleven thousand years.
        for timeout in ["10S", "1M", "5000m", "9999999u", "99999999H"] {
            let ask = Ask::greeter("OnlyResponse").with("grpc-timeout", timeout);
            let answer = call(&peer, road, &ask, &[hello("Hola", "Ana")]).await;
            assert_eq!(answer.code, Code::Ok, "{road:?} {timeout}: {}", answer.status);
        }
    }
    let figures = peer.figures().await.now().await;
    assert_eq!(figures.deadline_exceeded, 0);
}

#[tokio::test]
async fn a_timeout_that_is_none_is_refused_with_a_sentence() {
    let peer = TestPeer::start(&[]);
    for road in Road::ALL {
        for timeout in [
            "soon",
            "10",
            "S",
            "1 S",
            "-1S",
            "+1S",
            "1.5S",
            "123456789S",
            "1s",
            "0x1S",
        ] {
            let ask = Ask::greeter("OnlyResponse").with("grpc-timeout", timeout);
            let answer = call(&peer, road, &ask, &[hello("Hola", "Ana")]).await;
            assert_eq!(
                answer.code,
                Code::InvalidArgument,
                "{road:?} {timeout}: {}",
                answer.status
            );
            assert!(
                answer.status.contains("grpc-timeout"),
                "{road:?} {timeout}: {}",
                answer.status
            );
        }
    }
}
