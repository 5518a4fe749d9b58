//! The services, one implementation of one generated trait per file, and the layers around all of them.

mod greeter;
mod peers;

use tonic::{body::Body, codec::CompressionEncoding, service::Routes};
use tower::{ServiceBuilder, util::BoxCloneSyncService};

use contract::{greet::greeter_server::GreeterServer, parcero::v1::peers_server::PeersServer};

use crate::{
    access::{Guarded, Rule},
    layers::{CallLayer, MessageLayer, MetadataLayer},
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
    // tonic's own limit bounds what a compressed message may grow to; the length on the wire is `MessageLayer`'s.
    let limit = peer.max_message_bytes();
    let greeter = GreeterServer::new(greeter::Greeter::new(limit)).max_encoding_message_size(usize::MAX);
    let peers = PeersServer::new(peers::Peers::new(peer.clone()));

    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_serving::<GreeterServer<greeter::Greeter>>().await;
    reporter.set_serving::<PeersServer<peers::Peers>>().await;

    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(contract::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            // Each version would list itself alone.
            .include_reflection_service(false)
            .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)
    };

    Ok(
        Routes::new(Guarded::new(compressing!(greeter, limit), Rule::AnyCaller))
            .add_service(Guarded::new(compressing!(peers, limit), Rule::LocalOnly))
            .add_service(Guarded::new(compressing!(health, limit), Rule::AnyCaller))
            .add_service(Guarded::new(
                compressing!(reflection().build_v1()?, limit),
                Rule::AnyCaller,
            ))
            .add_service(Guarded::new(
                compressing!(reflection().build_v1alpha()?, limit),
                Rule::AnyCaller,
            )),
    )
}

/// Puts the layers of `peer` around services.
pub fn layered(peer: &Peer, services: Routes) -> LayeredRoutes {
    let layers = ServiceBuilder::new()
        .layer(CallLayer::new(peer.calls().clone(), only_watches))
        .layer(MetadataLayer)
        .layer(MessageLayer::new(peer.max_message_bytes()));
    BoxCloneSyncService::new(layers.service(services.prepare()))
}

/// Calls that stay open to tell what changes. They have nothing to finish when the peer stops.
fn only_watches(path: &str) -> bool {
    matches!(
        path,
        "/parcero.v1.Peers/WatchAbout"
            | "/grpc.health.v1.Health/Watch"
            | "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
            | "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    )
}
