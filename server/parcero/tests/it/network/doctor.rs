//! Why a peer is not reached: each step fails once, with what was seen and what to try. And what is told of those that are.

use std::{
    io::Write,
    time::{Duration, SystemTime},
};

use contract::{
    greet::HelloRequest,
    parcero::v1::{DiagnoseStep, Path, PeerInfo, diagnose_step::Step},
};
use iroh::{EndpointAddr, TransportAddr};
use parcero::network::Ticket;
use tonic::Request;

use super::far::{Far, PEER_KEY};
use crate::support::{
    TestPeer,
    figures::soon,
    network::{about, is_there},
    probe::probe,
};

/// Every step as far as it came.
async fn steps(near: &TestPeer, peer: &str) -> Vec<DiagnoseStep> {
    let mut network = near.network().await;
    let mut steps = soon(network.diagnose(about(peer))).await.unwrap().into_inner();
    let mut all = Vec::new();
    while let Some(step) = soon(steps.message()).await.unwrap() {
        all.push(step);
    }
    all
}

/// The steps before this one pass with evidence, and this one fails with evidence and advice like these.
#[track_caller]
fn check(steps: &[DiagnoseStep], step: Step, evidence: &str, next: &str) {
    let (last, before) = steps.split_last().unwrap();
    assert_eq!((last.step(), last.passed), (step, false), "{steps:#?}");
    assert!(last.evidence.contains(evidence), "{last:?}");
    assert!(last.next.contains(next), "{last:?}");
    let order = [
        Step::Address,
        Step::Packets,
        Step::Handshake,
        Step::Admission,
        Step::Call,
    ];
    assert!(
        steps
            .iter()
            .map(DiagnoseStep::step)
            .eq(order.into_iter().take(steps.len())),
        "{steps:#?}"
    );
    for passed in before {
        assert!(
            passed.passed && !passed.evidence.is_empty() && passed.next.is_empty(),
            "{passed:?}"
        );
    }
}

/// A ticket of the peer of this id that leads to these places.
fn leading(id: &str, to: &[&str]) -> String {
    let places = to
        .iter()
        .map(|address| TransportAddr::Ip(address.parse().unwrap()));
    Ticket::new(EndpointAddr::from_parts(id.parse().unwrap(), places), None).to_string()
}

#[tokio::test]
async fn a_peer_of_which_no_address_is_known_fails_at_the_first_step() {
    let (near, id) = (
        TestPeer::start(&[]),
        iroh::SecretKey::generate().public().to_string(),
    );
    near.add(&leading(&id, &[])).await;
    check(
        &steps(&near, &id).await,
        Step::Address,
        "no address of this peer is known",
        "Ask its person for a new ticket",
    );
}

#[tokio::test]
async fn a_peer_that_is_not_there_fails_at_its_packets() {
    let (near, far) = (TestPeer::start(&[]), TestPeer::start(&[]));
    near.knows(&far).await;
    let id = far.key().await;
    near.sees(&id, is_there).await;
    far.kill();
    // Until then a link is open that nobody answers on, and what fails is the call.
    near.sees(&id, |far| !is_there(far)).await;
    let steps = steps(&near, &id).await;
    check(&steps, Step::Packets, "no answer within 3 seconds", "firewall");
    assert!(steps[0].evidence.contains("127.0.0.1:"), "{steps:?}");
}

// S19
#[tokio::test]
async fn another_peer_at_the_address_fails_at_the_handshake() {
    let (near, far, other) = (TestPeer::start(&[]), TestPeer::start(&[]), TestPeer::start(&[]));
    let there = other.shown().await.addresses.remove(0);
    let id = far.key().await;
    far.kill();
    near.add(&leading(&id, &[&there])).await;
    let steps = steps(&near, &id).await;
    check(
        &steps,
        Step::Handshake,
        "what answers there has another key",
        "Another peer may have its address now",
    );
    assert_eq!(steps[0].evidence, there);
}

#[tokio::test]
async fn another_secret_another_network_and_a_block_fail_at_the_admission() {
    let mut secret = tempfile::NamedTempFile::new().unwrap();
    writeln!(secret, "a secret of more than sixteen letters").unwrap();
    let secret = secret.path().to_str().unwrap();
    for (arguments, evidence) in [
        (
            &["--secret-file", secret][..],
            "the secret of the network is not the same on both sides",
        ),
        (&["--network", "another"], "it belongs to another network"),
    ] {
        let far = TestPeer::start(arguments);
        let id = far.key().await;
        // What was written into the configuration is kept, though it is refused.
        let near = TestPeer::start(&["--primary", &far.shown().await.ticket]);
        check(
            &steps(&near, &id).await,
            Step::Admission,
            evidence,
            "Compare --network and the secret file",
        );
    }
    let (near, far) = (TestPeer::start(&[]), TestPeer::start(&[]));
    near.knows(&far).await;
    let (own, id) = (near.key().await, far.key().await);
    far.sees(&own, is_there).await;
    far.network().await.block_peer(about(&own)).await.unwrap();
    near.sees(&id, |far| !is_there(far)).await;
    let steps = steps(&near, &id).await;
    let last = steps.last().unwrap();
    assert_eq!((last.step(), last.passed), (Step::Admission, false), "{steps:#?}");
    assert!(
        last.evidence
            .contains("the person of that peer has blocked this one"),
        "{last:?}"
    );
    assert!(
        last.next.contains("Only its person") && !last.next.contains("secret"),
        "{last:?}"
    );
    let said = near.run(&["hello", "unary", "--peer", &id]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.stderr.contains("hint: that peer") && !said.stderr.contains("of this peer"),
        "{}",
        said.stderr
    );
}

#[tokio::test]
async fn a_peer_that_is_blocked_here_is_not_contacted_and_the_block_is_all_that_is_said() {
    let (near, far) = (TestPeer::start(&[]), TestPeer::start(&[]));
    near.knows(&far).await;
    let id = far.key().await;
    near.network().await.block_peer(about(&id)).await.unwrap();
    let steps = steps(&near, &id).await;
    let [step] = &steps[..] else {
        panic!("{steps:#?}");
    };
    assert_eq!((step.step(), step.passed), (Step::Admission, false), "{step:?}");
    assert!(
        step.evidence.contains("that peer is blocked; unblock it first"),
        "{step:?}"
    );
    assert!(
        step.next.contains("unblock") && !step.next.contains("secret"),
        "{step:?}"
    );
}

// The far peer lives in this process, and goes on while a command is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_answers_no_calls_fails_at_the_last_step() {
    let (probe, _told) = probe();
    // It has one service, and that is not the one that says how it is.
    let far = Far::with(probe).await;
    let near = far.near().await;
    check(
        &steps(&near, &far.id()).await,
        Step::Call,
        "the peer cannot be reached: ",
        "look at what it logs",
    );
    let said = near.run(&["doctor", &far.id()]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let lines: Vec<_> = said.stdout.lines().collect();
    assert_eq!(lines.len(), 6, "{}", said.stdout);
    assert!(
        lines[..4].iter().all(|line| line.starts_with("ok ")),
        "{}",
        said.stdout
    );
    assert!(
        lines[4].starts_with("FAILED  a call comes back"),
        "{}",
        said.stdout
    );
    assert!(
        lines[5]
            .trim_start()
            .starts_with("The peer is there and answers no calls"),
        "{}",
        said.stdout
    );
}

#[tokio::test]
async fn a_peer_tells_of_itself_and_of_others_what_is_true() {
    let start = SystemTime::now();
    let far = TestPeer::start(&["--name", "casa"]);
    let near = far.friend().await;
    let own = far.shown().await;
    assert_eq!(own.name, "casa");
    assert_eq!(own.version, env!("CARGO_PKG_VERSION"));
    let uptime = Duration::try_from(own.uptime.unwrap()).unwrap();
    assert!(
        uptime > Duration::ZERO && uptime <= start.elapsed().unwrap(),
        "{uptime:?}"
    );
    let ticket: Ticket = own.ticket.parse().unwrap();
    let [address] = &own.addresses[..] else {
        panic!("one socket on loopback has one address: {own:?}");
    };
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    assert_eq!(
        ticket
            .address()
            .ip_addrs()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        std::slice::from_ref(address)
    );
    let later = far.shown().await;
    assert!(Duration::try_from(later.uptime.unwrap()).unwrap() > uptime);

    let before = near.sees(&own.id, is_there).await;
    let said = "n".repeat(1_000_000);
    let mut request = Request::new(HelloRequest {
        name: said,
        greeting: String::new(),
    });
    request.metadata_mut().insert(PEER_KEY, own.id.parse().unwrap());
    near.greeter().await.only_response(request).await.unwrap();
    // It went there and came back; what goes with it is not as much again.
    let has_grown = |peer: &PeerInfo| {
        peer.bytes_in >= before.bytes_in + 1_000_000 && peer.bytes_out >= before.bytes_out + 1_000_000
    };
    let after = near.sees(&own.id, has_grown).await;
    assert!(after.bytes_in < before.bytes_in + 2_000_000, "{after:?}");
    assert!(after.bytes_out < before.bytes_out + 2_000_000, "{after:?}");
    let seconds = |time: Option<prost_types::Timestamp>| time.unwrap().seconds;
    let began = start.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let now = began + start.elapsed().unwrap().as_secs() + 1;
    let fine = began.cast_signed()..=now.cast_signed();
    assert!(fine.contains(&seconds(after.first_seen)), "{after:?}");
    assert!(fine.contains(&seconds(after.last_seen)), "{after:?}");
    assert!(seconds(after.first_seen) <= seconds(after.last_seen), "{after:?}");
    assert_eq!(after.version, own.version);
    assert_eq!(after.path(), Path::Lan);
    let round_trip = Duration::try_from(after.round_trip.unwrap()).unwrap();
    assert!(
        round_trip > Duration::ZERO && round_trip < Duration::from_secs(1),
        "{round_trip:?}"
    );
}

#[tokio::test]
async fn a_peer_was_last_seen_now_while_it_is_there_and_then_when_it_went() {
    let (near, far) = (TestPeer::start(&[]), TestPeer::start(&[]));
    near.knows(&far).await;
    let id = far.key().await;
    let seconds = |peer: &PeerInfo| peer.last_seen.unwrap().seconds;
    let first = near.sees(&id, is_there).await;
    let later = near
        .sees(&id, |far| is_there(far) && seconds(far) > seconds(&first))
        .await;
    far.kill();
    let gone = near.sees(&id, |far| !is_there(far)).await;
    assert!(seconds(&gone) >= seconds(&later), "{gone:?} {later:?}");
}
