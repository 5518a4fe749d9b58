//! What a peer is to other peers.

use contract::greet::HelloRequest;
use contract::parcero::v1::{
    AddFriendRequest, CreateInvitationRequest, Invitation, ListPeersRequest, PeerInfo, PeerRequest, Presence,
    Relation, SelfReply, SelfRequest, network_client::NetworkClient,
};
use tonic::{Request, Status, transport::Channel};

use super::{
    TestPeer,
    figures::{PATIENCE, soon},
};

impl TestPeer {
    /// The generated client of its network, on a connection of its own.
    pub(crate) async fn network(&self) -> NetworkClient<Channel> {
        NetworkClient::new(self.channel().await)
    }

    /// This peer, as it shows itself.
    pub(crate) async fn shown(&self) -> SelfReply {
        let mut network = self.network().await;
        network.self_(SelfRequest {}).await.unwrap().into_inner()
    }

    /// Its public key.
    pub(crate) async fn key(&self) -> String {
        self.shown().await.id
    }

    /// Another peer that knows this one by its ticket, a stranger to it. Started when it is first asked for.
    pub(crate) async fn neighbour(&self) -> &TestPeer {
        self.neighbour
            .get_or_init(|| async {
                let neighbour = Box::new(TestPeer::start(&["--name", "neighbour"]));
                neighbour.knows(self).await;
                neighbour
            })
            .await
    }

    /// The same peer, once it is a friend: it may make as many calls as it likes.
    pub(crate) async fn friend(&self) -> &TestPeer {
        let neighbour = self.neighbour().await;
        self.befriended.get_or_init(|| neighbour.befriends(self)).await;
        neighbour
    }

    /// Tells it where another peer is.
    pub(crate) async fn knows(&self, other: &TestPeer) {
        let ticket = other.shown().await.ticket;
        self.add(&ticket).await;
    }

    /// Makes friends with another peer, by an invitation of that one.
    pub(crate) async fn befriends(&self, other: &TestPeer) {
        self.add(&other.invitation().await.ticket).await;
        self.sees(&other.key().await, |other| other.relation() == Relation::Friend)
            .await;
    }

    /// An invitation for one friend.
    pub(crate) async fn invitation(&self) -> Invitation {
        let mut network = self.network().await;
        let made = network
            .create_invitation(CreateInvitationRequest::default())
            .await;
        made.unwrap().into_inner()
    }

    /// Uses a ticket.
    pub(crate) async fn add(&self, ticket: &str) -> PeerInfo {
        self.try_to_add(ticket).await.unwrap()
    }

    /// Uses a ticket that may be of no use.
    pub(crate) async fn try_to_add(&self, ticket: &str) -> Result<PeerInfo, Status> {
        let ticket = ticket.to_owned();
        let request = AddFriendRequest {
            ticket,
            ..AddFriendRequest::default()
        };
        let mut network = self.network().await;
        Ok(network.add_friend(request).await?.into_inner())
    }

    /// Says hello to another peer, by way of this one: what that answers.
    pub(crate) async fn hello_to(&self, other: &str) -> Result<String, Status> {
        let mut request = Request::new(HelloRequest {
            name: "Ana".to_owned(),
            greeting: "Hola".to_owned(),
        });
        request
            .metadata_mut()
            .insert("parcero-peer", other.parse().unwrap());
        let mut greeter = self.greeter().await;
        Ok(soon(greeter.only_response(request)).await?.into_inner().message)
    }

    /// Waits until it stays in touch with the network through this friend.
    pub(crate) async fn relies_on(&self, friend: &str) {
        let start = std::time::Instant::now();
        loop {
            let now = self.shown().await.relies_on;
            if now == friend {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "it relies on {now:?}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// How it sees another peer, as soon as that is as wanted.
    pub(crate) async fn sees(&self, id: &str, wanted: impl Fn(&PeerInfo) -> bool) -> PeerInfo {
        let mut network = self.network().await;
        let start = std::time::Instant::now();
        let lists = network.watch_peers(ListPeersRequest {});
        let mut lists = soon(lists).await.unwrap().into_inner();
        loop {
            let list = soon(lists.message()).await.unwrap().expect("the peer lives");
            assert!(start.elapsed() < PATIENCE, "not seen as wanted: {list:?}");
            if let Some(peer) = list.peers.into_iter().find(|peer| peer.id == id && wanted(peer)) {
                return peer;
            }
        }
    }
}

/// Somebody who can be reached.
pub(crate) fn is_there(peer: &PeerInfo) -> bool {
    peer.presence() == Presence::Online
}

/// A request about one peer.
pub(crate) fn about(peer: &str) -> PeerRequest {
    PeerRequest {
        peer: peer.to_owned(),
    }
}
