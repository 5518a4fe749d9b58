//! What a peer may do follows what it is: at once, and also where its calls are under way.

use std::time::{Duration, Instant};

use contract::parcero::v1::{Relation, RevokeInvitationRequest};
use tonic::Code;

use crate::support::{
    TestPeer,
    network::{about, is_there},
    road::{Answers, Ask, Asker, Line, Road},
    wire::hello,
};

/// What a change of standing may take to be felt by a call under way.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A call from one peer to another that stays open, answered once.
async fn open(line: &mut Line, to: &str) -> (Asker, Answers) {
    let ask = Ask::greeter("BidirectionalStreaming").with("parcero-peer", to);
    let (mut asker, mut answers) = line.open(&ask).await;
    asker.send(&hello("Hola", "Ana")).await;
    answers.message().await;
    (asker, answers)
}

#[tokio::test]
async fn a_stranger_that_becomes_a_friend_may_make_the_calls_of_a_friend_at_once() {
    let (peer, other) = (TestPeer::start(&[]), TestPeer::start(&[]));
    other.knows(&peer).await;
    let id = peer.key().await;
    let mut line = Line::connect(&other, Road::Native).await;
    // The connection is there, with the room of a stranger.
    let mut calls = vec![open(&mut line, &id).await];
    other.befriends(&peer).await;
    peer.sees(&other.key().await, |other| other.relation() == Relation::Friend)
        .await;
    let start = Instant::now();
    while calls.len() < 64 {
        calls.push(open(&mut line, &id).await);
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    let mut figures = peer.figures().await;
    figures.until("64 open calls", |figures| figures.open == 64).await;
}

#[tokio::test]
async fn a_friend_that_is_removed_keeps_no_more_calls_than_a_stranger_may_have() {
    let peer = TestPeer::start(&[]);
    let friend = peer.friend().await;
    let (id, friends_id) = (peer.key().await, friend.key().await);
    let mut line = Line::connect(friend, Road::Native).await;
    let mut calls = Vec::new();
    for _ in 0..50 {
        calls.push(open(&mut line, &id).await);
    }
    let mut network = peer.network().await;
    let start = Instant::now();
    network.remove_friend(about(&friends_id)).await.unwrap();
    let mut figures = peer.figures().await;
    figures.until("32 calls left", |figures| figures.open <= 32).await;
    assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
    let refused = friend.hello_to(&id).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");

    // Those that go on are alive, and those that do not know why.
    let (mut ended, mut open) = (0, 0);
    for (mut asker, answers) in calls {
        asker.send(&hello("Hola", "Beto")).await;
        asker.finish().await;
        let answer = answers.whole().await;
        match answer.code {
            Code::Ok => open += 1,
            Code::ResourceExhausted => ended += 1,
            _ => panic!("{answer:?}"),
        }
    }
    assert_eq!((ended, open), (18, 32));
    // The places of those that have ended are free, for a stranger.
    figures.until("none", |figures| figures.open == 0).await;
    assert_eq!(friend.hello_to(&id).await.unwrap(), "Hola Ana");
}

// S20
#[tokio::test]
async fn blocking_ends_calls_in_both_directions_within_a_second_and_unblocking_is_as_quick() {
    let peer = TestPeer::start(&[]);
    let friend = peer.friend().await;
    let (id, friends_id) = (peer.key().await, friend.key().await);
    let mut from_it = Line::connect(friend, Road::Native).await;
    let mut to_it = Line::connect(&peer, Road::Native).await;
    let (_asker, theirs) = open(&mut from_it, &id).await;
    let (_own_asker, ours) = open(&mut to_it, &friends_id).await;

    let mut network = peer.network().await;
    let start = Instant::now();
    network.block_peer(about(&friends_id)).await.unwrap();
    let (theirs, ours) = tokio::join!(theirs.whole(), ours.whole());
    assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
    assert_eq!((theirs.code, ours.code), (Code::Unavailable, Code::Unavailable));
    assert!(theirs.status.contains("blocked"), "{theirs:?}");

    let start = Instant::now();
    network.unblock_peer(about(&friends_id)).await.unwrap();
    assert_eq!(friend.hello_to(&id).await.unwrap(), "Hola Ana");
    assert_eq!(peer.hello_to(&friends_id).await.unwrap(), "Hola Ana");
    assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
    peer.sees(&friends_id, is_there).await;
}

/// What an invitation was used for stays: a friend is removed as a friend.
#[tokio::test]
async fn an_invitation_is_of_no_use_as_soon_as_it_is_revoked_and_friends_it_made_stay_friends() {
    let (peer, friend, late) = (TestPeer::start(&[]), TestPeer::start(&[]), TestPeer::start(&[]));
    let id = peer.key().await;
    let mut network = peer.network().await;
    let twice = contract::parcero::v1::CreateInvitationRequest {
        uses: 2,
        ..Default::default()
    };
    let invitation = network.create_invitation(twice).await.unwrap().into_inner();
    friend.add(&invitation.ticket).await;
    let mut line = Line::connect(&friend, Road::Native).await;
    let (mut asker, mut answers) = open(&mut line, &id).await;
    let revoked = invitation.id.clone();
    network
        .revoke_invitation(RevokeInvitationRequest { id: revoked })
        .await
        .unwrap();
    let refused = late.try_to_add(&invitation.ticket).await.unwrap_err();
    assert!(refused.message().contains("cannot be used any more"), "{refused}");
    assert_eq!(late.hello_to(&id).await.unwrap(), "Hola Ana", "as a stranger");
    asker.send(&hello("Hola", "Beto")).await;
    answers.message().await;
    peer.sees(&friend.key().await, |friend| {
        friend.relation() == Relation::Friend
    })
    .await;
}
