//! What a peer writes down of what was decided.

use contract::parcero::v1::{CreateInvitationRequest, FriendRequest, RevokeInvitationRequest, control::Say};

use crate::support::{
    TestPeer,
    network::about,
    raw_peer::RawPeer,
    road::{Ask, Road, call},
    wire::hello,
};

const CALLS: &[u8] = b"parcero/calls/1";

/// A line that can be told from the rest, with who it is about.
fn is_audit(line: &str, peer: &str) -> bool {
    line.contains(" audit: ") && line.contains(&format!("peer={peer}"))
}

// S20: every decision has a line.
// To wait for a line takes a thread, and the raw peer needs one, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_decision_about_another_peer_has_a_line_in_the_audit_with_its_key() {
    let peer = TestPeer::start(&[]);
    let raw = RawPeer::new().await;
    let link = raw.link(&peer, "beto").await;
    let calls = raw.dial(&peer, CALLS).await.unwrap();

    // The handler and the rules see who called: the key that it proved, and no other.
    raw.unary(&calls, "/parcero.v1.Network/BlockPeer", "", &[]).await;
    let line = peer.says("a call was refused: for the person of this peer alone");
    assert!(is_audit(&line, &raw.id()), "{line}");
    raw.unary(
        &calls,
        "/greet.Greeter/OnlyResponse",
        "parcero-peer: x\r\n",
        &hello("Hola", "Ana"),
    )
    .await;
    let line = peer.says("was to be passed on");
    assert!(is_audit(&line, &raw.id()), "{line}");

    let mut network = peer.network().await;
    link.say(Say::FriendRequest(FriendRequest {})).await;
    let line = peer.says("asks to be friends");
    assert!(is_audit(&line, &raw.id()), "{line}");
    network.decline_friend(about(&raw.id())).await.unwrap();
    let line = peer.says("declined as a friend");
    assert!(is_audit(&line, &raw.id()), "{line}");
    network.ask_friend(about(&raw.id())).await.unwrap();
    let line = peer.says("asked to be friends");
    assert!(is_audit(&line, &raw.id()), "{line}");
    link.say(Say::FriendRequest(FriendRequest {})).await;
    let line = peer.says("became a friend");
    assert!(is_audit(&line, &raw.id()), "{line}");
    network.remove_friend(about(&raw.id())).await.unwrap();
    let line = peer.says("no friend any more");
    assert!(is_audit(&line, &raw.id()), "{line}");
    network.block_peer(about(&raw.id())).await.unwrap();
    let line = peer.says("blocked");
    assert!(is_audit(&line, &raw.id()), "{line}");
    let why = match raw.dial(&peer, CALLS).await {
        Ok(calls) => crate::support::figures::soon(calls.closed()).await.to_string(),
        Err(why) => why,
    };
    assert!(why.contains("blocked"), "{why}");
    let line = peer.says("a connection was refused: blocked");
    assert!(is_audit(&line, &raw.id()), "{line}");
    network.unblock_peer(about(&raw.id())).await.unwrap();
    peer.says("unblocked");
    network.forget_peer(about(&raw.id())).await.unwrap();
    let line = peer.says("forgotten");
    assert!(is_audit(&line, &raw.id()), "{line}");

    let made = network
        .create_invitation(CreateInvitationRequest::default())
        .await;
    let id = made.unwrap().into_inner().id;
    let line = peer.says("an invitation was made");
    assert!(line.contains(" audit: ") && line.contains(&id), "{line}");
    network
        .revoke_invitation(RevokeInvitationRequest { id: id.clone() })
        .await
        .unwrap();
    let line = peer.says("an invitation was revoked");
    assert!(line.contains(" audit: ") && line.contains(&id), "{line}");
}

#[tokio::test]
async fn an_ordinary_line_does_not_look_like_one_of_the_audit() {
    let peer = TestPeer::start(&[]);
    let answer = call(
        &peer,
        Road::Native,
        &Ask::greeter("OnlyResponse"),
        &[hello("Hola", "Ana")],
    )
    .await;
    assert_eq!(answer.code, tonic::Code::Ok);
    let (ended, _) = peer.stop();
    assert!(!ended.stderr.contains(" audit: "), "{}", ended.stderr);
}
