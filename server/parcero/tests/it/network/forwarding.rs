//! Calls that another peer passes on: whom they are for, what is left of their time, and uploads that break off.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use contract::greet::HelloRequest;
use iroh::{EndpointAddr, SecretKey, TransportAddr};
use parcero::network::Ticket;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, metadata::MetadataValue};

use super::far::{Far, PEER_KEY};
use crate::support::{
    TestPeer,
    figures::{PATIENCE, soon},
    network::is_there,
    probe::{probe, say},
    road::{Ask, Line, Road},
    wire::hello,
};

/// Calls that a stranger may have under way on one connection; one more waits for one of them to end.
const CALLS_OF_STRANGER: usize = 40;

#[tokio::test]
async fn what_is_left_of_a_deadline_goes_on_to_the_next_peer_and_not_all_of_it() {
    let (probe, _told) = probe();
    let talks = probe.talks.clone();
    let far = Far::with(probe).await;
    let near = far.near().await;
    let mut open = Vec::new();
    for _ in 0..CALLS_OF_STRANGER {
        let (sender, requests) = mpsc::channel(1);
        sender.send(say("Hola", "Ana")).await.unwrap();
        let mut greeter = far.greeter(&near).await;
        let answer = soon(greeter.bidirectional_streaming(ReceiverStream::new(requests))).await;
        open.push((sender, answer.unwrap()));
    }
    assert_eq!(talks.load(Ordering::SeqCst), CALLS_OF_STRANGER);
    // There is no room for it now: it spends some of its time in the first peer.
    let (all, spent) = (Duration::from_secs(20), Duration::from_millis(500));
    let mut greeter = far.greeter(&near).await;
    let waiting = tokio::spawn(async move {
        let mut request = Request::new(say("Hola", "Ana"));
        request.set_timeout(all);
        greeter.only_response(request).await
    });
    let mut figures = near.figures().await;
    let is_waiting = |open| move |figures: &contract::parcero::v1::CallFigures| figures.open == open;
    figures
        .until("one more call", is_waiting(CALLS_OF_STRANGER as u64 + 1))
        .await;
    tokio::time::sleep(spent).await;
    // More than a few, for room is given back in larger pieces.
    open.truncate(CALLS_OF_STRANGER / 2);
    let answer = soon(waiting).await.unwrap().unwrap();
    let left = answer.metadata().get("x-timeout").unwrap().to_str().unwrap();
    let left = Duration::from_micros(left.strip_suffix('u').unwrap().parse().unwrap());
    assert!(left <= all - spent, "{left:?} of {all:?} were left");
    assert!(
        left > all - PATIENCE.min(all) / 2,
        "{left:?} of {all:?} were left"
    );
}

#[tokio::test]
async fn an_upload_that_is_cut_off_half_way_has_no_good_end_for_the_peer_it_is_passed_on_to() {
    for road in [Road::Native, Road::Bridge] {
        let (probe, mut told) = probe();
        let talks = probe.talks.clone();
        let far = Far::with(probe).await;
        let near = far.near().await;
        let mut line = Line::connect(&near, road).await;
        let ask = Ask::greeter("ClientStreaming").with(PEER_KEY, &far.id());
        let (mut asker, answers) = line.open(&ask).await;
        for name in ["Ana", "Beto", "Chus"] {
            asker.send(&hello("Hola", name)).await;
        }
        let has_begun = async {
            while talks.load(Ordering::SeqCst) == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        soon(has_begun).await;
        asker.break_off().await;
        drop((answers, line));
        let (messages, ended) = soon(told.recv()).await.unwrap();
        assert!(
            messages <= 3 && ended.is_some(),
            "{road:?}: half of it looked whole: {messages} {ended:?}"
        );
    }
}

#[tokio::test]
async fn a_peer_is_meant_by_its_id_its_name_in_any_script_and_the_beginning_of_its_id() {
    let far = TestPeer::start(&["--name", "Café 100%41 «ñandú» 你好"]);
    let near = far.neighbour().await;
    let id = far.key().await;
    near.sees(&id, |far| is_there(far) && !far.name.is_empty()).await;
    let asked = [&id, &id[..4], &id[..20], "Café 100%41 «ñandú» 你好"];
    for peer in asked {
        for kind in ["unary", "bidi"] {
            let said = near.run(&["hello", kind, "--name", "Ana", "--peer", peer]);
            assert_eq!(
                (said.code, said.stdout.as_str()),
                (Some(0), "Hello Ana\n"),
                "{peer}: {}",
                said.stderr
            );
        }
    }
    for nobody in [&id[..3], "Café 100A «ñandú» 你好"] {
        let said = near.run(&["hello", "unary", "--peer", nobody]);
        assert_eq!(said.stdout, "", "{nobody}");
        assert!(
            said.stderr.contains("no peer is known by"),
            "{nobody}: {}",
            said.stderr
        );
    }
}

#[tokio::test]
async fn a_beginning_of_two_ids_means_neither_and_the_refusal_lists_them() {
    let near = TestPeer::start(&[]);
    let (one, other, prefix) = two_ids_that_begin_alike();
    for id in [&one, &other] {
        // Nobody is there, and nobody has to be.
        let nowhere = TransportAddr::Ip("127.0.0.1:9".parse().unwrap());
        let address = EndpointAddr::from_parts(id.parse().unwrap(), [nowhere]);
        near.add(&Ticket::new(address, None).to_string()).await;
    }
    let mut request = Request::new(HelloRequest::default());
    request.metadata_mut().insert(PEER_KEY, prefix.parse().unwrap());
    let refused = near.greeter().await.only_response(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    for id in [one, other] {
        assert!(refused.message().contains(&id), "{id}: {refused}");
    }
}

#[tokio::test]
async fn a_name_that_is_not_encoded_is_refused_with_how_it_must_be() {
    let near = TestPeer::start(&[]);
    let mut request = Request::new(HelloRequest::default());
    let raw = MetadataValue::try_from("ñandú".as_bytes()).unwrap();
    request.metadata_mut().insert(PEER_KEY, raw);
    let refused = near.greeter().await.only_response(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    assert!(refused.message().contains("percent-encoded"), "{refused}");
}

/// Two ids with the same four first letters, the fewest that name a peer. Among some hundred there are two.
fn two_ids_that_begin_alike() -> (String, String, String) {
    let start = Instant::now();
    let mut seen = std::collections::HashMap::new();
    loop {
        let id = SecretKey::generate().public().to_string();
        let prefix = id[..4].to_owned();
        if let Some(other) = seen.insert(prefix.clone(), id.clone()) {
            return (other, id, prefix);
        }
        assert!(start.elapsed() < PATIENCE);
    }
}
