//! Who may do what: strangers, friends, those without the secret, and those who are blocked.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use contract::parcero::v1::{Presence, Relation};
use iroh::endpoint::Connection;
use prost::Message;
use tokio::time::timeout;
use tonic::Code;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use crate::support::{
    TestPeer,
    figures::{PATIENCE, soon},
    network::{about, is_there},
    network_name,
    raw_peer::RawPeer,
    road::{Ask, Line, Road, call},
    wire::hello,
};

const CONTROL: &[u8] = b"parcero/control/1";
const CALLS: &[u8] = b"parcero/calls/1";

/// Connections that a stranger may have to one peer.
const CONNECTIONS_OF_STRANGER: usize = 8;

/// Everything the contract has but saying hello is for the person of the peer: it shows, changes or ends something there.
async fn refuses_local_methods(peer: &TestPeer) {
    let local: Vec<_> = contract::METHODS
        .iter()
        .filter(|method| !method.path.starts_with("/greet.Greeter/"))
        .collect();
    assert!(local.len() >= 20, "the services Peers and Network: {local:?}");
    for method in local {
        let path = method.path;
        let answer = call(peer, Road::NativeFar, &Ask::path(path), &[Vec::new()]).await;
        assert_eq!(answer.code, Code::PermissionDenied, "{path}: {answer:?}");
    }
}

// S20 and S22
#[tokio::test]
async fn another_peer_may_say_hello_and_administers_nothing_be_it_a_stranger_or_a_friend() {
    let peer = TestPeer::start(&[]);
    let neighbour = peer.friend().await.key().await;
    refuses_local_methods(&peer).await;
    let mut network = peer.network().await;
    network.remove_friend(about(&neighbour)).await.unwrap();
    refuses_local_methods(&peer).await;
    let services = tonic_reflection::pb::v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    for (path, message) in [
        ("/greet.Greeter/OnlyResponse", hello("Hola", "Ana")),
        ("/grpc.health.v1.Health/Check", Vec::new()),
        (
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            services.encode_to_vec(),
        ),
        // Of the same messages.
        (
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            services.encode_to_vec(),
        ),
    ] {
        let answer = call(&peer, Road::NativeFar, &Ask::path(path), &[message]).await;
        assert_eq!(answer.code, Code::Ok, "{path}: {answer:?}");
        if path.contains("Reflection") {
            let listed = String::from_utf8_lossy(&answer.messages[0]);
            assert!(listed.contains("greet.Greeter"), "{path}: {listed}");
        }
    }
}

// S21
#[tokio::test]
async fn a_peer_is_no_proxy_for_another_peer() {
    let (peer, third) = (TestPeer::start(&[]), TestPeer::start(&[]));
    peer.knows(&third).await;
    let raw = RawPeer::new().await;
    let calls = raw.admitted(&peer, CALLS).await;
    let metadata = format!("parcero-peer: {}\r\n", third.key().await);
    let answer = raw
        .unary(
            &calls,
            "/greet.Greeter/OnlyResponse",
            &metadata,
            &hello("Hola", "Ana"),
        )
        .await;
    assert!(answer.contains("grpc-status: 7"), "{answer}");
    assert!(answer.contains("does%20not%20pass%20on"), "{answer}");
}

#[tokio::test]
async fn calls_before_admission_are_closed_with_a_reason() {
    let peer = TestPeer::start(&[]);
    let raw = RawPeer::new().await;
    let calls = raw.dial(&peer, CALLS).await.unwrap();
    let why = soon(calls.closed()).await.to_string();
    assert!(why.contains("not admitted"), "{why}");
}

#[tokio::test]
async fn nothing_is_held_for_another_peer_but_what_comes_on_its_streams() {
    let peer = TestPeer::start(&[]);
    let raw = RawPeer::new().await;
    let calls = raw.admitted(&peer, CALLS).await;
    assert_eq!(
        calls.max_datagram_size(),
        None,
        "datagrams would be held, and nobody reads them"
    );
}

#[tokio::test]
async fn nobody_without_the_secret_gets_anything_on_any_road() {
    let name = network_name();
    let mut secret = tempfile::NamedTempFile::new().unwrap();
    writeln!(secret, "a secret of more than sixteen letters").unwrap();
    let mut other = tempfile::NamedTempFile::new().unwrap();
    writeln!(other, "another secret of more than sixteen letters").unwrap();
    let start = |file: Option<&tempfile::NamedTempFile>, more: &[&str]| {
        let mut arguments = vec!["--network", name.as_str()];
        if let Some(file) = file {
            arguments.extend(["--secret-file", file.path().to_str().unwrap()]);
        }
        arguments.extend(more);
        TestPeer::start(&arguments)
    };
    let (member, other_member) = (start(Some(&secret), &[]), start(Some(&secret), &[]));
    // They were told of it, or else they would not keep it.
    let ticket = member.shown().await.ticket;
    let (wrong, without) = (
        start(Some(&other), &["--primary", &ticket]),
        start(None, &["--primary", &ticket]),
    );

    other_member.knows(&member).await;
    other_member.sees(&member.key().await, is_there).await;
    for (one, other) in [(&member, &other_member), (&other_member, &member)] {
        let answer = one.hello_to(&other.key().await).await;
        assert_eq!(answer.unwrap(), "Hola Ana", "members call each other");
    }
    for outsider in [&wrong, &without] {
        let ticket = member.shown().await.ticket;
        let refused = outsider.try_to_add(&ticket).await;
        let refused = refused.unwrap_err();
        assert!(refused.message().contains("secret"), "{refused}");
        let mut network = outsider.network().await;
        let refused = network.ping(about(&member.key().await)).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
        assert!(refused.message().contains("secret"), "{refused}");
        let hello = outsider
            .hello_to(&member.key().await)
            .await
            .expect_err("not even hello");
        assert_eq!(hello.code(), Code::PermissionDenied, "{hello}");
    }
    let raw = RawPeer::new().await;
    let calls = raw.dial(&member, CALLS).await.unwrap();
    assert!(soon(calls.closed()).await.to_string().contains("not admitted"));
    let control = raw.dial(&member, CONTROL).await.unwrap();
    let refused = raw.greet(&control, &name, &[0; 32]).await;
    assert!(refused.contains("secret"), "{refused}");

    // It never learned of any of them by the network it keeps to itself.
    let mut network = member.network().await;
    let known = network
        .list_peers(contract::parcero::v1::ListPeersRequest {})
        .await;
    for peer in known.unwrap().into_inner().peers {
        assert_eq!(peer.id, other_member.key().await, "{peer:?}");
    }
}

#[tokio::test]
async fn a_ticket_leads_into_no_other_network_and_both_sides_hear_why() {
    let (home, work) = (network_name(), network_name());
    let (ana, beto) = (
        TestPeer::start(&["--network", &home]),
        TestPeer::start(&["--network", &work]),
    );
    let refused = ana.try_to_add(&beto.shown().await.ticket).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    assert!(refused.message().contains("another network"), "{refused}");
    // Nothing of it stays, so that nobody is asked for ever who refuses for ever.
    let line = ana.says("a ticket was refused");
    assert!(
        line.contains(" audit: ") && line.contains("another network") && line.contains(&beto.key().await),
        "{line}"
    );
    let mut network = ana.network().await;
    let known = network
        .list_peers(contract::parcero::v1::ListPeersRequest {})
        .await;
    assert_eq!(known.unwrap().into_inner().peers, []);
    let refused = ana.hello_to(&beto.key().await).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound, "{refused}");
    let line = beto.says("another network");
    assert!(
        line.contains(" audit: ") && line.contains(&ana.key().await),
        "{line}"
    );
}

#[tokio::test]
async fn a_blocked_key_is_refused_on_every_protocol_for_a_reason_it_can_read() {
    let peer = TestPeer::start(&[]);
    let raw = RawPeer::new().await;
    let link = raw.link(&peer, "nuisance").await;
    let calls = raw.dial(&peer, CALLS).await.unwrap();
    let mut network = peer.network().await;
    network.block_peer(about(&raw.id())).await.unwrap();
    let why = [link.is_cut_off().await, soon(calls.closed()).await.to_string()];
    assert!(why.iter().all(|why| why.contains("blocked")), "{why:?}");
    for protocol in [CALLS, CONTROL] {
        let why = match raw.dial(&peer, protocol).await {
            Ok(connection) => soon(connection.closed()).await.to_string(),
            Err(why) => why,
        };
        assert!(why.contains("blocked by the person of this peer"), "{why}");
    }
}

// S20: what is taken back is felt by open calls.
#[tokio::test]
async fn a_blocked_peer_gets_nothing_and_its_open_calls_end_within_a_second() {
    let peer = TestPeer::start(&[]);
    let neighbour = peer.friend().await;
    let mut line = Line::connect(&peer, Road::NativeFar).await;
    let (mut asker, mut answers) = line.open(&Ask::greeter("BidirectionalStreaming")).await;
    asker.send(&hello("Hola", "Ana")).await;
    answers.message().await;

    let mut network = peer.network().await;
    network.block_peer(about(&neighbour.key().await)).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(1), answers.whole()).await;
    let ended = ended.expect("within a second");
    assert_eq!(ended.code, Code::Unavailable, "{ended:?}");
    assert!(ended.status.contains("blocked"), "{ended:?}");

    let refused = neighbour.hello_to(&peer.key().await).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    assert!(refused.message().contains("blocked"), "{refused}");
    let mut theirs = neighbour.network().await;
    theirs.ask_friend(about(&peer.key().await)).await.unwrap();
    let seen = peer
        .sees(&neighbour.key().await, |seen| {
            seen.relation() == Relation::Blocked
        })
        .await;
    assert!(!seen.asks, "{seen:?}");
    // And this side does not call it either.
    let own = peer.hello_to(&neighbour.key().await).await.unwrap_err();
    assert_eq!(own.code(), Code::FailedPrecondition, "{own}");

    network.unblock_peer(about(&neighbour.key().await)).await.unwrap();
    neighbour.sees(&peer.key().await, is_there).await;
    neighbour.hello_to(&peer.key().await).await.unwrap();
    let seen = peer.sees(&neighbour.key().await, is_there).await;
    assert_eq!(seen.relation(), Relation::Stranger);
}

#[tokio::test]
async fn a_forgotten_peer_is_gone_with_its_open_calls_and_may_come_again_as_a_stranger() {
    let peer = TestPeer::start(&[]);
    let neighbour = peer.friend().await;
    let mut line = Line::connect(&peer, Road::NativeFar).await;
    let (mut asker, mut answers) = line.open(&Ask::greeter("BidirectionalStreaming")).await;
    asker.send(&hello("Hola", "Ana")).await;
    answers.message().await;
    let mut network = peer.network().await;
    network.forget_peer(about(&neighbour.key().await)).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(1), answers.whole()).await;
    assert_eq!(ended.expect("within a second").code, Code::Unavailable);
    // It calls again by itself, and is nobody's friend.
    let seen = peer.sees(&neighbour.key().await, is_there).await;
    assert_eq!(seen.relation(), Relation::Stranger);
    neighbour
        .sees(&peer.key().await, |peer| peer.relation() == Relation::Stranger)
        .await;
}

#[tokio::test]
async fn a_request_of_a_name_too_long_or_hostile_harms_nobody() {
    let peer = TestPeer::start(&[]);
    let raw = RawPeer::new().await;
    let name = format!("\u{1b}[31m{}\u{202e}\r\n", "x".repeat(10_000));
    raw.meet(&peer, &name).await;
    let seen = peer
        .sees(&raw.id(), |seen| seen.presence() == Presence::Online)
        .await;
    assert!(
        seen.name.chars().count() <= 64 && !seen.name.contains('\u{1b}'),
        "{seen:?}"
    );
    let shown = peer.run(&["peers"]);
    assert!(!shown.stdout.contains(['\u{1b}', '\u{202e}']), "{}", shown.stdout);
}

#[tokio::test]
async fn a_stranger_has_so_many_calls_at_once_and_one_more_is_refused_without_harm() {
    let (peer, stranger) = (TestPeer::start(&[]), TestPeer::start(&[]));
    stranger.knows(&peer).await;
    let id = peer.key().await;
    let ask = Ask::greeter("BidirectionalStreaming").with("parcero-peer", &id);
    let mut line = Line::connect(&stranger, Road::Native).await;
    let mut open = Vec::new();
    for _ in 0..32 {
        let (mut asker, mut answers) = line.open(&ask).await;
        asker.send(&hello("Hola", "Ana")).await;
        answers.message().await;
        open.push((asker, answers));
    }
    let one_more = stranger.hello_to(&id).await.unwrap_err();
    assert_eq!(one_more.code(), Code::ResourceExhausted, "{one_more}");
    let (asker, answers) = open.pop().unwrap();
    drop((asker, answers));
    let mut figures = peer.figures().await;
    figures.until("one less", |figures| figures.open == 31).await;
    assert_eq!(stranger.hello_to(&id).await.unwrap(), "Hola Ana");
    let (mut asker, mut answers) = open.pop().unwrap();
    asker.send(&hello("Hola", "Beto")).await;
    answers.message().await;
}

#[tokio::test]
async fn a_stranger_has_so_many_connections_and_one_more_is_refused_with_the_reason() {
    let (peer, raw, other) = (TestPeer::start(&[]), RawPeer::new().await, RawPeer::new().await);
    let greet = async |raw: &RawPeer, calls: &Connection| {
        let path = "/greet.Greeter/OnlyResponse";
        let answer = raw.unary(calls, path, "", &hello("Hola", "Ana")).await;
        assert!(answer.contains("Hola Ana"), "{answer}");
    };
    // The link is one of them.
    raw.meet(&peer, "busy").await;
    let mut open = Vec::new();
    for _ in 1..CONNECTIONS_OF_STRANGER {
        let calls = raw.dial(&peer, CALLS).await.unwrap();
        greet(&raw, &calls).await;
        open.push(calls);
    }
    for protocol in [CALLS, CONTROL] {
        let one_more = raw.dial(&peer, protocol).await.unwrap();
        let why = soon(one_more.closed()).await.to_string();
        assert!(why.contains("too many connections"), "{why}");
        let line = peer.says("too many connections");
        assert!(line.contains(" audit: ") && line.contains(&raw.id()), "{line}");
    }
    // Those that it has are as good as before, and others have theirs.
    greet(&raw, &open[0]).await;
    greet(&other, &other.admitted(&peer, CALLS).await).await;
    open.pop().unwrap().close(0_u32.into(), b"done");
    let start = Instant::now();
    loop {
        let calls = raw.dial(&peer, CALLS).await.unwrap();
        // The end of the one before may be read after the beginning of this one.
        match timeout(Duration::from_millis(200), calls.closed()).await {
            Err(_) => return greet(&raw, &calls).await,
            Ok(why) => assert!(start.elapsed() < PATIENCE, "{why}"),
        }
    }
}
