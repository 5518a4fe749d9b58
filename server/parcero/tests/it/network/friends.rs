//! Strangers become friends, and stop being it.

use contract::parcero::v1::{
    AddFriendRequest, CreateInvitationRequest, FriendRequest, ListInvitationsRequest, ListPeersRequest,
    NamePeerRequest, Path, PeerInfo, Relation, RevokeInvitationRequest, control::Say,
};
use tonic::Code;

use crate::support::{
    TestPeer,
    network::{about, is_there},
    raw_peer::RawPeer,
};

fn is_friend(peer: &PeerInfo) -> bool {
    peer.relation() == Relation::Friend
}

fn is_stranger(peer: &PeerInfo) -> bool {
    peer.relation() == Relation::Stranger
}

#[tokio::test]
async fn an_invitation_makes_friends_of_both_and_is_used_up() {
    let (ana, beto, carla) = (TestPeer::start(&[]), TestPeer::start(&[]), TestPeer::start(&[]));
    let invitation = ana.invitation().await;
    beto.add(&invitation.ticket).await;
    ana.sees(&beto.key().await, is_friend).await;
    beto.sees(&ana.key().await, is_friend).await;

    let refused = carla.try_to_add(&invitation.ticket).await.unwrap_err();
    assert!(refused.message().contains("cannot be used any more"), "{refused}");
    carla.sees(&ana.key().await, is_stranger).await;
}

#[tokio::test]
async fn a_revoked_invitation_makes_no_friends() {
    let (ana, beto) = (TestPeer::start(&[]), TestPeer::start(&[]));
    let invitation = ana.invitation().await;
    let mut network = ana.network().await;
    let id = invitation.id.clone();
    network
        .revoke_invitation(RevokeInvitationRequest { id })
        .await
        .unwrap();
    let refused = beto.try_to_add(&invitation.ticket).await.unwrap_err();
    assert!(refused.message().contains("cannot be used any more"), "{refused}");
}

#[tokio::test]
async fn an_invitation_that_has_ended_makes_no_friends() {
    let (ana, beto) = (TestPeer::start(&[]), TestPeer::start(&[]));
    let mut network = ana.network().await;
    let short = CreateInvitationRequest {
        uses: 1,
        valid_for: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
    };
    let invitation = network.create_invitation(short).await.unwrap().into_inner();
    while let [_, ..] = &network
        .list_invitations(ListInvitationsRequest {})
        .await
        .unwrap()
        .into_inner()
        .invitations[..]
    {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let refused = beto.try_to_add(&invitation.ticket).await.unwrap_err();
    assert!(refused.message().contains("cannot be used any more"), "{refused}");
}

#[tokio::test]
async fn an_invitation_is_used_when_its_peer_comes_back() {
    let (ana, beto) = (TestPeer::start(&[]), TestPeer::start(&[]));
    let (invitation, id) = (ana.invitation().await, ana.key().await);
    let folder = ana.kill();
    let added = beto.add(&invitation.ticket).await;
    assert_eq!(added.relation(), Relation::Stranger, "nobody said yes yet");
    let ana = TestPeer::start_in(folder, "127.0.0.1:0", &[]);
    beto.sees(&id, is_friend).await;
    ana.sees(&beto.key().await, is_friend).await;
}

#[tokio::test]
async fn a_stranger_asks_and_the_other_side_accepts() {
    let (ana, beto) = (TestPeer::start(&[]), TestPeer::start(&[]));
    let id = ana.key().await;
    beto.knows(&ana).await;
    beto.sees(&id, is_there).await;
    let asked = beto
        .network()
        .await
        .ask_friend(about(&id))
        .await
        .unwrap()
        .into_inner();
    assert!(asked.asked && asked.relation() == Relation::Stranger);
    ana.sees(&beto.key().await, |beto| beto.asks).await;
    let mut network = ana.network().await;
    network.accept_friend(about(&beto.key().await)).await.unwrap();
    beto.sees(&id, is_friend).await;
    ana.sees(&beto.key().await, |beto| is_friend(beto) && !beto.asks)
        .await;
}

#[tokio::test]
async fn a_stranger_that_was_declined_asks_in_vain_for_a_day() {
    let ana = TestPeer::start(&[]);
    let carla = RawPeer::new().await;
    let mut link = carla.link(&ana, "carla").await;
    link.say(Say::FriendRequest(FriendRequest {})).await;
    ana.sees(&carla.id(), |carla| carla.asks).await;
    let mut network = ana.network().await;
    network.decline_friend(about(&carla.id())).await.unwrap();
    ana.sees(&carla.id(), |carla| !carla.asks).await;
    for _ in 0..5 {
        link.say(Say::FriendRequest(FriendRequest {})).await;
    }
    link.is_heard_out().await;
    ana.sees(&carla.id(), |carla| !carla.asks && !is_friend(carla))
        .await;
    let nobody = network.accept_friend(about(&carla.id())).await.unwrap_err();
    assert_eq!(nobody.code(), Code::NotFound, "{nobody}");
    // Nor by a new connection, or after a restart of this side.
    drop(link);
    let ana = ana.restart(&[]);
    let mut link = carla.link(&ana, "carla").await;
    link.say(Say::FriendRequest(FriendRequest {})).await;
    link.is_heard_out().await;
    ana.sees(&carla.id(), |carla| !carla.asks).await;
}

async fn asking(peer: &TestPeer) -> Vec<String> {
    let mut network = peer.network().await;
    let known = network.list_peers(ListPeersRequest {}).await.unwrap();
    let asking = known.into_inner().peers.into_iter().filter(|peer| peer.asks);
    asking.map(|peer| peer.id).collect()
}

// Elsewhere loopback has one address.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn made_up_keys_of_one_machine_do_not_keep_others_from_asking() {
    let peer = TestPeer::start(&[]);
    let mut crowd = Vec::new();
    for _ in 0..10 {
        let raw = RawPeer::new().await;
        let mut link = raw.link(&peer, "one of many").await;
        link.say(Say::FriendRequest(FriendRequest {})).await;
        link.is_heard_out().await;
        crowd.push((raw, link));
    }
    let first: Vec<_> = crowd.iter().take(8).map(|(raw, _)| raw.id()).collect();
    let mut taken = asking(&peer).await;
    taken.sort();
    assert_eq!(
        taken,
        {
            let mut first = first.clone();
            first.sort();
            first
        },
        "eight of one address"
    );

    // Somebody at another address is heard all the same.
    let honest = RawPeer::at("127.0.0.2:0", &[]).await;
    let mut link = honest.link(&peer, "honest").await;
    link.say(Say::FriendRequest(FriendRequest {})).await;
    link.is_heard_out().await;
    assert!(asking(&peer).await.contains(&honest.id()));

    // And one that has gone makes way for one that is there.
    let (gone, its_link) = crowd.remove(2);
    drop(its_link);
    let cut_off = |gone: &PeerInfo| gone.round_trip.is_none() && gone.path() == Path::Unspecified;
    peer.sees(&gone.id(), cut_off).await;
    let (ninth, link) = &mut crowd[7];
    link.say(Say::FriendRequest(FriendRequest {})).await;
    link.is_heard_out().await;
    let taken = asking(&peer).await;
    assert!(
        taken.contains(&ninth.id()) && !taken.contains(&gone.id()),
        "{taken:?}"
    );
}

#[tokio::test]
async fn of_two_that_ask_each_other_both_are_friends_even_where_one_was_declined_before() {
    let ana = TestPeer::start(&[]);
    let beto = RawPeer::new().await;
    let mut link = beto.link(&ana, "beto").await;
    link.say(Say::FriendRequest(FriendRequest {})).await;
    ana.sees(&beto.id(), |beto| beto.asks).await;
    let mut network = ana.network().await;
    network.decline_friend(about(&beto.id())).await.unwrap();
    network.ask_friend(about(&beto.id())).await.unwrap();
    link.hears(|said| matches!(said, Say::FriendRequest(_)).then_some(()))
        .await;
    link.say(Say::FriendRequest(FriendRequest {})).await;
    link.hears(|said| matches!(said, Say::Admitted(admitted) if admitted.is_friend).then_some(()))
        .await;
    ana.sees(&beto.id(), is_friend).await;
}

#[tokio::test]
async fn a_friend_that_is_removed_is_a_stranger_on_both_sides() {
    let (ana, beto) = (TestPeer::start(&[]), TestPeer::start(&[]));
    ana.befriends(&beto).await;
    let mut network = ana.network().await;
    network.remove_friend(about(&beto.key().await)).await.unwrap();
    beto.sees(&ana.key().await, is_stranger).await;
    ana.sees(&beto.key().await, is_stranger).await;
}

#[tokio::test]
async fn the_name_this_person_gave_wins_and_a_name_of_several_lists_their_ids() {
    let ana = TestPeer::start(&[]);
    let (one, two) = (
        TestPeer::start(&["--name", "laptop"]),
        TestPeer::start(&["--name", "laptop"]),
    );
    let ids = [one.key().await, two.key().await];
    for peer in [&one, &two] {
        ana.knows(peer).await;
        ana.sees(&peer.key().await, |peer| peer.own_name == "laptop")
            .await;
    }
    let mut network = ana.network().await;
    let several = network.ping(about("laptop")).await.unwrap_err();
    assert_eq!(several.code(), Code::InvalidArgument);
    for id in &ids {
        assert!(several.message().contains(id.as_str()), "{several}");
    }
    let request = NamePeerRequest {
        peer: ids[0].clone(),
        name: "work laptop".to_owned(),
    };
    assert_eq!(
        network.name_peer(request).await.unwrap().into_inner().name,
        "work laptop"
    );
    for (name, id) in [
        ("work laptop", &ids[0]),
        ("laptop", &ids[1]),
        (&ids[0][..8], &ids[0]),
    ] {
        let pong = network.ping(about(name)).await.unwrap().into_inner();
        assert_eq!(&pong.id, id, "{name}");
    }
    assert_eq!(
        network.ping(about(&ids[0][..3])).await.unwrap_err().code(),
        Code::NotFound
    );
}

#[tokio::test]
async fn a_name_that_is_too_long_or_that_of_another_peer_is_refused_and_changes_nothing() {
    let ana = TestPeer::start(&[]);
    let (beto, carla) = (
        TestPeer::start(&["--name", "beto"]),
        TestPeer::start(&["--name", "carla"]),
    );
    for peer in [&beto, &carla] {
        ana.knows(peer).await;
        ana.sees(&peer.key().await, is_there).await;
    }
    let (beto, ticket) = (beto.key().await, carla.shown().await.ticket);
    let network = ana.network().await;
    let naming = async |peer: &str, name: &str| {
        let (peer, name) = (peer.to_owned(), name.to_owned());
        let named = network.clone().name_peer(NamePeerRequest { peer, name }).await;
        named.map(|named| named.into_inner().name)
    };
    // Characters count, not bytes.
    let longest = "ñ".repeat(64);
    assert_eq!(naming(&beto, &longest).await.unwrap(), longest);
    let long = naming(&beto, &"ñ".repeat(65)).await.unwrap_err();
    assert_eq!(long.code(), Code::InvalidArgument);
    assert_eq!(long.message(), "the name has 65 characters, and at most 64 fit");
    assert_eq!(
        naming(&beto, "one\ntwo").await.unwrap_err().code(),
        Code::InvalidArgument
    );
    ana.sees(&beto, |beto| beto.name == longest).await;

    // A stranger that calls itself so keeps nobody from a name.
    assert_eq!(naming(&beto, "carla").await.unwrap(), "carla");
    let carla = carla.key().await;
    for refused in [
        naming(&carla, "Carla").await.unwrap_err(),
        network
            .clone()
            .add_friend(AddFriendRequest {
                ticket,
                name: "carla".to_owned(),
            })
            .await
            .unwrap_err(),
    ] {
        assert_eq!(refused.code(), Code::AlreadyExists);
        assert!(refused.message().contains(&beto), "{refused}");
    }
    assert_eq!(naming(&beto, "carla").await.unwrap(), "carla", "it is its name");
    assert_eq!(naming(&beto, "beto").await.unwrap(), "beto");
    assert_eq!(
        naming(&carla, "Carla").await.unwrap(),
        "Carla",
        "it is free again"
    );
}

#[tokio::test]
async fn of_two_friends_that_call_themselves_the_same_the_newcomer_alone_is_suspected() {
    let ana = TestPeer::start(&[]);
    let beto = TestPeer::start(&["--name", "beto"]);
    ana.befriends(&beto).await;
    let old = beto.key().await;
    let first = ana.sees(&old, |beto| beto.own_name == "beto").await.first_seen;
    // When a peer was first seen is known to the second.
    while std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        <= first.unwrap().seconds as u64
    {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let impostor = TestPeer::start(&["--name", "beto"]);
    ana.befriends(&impostor).await;
    let new = impostor.key().await;
    ana.sees(&new, |seen| is_friend(seen) && seen.name_has_another_key)
        .await;
    ana.sees(&old, |seen| is_friend(seen) && !seen.name_has_another_key)
        .await;
    let said = ana.says("another key");
    assert!(said.contains(&format!("peer={new}")), "{said}");
    let (ended, _) = ana.stop();
    assert!(!ended.stderr.contains("another key"), "{}", ended.stderr);
}

#[tokio::test]
async fn the_name_of_a_friend_with_another_key_is_a_loud_warning() {
    let ana = TestPeer::start(&[]);
    let beto = TestPeer::start(&["--name", "beto"]);
    ana.befriends(&beto).await;
    ana.sees(&beto.key().await, |beto| beto.own_name == "beto").await;
    let impostor = TestPeer::start(&["--name", "beto"]);
    ana.knows(&impostor).await;
    ana.sees(&impostor.key().await, |seen| seen.name_has_another_key)
        .await;
    let said = ana.says("another key");
    assert!(said.contains("WARN") && said.contains("beto"), "{said}");
    let shown = ana.run(&["peers"]).stdout;
    assert!(shown.contains("another key"), "{shown}");
}
