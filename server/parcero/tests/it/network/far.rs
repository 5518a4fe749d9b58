//! A peer in this process, with a service of the tests, which a peer in a process of its own passes calls on to.

use std::sync::Arc;

use contract::greet::greeter_client::GreeterClient;
use parcero::{
    access::{Pass, Standing},
    calls, grpc,
    network::{Membership, Network, NetworkSettings},
    peer::{Peer, Settings},
};
use tempfile::TempDir;
use tonic::{
    Request, Status,
    service::{Routes, interceptor::InterceptedService},
    transport::Channel,
};

use crate::support::{
    TestPeer, data_dir,
    probe::{Probe, server},
};

/// The metadata key that says whom a call is for.
pub(crate) const PEER_KEY: &str = "parcero-peer";
/// What both ends take: the largest message of the tests has 4 MiB, and some bytes more.
const MAX_MESSAGE_BYTES: usize = 16 << 20;

/// It ends with its value.
pub(crate) struct Far {
    network: Network,
    _folder: TempDir,
}

type Naming = Box<dyn FnMut(Request<()>) -> Result<Request<()>, Status> + Send>;
type Forwarded = InterceptedService<Channel, Naming>;

impl Far {
    pub(crate) async fn with(probe: Probe) -> Self {
        let folder = data_dir();
        let network = Network::start(NetworkSettings {
            key: rand::random(),
            name: "far".to_owned(),
            listen: "127.0.0.1:0".parse().unwrap(),
            database: folder.path().join("peer.db"),
            membership: Membership::new(String::new(), None),
            discovery: false,
            internet: None,
            friends: Vec::new(),
        })
        .await
        .unwrap();
        let settings = Settings {
            name: "far".to_owned(),
            max_message_bytes: MAX_MESSAGE_BYTES,
        };
        let peer = Peer::new(settings, Some(network.clone()));
        let routes = Arc::new(grpc::layered(&peer, Routes::new(server(probe))));
        network.serve(move |connection, _| {
            let (id, routes) = (connection.remote_id(), routes.as_ref().clone());
            let enter = move || {
                Ok(calls::Entered {
                    extensions: Pass::new(id, Standing::Stranger).extensions(),
                    held: Arc::new(()),
                })
            };
            calls::serve(connection, routes, enter)
        });
        Self {
            network,
            _folder: folder,
        }
    }

    /// A peer that passes calls on to this one.
    pub(crate) async fn near(&self) -> TestPeer {
        let near = TestPeer::start(&["--max-message-bytes", &MAX_MESSAGE_BYTES.to_string()]);
        near.add(&self.network.ticket(None).to_string()).await;
        near
    }

    pub(crate) fn id(&self) -> String {
        self.network.id().to_string()
    }

    /// The generated client of the probe, by way of `near`.
    pub(crate) async fn greeter(&self, near: &TestPeer) -> GreeterClient<Forwarded> {
        let id = self.id();
        let naming: Naming = Box::new(move |mut request| {
            request.metadata_mut().insert(PEER_KEY, id.parse().unwrap());
            Ok(request)
        });
        GreeterClient::with_interceptor(near.channel().await, naming)
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        self.network.close();
    }
}
