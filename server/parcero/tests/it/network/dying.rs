//! A peer that dies or freezes ends its calls within five seconds, whatever they wait for.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rustix::process::Signal;
use tonic::Code;

use super::far::PEER_KEY;
use crate::support::{
    TestPeer,
    raw_peer::RawPeer,
    road::{Answers, Ask, Asker, Line, Road},
    wire::hello,
};

/// What a peer may take to notice that another one has gone.
const DEATH: Duration = Duration::from_secs(5);
/// A sender that gets rid of nothing for so long is held up.
const STUCK: Duration = Duration::from_millis(500);
/// More than a stranger may have under way on one connection, which are 40, and fewer than one HTTP/2 connection takes.
const MORE_THAN_FIT: u64 = 60;

/// How a peer goes: the first leaves a closed socket, the second one that takes packets and answers none.
const WAYS: [Signal; 2] = [Signal::KILL, Signal::STOP];

fn to(far: &str, method: &str) -> Ask {
    Ask::greeter(method)
        .with(PEER_KEY, far)
        .with("parcero-interval-ms", "60000")
}

/// Every one of them ends, and says that the peer is not there.
async fn end(open: Vec<(Asker, Answers)>, since: Instant, way: Signal) {
    let ended = join_all(open.into_iter().map(|(asker, answers)| async move {
        let answer = answers.whole().await;
        drop(asker);
        answer
    }));
    for answer in ended.await {
        assert_eq!(answer.code, Code::Unavailable, "{way:?}: {}", answer.status);
        assert!(!answer.status.is_empty(), "{way:?}: it says nothing");
    }
    assert!(since.elapsed() < DEATH, "{way:?}: {:?}", since.elapsed());
}

#[tokio::test]
async fn calls_that_wait_for_messages_end_when_their_peer_dies() {
    for way in WAYS {
        let far = TestPeer::start(&[]);
        let near = far.friend().await;
        let id = far.key().await;
        let mut line = Line::connect(near, Road::Native).await;
        let mut open = Vec::new();
        for method in ["ServerStreaming", "ClientStreaming", "BidirectionalStreaming"] {
            let (mut asker, mut answers) = line.open(&to(&id, method)).await;
            asker.send(&hello("Hola", "Ana")).await;
            if method == "ServerStreaming" {
                asker.finish().await;
            }
            if method != "ClientStreaming" {
                answers.message().await;
            }
            open.push((asker, answers));
        }
        let mut figures = far.figures().await;
        figures
            .until("three open calls", |figures| figures.open == 3)
            .await;
        far.signal(way);
        end(open, Instant::now(), way).await;
    }
}

#[tokio::test]
async fn calls_that_wait_for_their_first_answer_or_for_room_end_when_their_peer_dies() {
    for way in WAYS {
        let far = TestPeer::start(&[]);
        let near = far.neighbour().await;
        let id = far.key().await;
        // Now there is a connection for calls.
        near.hello_to(&id).await.unwrap();
        let mut line = Line::connect(near, Road::Native).await;
        let mut figures = near.figures().await;
        // From here on it answers nothing, and takes no more calls than it has room for.
        far.signal(Signal::STOP);
        let mut open = Vec::new();
        for n in 0..MORE_THAN_FIT {
            let method = if n % 2 == 0 {
                "OnlyResponse"
            } else {
                "BidirectionalStreaming"
            };
            let (mut asker, answers) = line.open(&to(&id, method)).await;
            asker.send(&hello("Hola", "Ana")).await;
            if n % 2 == 0 {
                asker.finish().await;
            }
            open.push((asker, answers));
        }
        figures
            .until("all of them", |figures| figures.open == MORE_THAN_FIT)
            .await;
        if way == Signal::KILL {
            far.signal(way);
        }
        end(open, Instant::now(), way).await;
    }
}

#[tokio::test]
async fn an_upload_that_is_held_up_ends_when_its_peer_dies() {
    for way in WAYS {
        let far = TestPeer::start(&[]);
        let near = far.friend().await;
        let mut line = Line::connect(near, Road::Native).await;
        let (mut asker, answers) = line.open(&to(&far.key().await, "BidirectionalStreaming")).await;
        // Nobody reads what comes back, so that it is held up at last.
        let large = hello("", &"n".repeat(256 * 1024));
        while let Ok(sent) = tokio::time::timeout(STUCK, asker.send(&large)).await {
            assert!(sent, "the call ended");
        }
        far.signal(way);
        end(vec![(asker, answers)], Instant::now(), way).await;
    }
}

#[tokio::test]
async fn a_peer_that_shakes_hands_and_never_greets_is_unavailable_like_one_that_is_not_there() {
    let near = TestPeer::start(&[]);
    let mute = RawPeer::speaking(&[b"parcero/control/1", b"parcero/calls/1"]).await;
    let (ticket, id) = (mute.ticket(), mute.id());
    let told = async {
        near.add(&ticket).await;
        let start = Instant::now();
        let told = near.hello_to(&id).await.unwrap_err();
        assert!(start.elapsed() < DEATH, "{:?}", start.elapsed());
        told
    };
    let told = tokio::select! {
        told = told => told,
        () = mute.shakes_hands() => unreachable!("it does so for ever"),
    };
    assert_eq!(told.code(), Code::Unavailable, "{told}");
    assert!(
        told.message().contains("did not introduce itself in time"),
        "{told}"
    );
}
