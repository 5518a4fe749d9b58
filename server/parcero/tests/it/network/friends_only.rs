//! A service for friends alone, in a peer of this process: who reaches it, whom it sees, and when its calls end.

use std::{
    sync::{Arc, Mutex, atomic::Ordering},
    time::{Duration, Instant},
};

use parcero::{
    access::{Caller, Guarded, Rule, Standing},
    front::Door,
    network::{Membership, Network, NetworkSettings},
    peer::{Peer, Settings},
};
use tonic::{
    Code, Request, Status,
    service::{Routes, interceptor::InterceptedService},
};

use crate::support::{
    TestPeer, data_dir,
    figures::PATIENCE,
    probe::{probe, server},
    road::{Ask, Line, Road, Task, call},
    wire::hello,
};

// S20
#[tokio::test]
async fn a_call_for_friends_knows_its_caller_by_key_and_ends_within_a_second_when_that_is_a_friend_no_more() {
    let folder = data_dir();
    let network = Network::start(NetworkSettings {
        key: rand::random(),
        name: "far".to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        database: folder.path().join("peer.db"),
        membership: Membership::default(),
        discovery: false,
        internet: None,
        friends: Vec::new(),
    })
    .await
    .unwrap();
    let settings = Settings {
        name: "far".to_owned(),
        max_message_bytes: 1 << 20,
    };
    let peer = Peer::new(settings, Some(network.clone()));
    let (probe, _told) = probe();
    let seen: Arc<Mutex<Vec<Caller>>> = Arc::default();
    let seeing = seen.clone();
    let guarded = Guarded::new(server(probe.clone()), Rule::FriendsAndMembers);
    let service = InterceptedService::new(guarded, move |request: Request<()>| {
        let caller = request.extensions().get::<Caller>().cloned();
        seeing
            .lock()
            .unwrap()
            .push(caller.ok_or_else(|| Status::internal("nobody"))?);
        Ok(request)
    });
    let services = Routes::new(service);
    let door = Door::bind(&["127.0.0.1:0".parse().unwrap()], Vec::new())
        .await
        .unwrap();
    let _serving = Task::spawn(door.serve_services(peer, services, std::future::pending(), |_| ()));

    let other = TestPeer::start(&[]);
    other.add(&network.ticket(None).to_string()).await;
    let (id, key) = (network.id().to_string(), other.key().await);
    let ask = Ask::greeter("BidirectionalStreaming").with("parcero-peer", &id);
    let refused = call(&other, Road::Native, &ask, &[hello("Hola", "Ana")]).await;
    assert_eq!(refused.code, Code::PermissionDenied, "{refused:?}");
    assert!(refused.status.contains("for friends"), "{refused:?}");
    let caller = |standing| Caller::Peer {
        id: key.parse().unwrap(),
        standing,
    };
    assert_eq!(seen.lock().unwrap().pop(), Some(caller(Standing::Stranger)));

    let (_, ticket) = network.create_invitation(1, 60).await.unwrap();
    other.add(&ticket.to_string()).await;
    let mut line = Line::connect(&other, Road::Native).await;
    let (mut asker, answers) = line.open(&ask).await;
    asker.send(&hello("Hola", "Ana")).await;
    let start = Instant::now();
    while probe.talks.load(Ordering::Relaxed) == 0 {
        assert!(start.elapsed() < PATIENCE, "it never came in");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(seen.lock().unwrap().pop(), Some(caller(Standing::Friend)));

    let start = Instant::now();
    network.remove_friend(&key).await.unwrap();
    let ended = answers.whole().await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(ended.code, Code::PermissionDenied, "{ended:?}");
    assert!(ended.status.contains("for friends"), "{ended:?}");
    assert_eq!(
        probe.talks.load(Ordering::Relaxed),
        0,
        "its handler has ended, too"
    );
    let refused = call(&other, Road::Native, &ask, &[hello("Hola", "Ana")]).await;
    assert_eq!(refused.code, Code::PermissionDenied, "{refused:?}");
}
