//! Peers come to know each other, and know who is there.

use std::time::{Duration, Instant};

use contract::parcero::v1::{ListPeersRequest, Path, PeerInfo, Presence, Relation, Source};
use iroh::SecretKey;

use crate::support::{TestPeer, data_dir, network::is_there, network_name, parcero, raw_peer::RawPeer};

/// A peer of a network with this name that looks for others on the loopback interface.
fn looking(network: &str, name: &str) -> TestPeer {
    let mut command = parcero();
    command.env_remove("PARCERO_NO_DISCOVERY");
    TestPeer::start_as(
        command,
        data_dir(),
        "127.0.0.1:0",
        &["--network", network, "--name", name],
    )
}

#[tokio::test]
async fn two_peers_of_one_machine_find_each_other_and_peers_of_other_networks_do_not() {
    let (home, work) = (network_name(), network_name());
    let ana = looking(&home, "ana");
    let beto = looking(&home, "beto");
    let stranger = looking(&work, "stranger");
    let companion = looking(&work, "companion");
    let seen = ana.sees(&beto.key().await, is_there).await;
    assert_eq!(seen.name, "beto");
    assert_eq!(seen.source(), Source::Discovered);
    assert_eq!(seen.relation(), Relation::Stranger);
    beto.sees(&ana.key().await, is_there).await;
    let companion_lives = companion;
    let companion = companion_lives.key().await;
    stranger.sees(&companion, is_there).await;
    let mut network = stranger.network().await;
    let known = network
        .list_peers(ListPeersRequest {})
        .await
        .unwrap()
        .into_inner();
    let ids: Vec<_> = known.peers.iter().map(|peer| peer.id.clone()).collect();
    assert_eq!(ids, [companion], "those of its own network alone");
}

#[tokio::test]
async fn who_knows_one_friend_sees_the_network() {
    let hub = TestPeer::start(&["--name", "hub"]);
    let ana = TestPeer::start(&["--name", "ana"]);
    let beto = TestPeer::start(&["--name", "beto"]);
    ana.knows(&hub).await;
    beto.knows(&hub).await;
    let seen = ana.sees(&beto.key().await, is_there).await;
    assert_eq!(seen.name, "beto");
    let seen = [seen, beto.sees(&ana.key().await, is_there).await];
    // Whichever heard of the other first called it.
    assert!(
        seen.iter().any(|seen| seen.source() == Source::Introduced),
        "{seen:?}"
    );
    let hub = ana.sees(&hub.key().await, |hub| !hub.knows.is_empty()).await;
    assert!(
        hub.knows.contains(&beto.key().await),
        "who knows whom can be drawn"
    );
}

#[tokio::test]
async fn a_killed_peer_is_seen_to_be_gone_within_5_seconds_and_its_return_within_15() {
    let ana = TestPeer::start(&["--name", "ana"]);
    let beto = TestPeer::start(&["--name", "beto"]);
    ana.knows(&beto).await;
    let id = beto.key().await;
    ana.sees(&id, is_there).await;
    let ticket = beto.shown().await.ticket;
    let folder = beto.kill();
    let killed = Instant::now();
    ana.sees(&id, |beto| beto.presence() == Presence::Offline).await;
    assert!(
        killed.elapsed() < Duration::from_secs(5),
        "{:?}",
        killed.elapsed()
    );

    let beto = TestPeer::start_in(folder, "127.0.0.1:0", &["--name", "beto"]);
    let returned = Instant::now();
    assert_eq!(beto.key().await, id, "the key is kept");
    assert_eq!(
        beto.shown().await.ticket,
        ticket,
        "and the port: a ticket stays good"
    );
    ana.sees(&id, is_there).await;
    assert!(
        returned.elapsed() < Duration::from_secs(15),
        "{:?}",
        returned.elapsed()
    );
}

#[tokio::test]
async fn what_a_peer_knows_survives_its_restart() {
    let ana = TestPeer::start(&["--name", "ana"]);
    let beto = TestPeer::start(&["--name", "beto"]);
    ana.befriends(&beto).await;
    let id = beto.key().await;
    ana.sees(&id, is_there).await;
    beto.kill();
    let ana = ana.restart(&["--name", "ana"]);
    let mut network = ana.network().await;
    let known = network
        .list_peers(ListPeersRequest {})
        .await
        .unwrap()
        .into_inner();
    let [beto] = &known.peers[..] else {
        panic!("one peer was known: {known:?}");
    };
    assert_eq!((beto.id.as_str(), beto.name.as_str()), (id.as_str(), "beto"));
    assert_eq!(beto.relation(), Relation::Friend);
    assert!(beto.last_seen.is_some());
}

#[tokio::test]
async fn the_backup_friend_takes_over_from_the_primary_one_and_gives_back() {
    let primary = TestPeer::start(&["--name", "primary"]);
    let backup = TestPeer::start(&["--name", "backup"]);
    let (first, second) = (primary.shown().await, backup.shown().await);
    let peer = TestPeer::start(&["--primary", &first.ticket, "--backup", &second.ticket]);
    peer.relies_on(&first.id).await;
    let folder = primary.kill();
    let killed = Instant::now();
    peer.relies_on(&second.id).await;
    assert!(
        killed.elapsed() < Duration::from_secs(5),
        "{:?}",
        killed.elapsed()
    );
    let primary = TestPeer::start_in(folder, "127.0.0.1:0", &["--name", "primary"]);
    let returned = Instant::now();
    peer.relies_on(&first.id).await;
    assert!(
        returned.elapsed() < Duration::from_secs(15),
        "{:?}",
        returned.elapsed()
    );
    drop((primary, backup));
}

/// Nobody looks for others here: each is told, by the one friend that both know.
#[tokio::test]
async fn whoever_comes_when_the_primary_friend_is_lost_is_introduced_by_the_backup() {
    let primary = TestPeer::start(&["--no-discovery", "--name", "primary"]);
    let backup = TestPeer::start(&["--no-discovery", "--name", "backup"]);
    let (first, second) = (primary.shown().await, backup.shown().await);
    let peer = TestPeer::start(&[
        "--no-discovery",
        "--primary",
        &first.ticket,
        "--backup",
        &second.ticket,
    ]);
    peer.relies_on(&first.id).await;
    primary.kill();
    peer.relies_on(&second.id).await;

    let newcomer = TestPeer::start(&[
        "--no-discovery",
        "--name",
        "newcomer",
        "--primary",
        &second.ticket,
    ]);
    let (id, newcomers) = (peer.key().await, newcomer.key().await);
    let seen = peer.sees(&newcomers, is_there).await;
    assert_eq!(seen.name, "newcomer");
    let seen = [seen, newcomer.sees(&id, is_there).await];
    // Whichever heard of the other first called it.
    assert!(
        seen.iter().any(|seen| seen.source() == Source::Introduced),
        "{seen:?}"
    );
    let listed = peer.run(&["peers"]).stdout;
    assert!(listed.lines().any(|line| line.contains("newcomer")), "{listed}");
    assert_eq!(peer.hello_to(&newcomers).await.unwrap(), "Hola Ana");
    assert_eq!(newcomer.hello_to(&id).await.unwrap(), "Hola Ana");
}

#[tokio::test]
async fn an_invitation_in_the_ticket_of_the_primary_friend_is_used() {
    let primary = TestPeer::start(&[]);
    let invitation = primary.invitation().await;
    let peer = TestPeer::start(&["--primary", &invitation.ticket]);
    let is_friend = |peer: &contract::parcero::v1::PeerInfo| peer.relation() == Relation::Friend;
    peer.sees(&primary.key().await, is_friend).await;
    primary.sees(&peer.key().await, is_friend).await;
}

/// Ten peers that dial nobody: eight of them are kept in touch with, and the others asked now and then.
#[tokio::test]
async fn eight_connections_are_kept_and_who_has_none_is_seen_to_go_and_to_return_within_15_seconds() {
    const CONTROL: &[&[u8]] = &[b"parcero/control/1"];
    let peer = TestPeer::start(&[]);
    let mut crowd = Vec::new();
    for number in 1..=10 {
        let key = SecretKey::from_bytes(&[number; 32]);
        let raw = RawPeer::with_key(key.clone(), "127.0.0.1:0", CONTROL).await;
        raw.welcomes();
        peer.add(&raw.ticket()).await;
        crowd.push((key, raw));
    }
    let mut network = peer.network().await;
    let start = Instant::now();
    let without = loop {
        let known = network.list_peers(ListPeersRequest {}).await.unwrap();
        let known = known.into_inner().peers;
        assert_eq!(known.len(), 10);
        let without: Vec<_> = known
            .iter()
            .filter(|peer| peer.path() == Path::Unspecified)
            .collect();
        if without.len() == 2 && known.iter().all(is_there) {
            break without[0].id.clone();
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{known:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let place = crowd.iter().position(|(_, raw)| raw.id() == without).unwrap();
    let (key, gone) = crowd.swap_remove(place);
    let address = gone.address();
    gone.leave().await;
    let start = Instant::now();
    peer.sees(&without, |peer| peer.presence() == Presence::Offline)
        .await;
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());

    let back = RawPeer::with_key(key, &address, CONTROL).await;
    back.welcomes();
    let start = Instant::now();
    peer.sees(&without, is_there).await;
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

/// Both ends keep the eight links they had before, so that neither keeps one to the other.
#[tokio::test]
async fn a_peer_with_no_open_link_is_dialled_when_it_is_called() {
    const CONTROL: &[&[u8]] = &[b"parcero/control/1"];
    let peers = [TestPeer::start(&[]), TestPeer::start(&[]), TestPeer::start(&[])];
    let mut crowd = Vec::new();
    for _ in 0..8 {
        let raw = RawPeer::speaking(CONTROL).await;
        raw.welcomes();
        for peer in &peers {
            peer.add(&raw.ticket()).await;
        }
        crowd.push(raw);
    }
    let [peer, others @ ..] = &peers;
    for other in others {
        peer.knows(other).await;
    }
    for other in others {
        let id = other.key().await;
        let apart = |other: &PeerInfo| other.path() == Path::Unspecified && is_there(other);
        peer.sees(&id, apart).await;
        assert_eq!(peer.hello_to(&id).await.unwrap(), "Hola Ana");
        // What the call went by stays for the next one.
        peer.sees(&id, |other| other.path() == Path::Lan).await;
    }
}
