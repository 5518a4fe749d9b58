//! The ways a call can travel, as a client sees them: messages as bytes in, messages as bytes out.
//!
//! These clients share nothing with the code under measurement, so that both can be wrong only independently; but for
//! the one between peers, of which both ends are measured.

mod bridge;
mod frames;
mod native;
mod web;

use std::{borrow::Cow, net::SocketAddr};

use bytes::Bytes;
use futures_util::{StreamExt, stream, stream::BoxStream};
use parcero::{
    calls::{Caller, PEER_KEY},
    network::PeerDial,
};
use tonic::{Status, transport::Channel};

pub(crate) use bridge::connect;

use self::{bridge::Bridge, native::Native, web::Web};

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// gRPC over HTTP/2.
    Native,
    /// gRPC-Web over HTTP/1.1 with keep-alive.
    Web,
    /// gRPC-Web over a WebSocket.
    Bridge,
}

/// A call to be made: where to, and with which metadata.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call {
    /// `/package.Service/Method`
    pub(crate) path: &'static str,
    /// Metadata, `grpc-timeout` included.
    pub(crate) metadata: Vec<(&'static str, String)>,
}

impl Call {
    /// A call without metadata.
    pub(crate) fn to(path: &'static str) -> Self {
        Self {
            path,
            metadata: Vec::new(),
        }
    }

    /// The same call with one more metadata row.
    pub(crate) fn with(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.metadata.push((name, value.to_string()));
        self
    }
}

/// The messages a caller sends. The stream's end finishes sending.
pub(crate) type Requests = BoxStream<'static, Bytes>;

/// One message and no more.
pub(crate) fn once(message: Bytes) -> Requests {
    stream::iter([message]).boxed()
}

/// A client at the beginning of one of the ways.
pub(crate) struct Road {
    client: Client,
    /// The peer to which the one at the end of this way passes the calls on.
    far: Option<String>,
}

enum Client {
    /// See [`Way::Native`]. Clones share one connection.
    Native(Native<Channel>),
    /// See [`Way::Web`].
    Web(Web),
    /// See [`Way::Bridge`].
    Bridge(Bridge),
    /// A call a QUIC stream, from a peer of our own. Clones share one connection.
    Peer(Native<Caller<PeerDial>>),
}

impl Road {
    /// A client of the server at `address`, connected as far as this way connects before its first call.
    pub(crate) async fn connect(way: Way, address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self::of(match way {
            Way::Native => Client::Native(Native::connect(address).await?),
            Way::Web => Client::Web(Web::connect(address).await?),
            Way::Bridge => Client::Bridge(Bridge::new(address)),
        }))
    }

    /// Native gRPC by TLS, to the server that has this certificate.
    pub(crate) async fn connect_tls(address: SocketAddr, certificate: &str) -> anyhow::Result<Self> {
        let native = Native::connect_tls(address, certificate).await?;
        Ok(Self::of(Client::Native(native)))
    }

    /// From a peer to another one.
    pub(crate) fn between_peers(peer: PeerDial) -> Self {
        Self::of(Client::Peer(Native::new(Caller::new(peer))))
    }

    /// The same way, and from the peer at its end on to another one.
    pub(crate) fn on_to(self, far: &str) -> Self {
        Self {
            far: Some(far.to_owned()),
            ..self
        }
    }

    fn of(client: Client) -> Self {
        Self { client, far: None }
    }

    /// Whether one request message is all that it carries.
    pub(crate) fn is_web(&self) -> bool {
        matches!(self.client, Client::Web(_))
    }

    /// Another client of the same server: on the same connection where calls can share one, else on its own.
    pub(crate) async fn another(&self) -> anyhow::Result<Self> {
        Ok(Self {
            client: match &self.client {
                Client::Native(native) => Client::Native(native.clone()),
                Client::Web(web) => Client::Web(Web::connect(web.address()).await?),
                Client::Bridge(bridge) => Client::Bridge(bridge.clone()),
                Client::Peer(peer) => Client::Peer(peer.clone()),
            },
            far: self.far.clone(),
        })
    }

    /// One message there, one back.
    pub(crate) async fn unary(&mut self, call: &Call, message: Bytes) -> Result<Bytes, Status> {
        let call = &*on(call, self.far.as_ref());
        match &mut self.client {
            Client::Native(native) => native.unary(call, message).await,
            Client::Peer(peer) => peer.unary(call, message).await,
            Client::Web(web) => web.unary(call, message).await,
            Client::Bridge(bridge) => {
                let mut answers = bridge.open(call, once(message)).await?;
                let answer = answers.next().await?;
                answers.end().await?;
                answer.ok_or_else(|| Status::internal("the call ended without an answer"))
            }
        }
    }

    /// Begins a call of any kind. gRPC-Web over HTTP/1.1 takes one request message, no more.
    pub(crate) async fn open(&mut self, call: &Call, requests: Requests) -> Result<Answers, Status> {
        let call = &*on(call, self.far.as_ref());
        match &mut self.client {
            Client::Native(native) => Ok(Answers::Native(native.open(call, requests))),
            Client::Peer(peer) => Ok(Answers::Native(peer.open(call, requests))),
            Client::Web(web) => Ok(Answers::Web(web.open(call, requests).await?)),
            Client::Bridge(bridge) => Ok(Answers::Bridge(Box::new(bridge.open(call, requests).await?))),
        }
    }
}

/// The call, passed on to a far peer if there is one.
fn on<'call>(call: &'call Call, far: Option<&String>) -> Cow<'call, Call> {
    match far {
        None => Cow::Borrowed(call),
        Some(far) => Cow::Owned(call.clone().with(PEER_KEY, far)),
    }
}

/// The answers to a call. Dropping them gives the call up.
pub(crate) enum Answers {
    /// Over HTTP/2.
    Native(native::Answers),
    /// Over HTTP/1.1.
    Web(web::Answers),
    /// Over a WebSocket.
    Bridge(Box<bridge::Answers>),
}

impl Answers {
    /// The next answer; nothing at an end with status OK.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        match self {
            Self::Native(answers) => answers.next().await,
            Self::Web(answers) => answers.next().await,
            Self::Bridge(answers) => answers.next().await,
        }
    }
}

/// The status in a block of trailers.
fn status_of(trailers: &http::HeaderMap) -> Result<(), Status> {
    match Status::from_header_map(trailers) {
        Some(status) if status.code() == tonic::Code::Ok => Ok(()),
        Some(status) => Err(status),
        None => Err(Status::unknown("the call ended without a status")),
    }
}

/// The connection broke, or the server said what it must not say.
fn broken(why: impl std::fmt::Display) -> Status {
    Status::unavailable(format!("the connection broke: {why}"))
}
