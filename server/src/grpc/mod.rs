//! The services, one implementation of one generated trait per file, and the layers around all of them.

mod greeter;
mod health;
mod network;
mod peers;
mod watching;

use futures_util::future::BoxFuture;
use tonic::{Status, body::Body, codec::CompressionEncoding, service::Routes};
use tower::{ServiceBuilder, util::BoxCloneSyncService};

use contract::{
    greet::greeter_server::GreeterServer,
    parcero::v1::{network_server::NetworkServer, peers_server::PeersServer},
};

use crate::{
    access::{Guarded, Rule},
    calls::{Directory, ForwardLayer, PEER_KEY},
    layers::{CallLayer, MessageLayer, MetadataLayer},
    network::{self as peers_network, NetworkError, PeerDial},
    peer::Peer,
};

/// The layered routes both doors lead to. Requests carry a [`Caller`](crate::access::Caller) in their extensions.
pub type LayeredRoutes =
    BoxCloneSyncService<http::Request<Body>, http::Response<Body>, std::convert::Infallible>;

/// A generated server that takes and offers every compression, and unpacks no more than the limit. A macro, because generated servers share no trait.
macro_rules! compressing {
    ($server:expr, $limit:expr) => {
        $server
            .max_decoding_message_size($limit)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .send_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Zstd)
    };
}

/// Every service of this peer, each behind its rule.
///
/// # Errors
/// Where the contract's own descriptors cannot be read, which no caller can cause.
pub async fn services(peer: &Peer) -> Result<Routes, tonic_reflection::server::Error> {
    all(peer).await
}

/// Boxed, so that the services are compiled here and not with whoever waits for them: that may be optimised less.
fn all(peer: &Peer) -> BoxFuture<'_, Result<Routes, tonic_reflection::server::Error>> {
    Box::pin(async move {
        // tonic's own limit bounds what a compressed message may grow to; the length on the wire is `MessageLayer`'s.
        let limit = peer.max_message_bytes();
        let greeter = GreeterServer::new(greeter::Greeter::new(limit)).max_encoding_message_size(usize::MAX);
        let peers = PeersServer::new(peers::Peers::new(peer.clone()));

        let (reporter, health) = tonic_health::server::health_reporter();
        reporter.set_serving::<GreeterServer<greeter::Greeter>>().await;
        reporter.set_serving::<PeersServer<peers::Peers>>().await;

        let network = peer
            .network()
            .map(|network| NetworkServer::new(network::Network::new(network.clone())));
        if network.is_some() {
            reporter.set_serving::<NetworkServer<network::Network>>().await;
        }

        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(contract::FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
                // Each version would list itself alone.
                .include_reflection_service(false)
                .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)
        };

        let routes = Routes::new(Guarded::new(compressing!(greeter, limit), Rule::AnyCaller));
        let routes = match network {
            Some(network) => routes.add_service(Guarded::new(compressing!(network, limit), Rule::LocalOnly)),
            None => routes,
        };
        Ok(routes
            .add_service(Guarded::new(compressing!(peers, limit), Rule::LocalOnly))
            .add_service(Guarded::new(compressing!(health, limit), Rule::AnyCaller))
            .add_service(Guarded::new(
                compressing!(reflection().build_v1()?, limit),
                Rule::AnyCaller,
            ))
            .add_service(Guarded::new(
                compressing!(reflection().build_v1alpha()?, limit),
                Rule::AnyCaller,
            )))
    })
}

/// Puts the layers of `peer` around services.
pub fn layered(peer: &Peer, services: Routes) -> LayeredRoutes {
    let layers = ServiceBuilder::new()
        .layer(CallLayer::new(peer.calls().clone(), only_watches))
        .layer(MetadataLayer)
        .layer(MessageLayer::new(peer.max_message_bytes()))
        .layer(ForwardLayer::new(Others(peer.network().cloned())));
    BoxCloneSyncService::new(layers.service(services.prepare()))
}

/// The peers a call can be passed on to.
#[derive(Debug, Clone)]
struct Others(Option<peers_network::Network>);

impl Directory for Others {
    type Dial = PeerDial;

    fn find(&self, name: &str) -> Result<PeerDial, Status> {
        let network = self.0.as_ref().ok_or_else(|| {
            Status::failed_precondition("this peer is alone: it was started without a network")
        })?;
        network.dial_to(name).map_err(|error| match error {
            NetworkError::Oneself => Status::invalid_argument(format!(
                "{error}: for a call to it, leave the peer (--peer, {PEER_KEY}) away"
            )),
            error => network::status(&error),
        })
    }
}

/// Calls that stay open to tell what changes. They have nothing to finish when the peer stops.
fn only_watches(path: &str) -> bool {
    matches!(
        path,
        "/parcero.v1.Peers/WatchAbout"
            | "/parcero.v1.Network/WatchPeers"
            | "/grpc.health.v1.Health/Watch"
            | "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
            | "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    )
}

#[cfg(test)]
mod tests {
    use http::Request;
    use prost_reflect::DescriptorPool;
    use tower::ServiceExt;

    use super::*;
    use crate::{
        network::{Membership, NetworkSettings},
        peer::Settings,
    };

    /// Every method of every service that a peer tells of, by path.
    fn every_method() -> Vec<String> {
        let sets = [
            contract::FILE_DESCRIPTOR_SET,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ];
        sets.into_iter()
            .flat_map(|set| {
                let pool = DescriptorPool::decode(set).unwrap();
                let methods = pool
                    .services()
                    .flat_map(|service| service.methods().collect::<Vec<_>>());
                let path = |method: prost_reflect::MethodDescriptor| {
                    format!("/{}/{}", method.parent_service().full_name(), method.name())
                };
                methods.map(path).collect::<Vec<_>>()
            })
            .collect()
    }

    // S22: what a peer is told by its flags, its environment and its file, no call changes.
    #[test]
    fn a_method_is_on_one_of_two_lists_and_neither_changes_how_a_peer_was_set_up() {
        // They ask, and leave everything as it is.
        const ASKING: [&str; 13] = [
            "/greet.Greeter/OnlyResponse",
            "/greet.Greeter/ServerStreaming",
            "/greet.Greeter/ClientStreaming",
            "/greet.Greeter/BidirectionalStreaming",
            "/parcero.v1.Network/Self",
            "/parcero.v1.Network/ListPeers",
            "/parcero.v1.Network/WatchPeers",
            "/parcero.v1.Network/InspectTicket",
            "/parcero.v1.Network/ListInvitations",
            "/parcero.v1.Network/Ping",
            "/parcero.v1.Network/Diagnose",
            "/parcero.v1.Peers/About",
            "/parcero.v1.Peers/WatchAbout",
        ];
        // They change whom a peer knows, and what those are to it: never where it listens, to which pages it opens, its
        // network, its secret, or a folder.
        const CHANGING: [&str; 11] = [
            "/parcero.v1.Network/AddFriend",
            "/parcero.v1.Network/AskFriend",
            "/parcero.v1.Network/AcceptFriend",
            "/parcero.v1.Network/DeclineFriend",
            "/parcero.v1.Network/RemoveFriend",
            "/parcero.v1.Network/NamePeer",
            "/parcero.v1.Network/BlockPeer",
            "/parcero.v1.Network/UnblockPeer",
            "/parcero.v1.Network/ForgetPeer",
            "/parcero.v1.Network/CreateInvitation",
            "/parcero.v1.Network/RevokeInvitation",
        ];
        let mut listed = [&ASKING[..], &CHANGING].concat();
        listed.sort_unstable();
        let mut methods: Vec<_> = contract::METHODS.iter().map(|method| method.path).collect();
        methods.sort_unstable();
        assert_eq!(methods, listed);
    }

    // S20: deny by default.
    /// Whoever adds a service has to say for whom it is.
    #[tokio::test]
    async fn no_service_answers_a_call_of_which_no_door_said_who_makes_it() {
        let folder = tempfile::tempdir().unwrap();
        let network = NetworkSettings {
            key: [1; 32],
            name: "alone".to_owned(),
            listen: "127.0.0.1:0".parse().unwrap(),
            database: folder.path().join("peer.db"),
            membership: Membership::default(),
            discovery: false,
            internet: None,
            friends: Vec::new(),
        };
        let network = peers_network::Network::start(network).await.unwrap();
        let settings = Settings {
            name: "alone".to_owned(),
            max_message_bytes: 1024,
        };
        let peer = Peer::new(settings, Some(network.clone()));
        let routes = services(&peer).await.unwrap().prepare();
        let status = async |path: &str| {
            let mut request = Request::new(Body::empty());
            *request.method_mut() = http::Method::POST;
            *request.uri_mut() = path.parse().unwrap();
            let answer = routes.clone().oneshot(request).await.unwrap();
            answer.headers()["grpc-status"].to_str().unwrap().to_owned()
        };
        let methods = every_method();
        assert!(methods.len() > 25, "{methods:?}");
        for path in methods {
            assert_eq!(status(&path).await, "16", "UNAUTHENTICATED: {path}");
        }
        assert_eq!(status("/no.Service/Method").await, "12", "UNIMPLEMENTED");
        network.shutdown().await;
    }
}
