//! The control connection in the hands of somebody hostile: what is no message, what is too long, and what never ends.

use contract::parcero::v1::{Acquaintances, Card, Introduction, ListPeersRequest, Ping, control::Say};
use iroh::SecretKey;
use prost::Message;

use crate::support::{
    TestPeer,
    network::is_there,
    raw_link::{RawLink, greeting, hear},
    raw_peer::RawPeer,
};

const CONTROL: &[u8] = b"parcero/control/1";

/// Others are served as before.
async fn serves(peer: &TestPeer, other: &TestPeer) {
    assert_eq!(other.hello_to(&peer.key().await).await.unwrap(), "Hola Ana");
    let link = RawPeer::new().await;
    link.meet(peer, "an honest one").await;
    peer.sees(&link.id(), is_there).await;
}

fn varint(number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_varint(number, &mut bytes);
    bytes
}

#[tokio::test]
async fn what_is_no_message_ends_the_connection_with_a_reason_and_harms_nobody() {
    let (peer, other) = (TestPeer::start(&[]), TestPeer::start(&[]));
    other.knows(&peer).await;
    let raw = RawPeer::new().await;
    let garbage: [(&str, Vec<u8>); 4] = [
        ("no protobuf", [varint(4), vec![0xff; 4]].concat()),
        ("a byte more than fits", varint(64 * 1024 + 1)),
        ("a length that never ends", vec![0x80; 64]),
        ("the largest of all lengths", varint(u64::MAX)),
    ];
    for (what, bytes) in garbage {
        let link: RawLink = raw.link(&peer, "hostile").await;
        link.say_bytes(&bytes).await;
        let why = link.is_cut_off().await;
        assert!(why.contains("not of this protocol"), "{what}: {why}");
    }
    serves(&peer, &other).await;
}

#[tokio::test]
async fn who_talks_without_end_is_cut_off_with_a_reason_and_harms_nobody() {
    let (peer, other) = (TestPeer::start(&[]), TestPeer::start(&[]));
    other.knows(&peer).await;
    let raw = RawPeer::new().await;
    let link = raw.link(&peer, "talkative").await;
    // More than the first rush, and sooner than the words of a second come back.
    for number in 0..1000 {
        link.say(Say::Ping(Ping { number })).await;
    }
    let why = link.is_cut_off().await;
    assert!(why.contains("too much of it"), "{why}");
    peer.says("talks without end");
    serves(&peer, &other).await;
}

#[tokio::test]
async fn who_says_something_else_than_it_has_to_at_the_beginning_is_not_admitted() {
    let peer = TestPeer::start(&[]);
    let raw = RawPeer::new().await;
    let greeted = |bytes: Vec<u8>| {
        let greeting = contract::parcero::v1::Control {
            say: Some(greeting("")),
        };
        [greeting.encode_length_delimited_to_vec(), bytes].concat()
    };
    for (what, bytes) in [
        ("garbage", vec![0xff; 64]),
        ("an empty message", vec![0]),
        ("garbage for a proof", greeted(vec![4, 0xff, 0xff, 0xff, 0xff])),
        ("a second greeting", greeted(greeted(Vec::new()))),
        ("too much for a proof", greeted(varint(64 * 1024 + 1))),
    ] {
        let control = raw.dial(&peer, CONTROL).await.unwrap();
        let (mut send, mut receive) = control.open_bi().await.unwrap();
        send.write_all(&bytes).await.unwrap();
        while hear(&mut receive).await.is_some() {}
        let why = crate::support::figures::soon(control.closed()).await.to_string();
        assert!(why.contains("not admitted"), "{what}: {why}");
    }
    let mut network = peer.network().await;
    let known = network
        .list_peers(ListPeersRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(known.peers, [], "nothing of it is kept");
}

/// What a peer that nobody has ever met says of itself.
fn introduction(number: u8) -> Introduction {
    let key = SecretKey::from_bytes(&[number; 32]);
    let card = Card {
        id: key.public().as_bytes().to_vec(),
        name: format!("rumour {number}"),
        addresses: Vec::new(),
        made: 1,
    }
    .encode_to_vec();
    let signature = key.sign(&[b"parcero/card/1", &card[..]].concat());
    Introduction {
        card,
        signature: signature.to_bytes().to_vec(),
    }
}

#[tokio::test]
async fn of_one_message_64_introductions_are_taken_and_of_a_second_one_at_once_none() {
    let peer = TestPeer::start(&[]);
    let raw = RawPeer::new().await;
    let mut link = raw.link(&peer, "knows everybody").await;
    let tell = |numbers: std::ops::Range<u8>| {
        Say::Acquaintances(Acquaintances {
            peers: numbers.map(introduction).collect(),
        })
    };
    link.say(tell(1..81)).await;
    link.say(tell(100..110)).await;
    link.is_heard_out().await;
    let mut network = peer.network().await;
    let known = network
        .list_peers(ListPeersRequest {})
        .await
        .unwrap()
        .into_inner();
    let rumours: Vec<_> = known.peers.iter().filter(|known| known.id != raw.id()).collect();
    assert_eq!(rumours.len(), 64);
    assert!(
        rumours
            .iter()
            .all(|known| !known.name.starts_with("rumour 1") || known.name.len() <= 9)
    );
    let told = known.peers.iter().find(|known| known.id == raw.id()).unwrap();
    assert_eq!(told.knows.len(), 64);
}

// S19: who a peer is, its key says.
#[tokio::test]
async fn an_introduction_that_its_peer_did_not_sign_makes_nobody_known() {
    let peer = TestPeer::start(&[]);
    let raw = RawPeer::new().await;
    let mut link = raw.link(&peer, "liar").await;
    let mut forged = introduction(1);
    forged.signature = introduction(2).signature;
    link.say(Say::Acquaintances(Acquaintances { peers: vec![forged] }))
        .await;
    link.is_heard_out().await;
    let mut network = peer.network().await;
    let known = network
        .list_peers(ListPeersRequest {})
        .await
        .unwrap()
        .into_inner();
    let ids: Vec<_> = known.peers.into_iter().map(|known| known.id).collect();
    assert_eq!(ids, [raw.id()]);
}
