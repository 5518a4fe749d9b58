//! Calls to another peer, and what may go wrong on the way.

use std::time::{Duration, Instant};

use tonic::Code;

use crate::support::{
    TestPeer,
    network::{about, is_there},
    raw_peer::RawPeer,
    road::{Ask, Road, call},
    wire::hello,
};

/// What a peer may take to notice that another one has died.
const DEATH: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_call_to_nobody_known_is_not_found_and_to_an_absent_peer_unavailable_with_the_reason() {
    let (peer, other) = (TestPeer::start(&[]), TestPeer::start(&[]));
    let unknown = peer.hello_to("nobody of this name").await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound, "{unknown}");
    assert!(
        unknown
            .message()
            .contains("no peer is known by `nobody of this name`"),
        "{unknown}"
    );
    peer.knows(&other).await;
    let id = other.key().await;
    other.kill();
    let start = Instant::now();
    let absent = peer.hello_to(&id).await.unwrap_err();
    assert_eq!(absent.code(), Code::Unavailable, "{absent}");
    assert!(
        absent
            .message()
            .contains("the peer cannot be reached: no answer within"),
        "{absent}"
    );
    assert!(start.elapsed() < DEATH, "{:?}", start.elapsed());
    let itself = peer.hello_to(&peer.key().await).await.unwrap_err();
    assert_eq!(itself.code(), Code::InvalidArgument, "{itself}");
}

#[tokio::test]
async fn a_call_names_one_peer_and_no_more() {
    let peer = TestPeer::start(&[]);
    let ask = Ask::greeter("OnlyResponse").with("parcero-peer", "somebody");
    let answer = call(&peer, Road::NativeFar, &ask, &[hello("Hola", "Ana")]).await;
    assert_eq!(answer.code, Code::InvalidArgument, "{answer:?}");
}

#[tokio::test]
async fn a_call_that_names_nobody_is_for_nobody_not_even_for_a_peer_without_a_name() {
    let (peer, nameless) = (TestPeer::start(&[]), RawPeer::new().await);
    nameless.meet(&peer, "").await;
    peer.sees(&nameless.id(), |known| {
        is_there(known) && known.own_name.is_empty()
    })
    .await;
    for nobody in ["", "%20"] {
        let refused = peer.hello_to(nobody).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{nobody:?}: {refused}");
        assert!(refused.message().contains("no peer is named"), "{refused}");
    }
    let mut network = peer.network().await;
    let refused = network.block_peer(about("")).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
}

#[tokio::test]
async fn the_next_call_to_a_peer_that_was_restarted_reconnects() {
    let (near, far) = (TestPeer::start(&[]), TestPeer::start(&[]));
    near.knows(&far).await;
    let id = far.key().await;
    assert_eq!(near.hello_to(&id).await.unwrap(), "Hola Ana");
    let far = TestPeer::start_in(far.kill(), "127.0.0.1:0", &[]);
    near.sees(&id, is_there).await;
    // A connection to the one before may still look alive: until that is noticed, calls go into it.
    let start = Instant::now();
    let answer = loop {
        match near.hello_to(&id).await {
            Ok(answer) => break answer,
            Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status}"),
        }
        assert!(start.elapsed() < DEATH, "{:?}", start.elapsed());
    };
    assert_eq!(answer, "Hola Ana");
    drop(far);
}

#[tokio::test]
async fn a_ping_measures_and_the_doctor_tells_which_step_failed() {
    let (near, far) = (TestPeer::start(&[]), TestPeer::start(&["--name", "cali"]));
    near.knows(&far).await;
    let id = far.key().await;
    near.sees(&id, |far| far.name == "cali").await;
    let pong = near
        .network()
        .await
        .ping(about("cali"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(pong.id, id);
    assert!(pong.took.unwrap().nanos > 0);

    let well = near.run(&["doctor", "cali", "--json"]);
    assert_eq!(well.code, Some(0), "{well:?}");
    assert_eq!(
        well.stdout.matches("\"passed\":true").count(),
        5,
        "{}",
        well.stdout
    );
    far.kill();
    let ill = near.run(&["doctor", "cali", "--json"]);
    assert_eq!(ill.code, Some(1), "{ill:?}");
    let last = ill.stdout.lines().last().unwrap();
    assert!(
        last.contains("STEP_PACKETS") && last.contains("\"next\""),
        "{}",
        ill.stdout
    );
}
