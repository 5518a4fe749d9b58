//! A server on a free port, and a client that says exactly what it is told to.

use std::{net::SocketAddr, time::Duration};

use bridge::{
    frame::{Frame, PREFIX_LEN, client, header_block},
    server::{BridgeLayer, Sockets},
};
use bytes::Bytes;
use contract::greet::{HelloReply, HelloRequest};
use futures_util::{SinkExt, StreamExt};
use http::HeaderMap;
use prost::Message as _;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::AbortHandle,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Message, client::IntoClientRequest, protocol::CloseFrame},
};
use tower::ServiceBuilder;

use crate::greeter::{Seen, TestGreeter};

/// No test waits longer for anything that ought to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const BIDI: &str = "/greet.Greeter/BidirectionalStreaming";
pub(crate) const UNARY: &str = "/greet.Greeter/OnlyResponse";
pub(crate) const SERVER_STREAMING: &str = "/greet.Greeter/ServerStreaming";
pub(crate) const CLIENT_STREAMING: &str = "/greet.Greeter/ClientStreaming";

/// What both real clients always send.
pub(crate) const HEADERS: &str = "content-type: application/grpc-web+proto\r\nx-grpc-web: 1\r\n";

/// A bridge that notices within a moment what usually takes seconds.
pub(crate) fn hasty() -> BridgeLayer {
    BridgeLayer::new()
        .ping_interval(HASTY_PING)
        .handshake_timeout(Duration::from_millis(200))
        .closing_timeout(Duration::from_millis(200))
}

/// How often a [`hasty`] bridge pings.
pub(crate) const HASTY_PING: Duration = Duration::from_millis(100);

/// A tonic greeter behind the bridge; ends when dropped.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) sockets: Sockets,
    pub(crate) seen: watch::Receiver<Seen>,
    task: AbortHandle,
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(BridgeLayer::new()).await
    }

    pub(crate) async fn start_with(bridge: BridgeLayer) -> Self {
        let greeter = TestGreeter::default();
        let seen = greeter.seen.subscribe();
        let sockets = bridge.sockets();
        let app = ServiceBuilder::new()
            .layer(bridge)
            .layer(tonic_web::GrpcWebLayer::new())
            .service(tonic::service::Routes::new(greeter.service()));
        let (address, task) = serve(axum::Router::new().fallback_service(app)).await;
        Self {
            address,
            sockets,
            seen,
            task,
        }
    }

    pub(crate) async fn call(&self, path: &str) -> Client {
        Client::connect(self.address, path).await
    }

    /// Drops the server with its routes. Sockets that are open stay.
    pub(crate) async fn stop(&mut self) {
        self.task.abort();
        while !self.task.is_finished() {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until `what` holds for what the handlers have seen.
    pub(crate) async fn until(&mut self, what: impl FnMut(&Seen) -> bool) -> Seen {
        within(PATIENCE, self.seen.wait_for(what)).await.unwrap().clone()
    }
}

pub(crate) async fn serve(app: axum::Router) -> (SocketAddr, AbortHandle) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (address, task.abort_handle())
}

pub(crate) async fn within<F: Future>(limit: Duration, future: F) -> F::Output {
    match tokio::time::timeout(limit, future).await {
        Ok(output) => output,
        Err(_) => panic!("did not happen within {limit:?}"),
    }
}

/// What a client hears.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    /// A header block: headers first, trailers last.
    Block(HeaderMap),
    Reply(String),
    /// The code of the server's Close; none if it had no code.
    Close(Option<u16>),
    /// The connection ended without a Close.
    Lost,
}

/// A client that speaks WebSocket well and everything else as it is told.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<TcpStream>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr, path: &str) -> Self {
        Self::connect_with(address, path, |_| {}).await
    }

    pub(crate) async fn connect_with(
        address: SocketAddr,
        path: &str,
        change: impl FnOnce(&mut HeaderMap),
    ) -> Self {
        let (socket, response) = Self::try_connect(address, path, change).await.unwrap();
        let chosen = &response.headers()["sec-websocket-protocol"];
        assert!(chosen.to_str().unwrap().eq_ignore_ascii_case("grpc-websockets"));
        Self { socket }
    }

    pub(crate) async fn try_connect(
        address: SocketAddr,
        path: &str,
        change: impl FnOnce(&mut HeaderMap),
    ) -> tungstenite::Result<(
        WebSocketStream<TcpStream>,
        tungstenite::handshake::client::Response,
    )> {
        let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", "grpc-websockets".parse().unwrap());
        change(headers);
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        within(PATIENCE, tokio_tungstenite::client_async(request, stream)).await
    }

    pub(crate) async fn say(&mut self, message: Message) {
        within(PATIENCE, self.socket.send(message)).await.unwrap();
    }

    pub(crate) async fn say_bytes(&mut self, bytes: impl Into<Bytes>) {
        self.say(Message::Binary(bytes.into())).await;
    }

    pub(crate) async fn headers(&mut self) {
        self.say_bytes(HEADERS).await;
    }

    pub(crate) async fn hello(&mut self, name: &str) {
        self.say_bytes(client::data(&hello(name))).await;
    }

    pub(crate) async fn finish(&mut self) {
        self.say_bytes(vec![client::FINISH]).await;
    }

    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            return match within(PATIENCE, self.socket.next()).await {
                Some(Ok(Message::Binary(message))) => heard(&message),
                Some(Ok(Message::Close(frame))) => {
                    // Sends our answer to it; the server may be gone already.
                    let _ = self.socket.flush().await;
                    Heard::Close(frame.map(|CloseFrame { code, .. }| code.into()))
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(other)) => panic!("the server said {other:?}"),
                Some(Err(_)) | None => Heard::Lost,
            };
        }
    }

    /// All there is to hear until the end, the Close included.
    pub(crate) async fn hear_out(&mut self) -> Vec<Heard> {
        let mut all = Vec::new();
        loop {
            let heard = self.hear().await;
            let is_last = matches!(heard, Heard::Close(_) | Heard::Lost);
            all.push(heard);
            if is_last {
                return all;
            }
        }
    }

    /// Hears the call out and gives its status, its message, and the close code.
    pub(crate) async fn ending(&mut self) -> (u16, String, Option<u16>) {
        let mut all = self.hear_out().await;
        let Some(Heard::Close(code)) = all.pop() else {
            panic!("no Close after {all:?}")
        };
        let Some(Heard::Block(trailers)) = all.pop() else {
            panic!("no trailers after {all:?}")
        };
        let (status, message) = status(&trailers);
        (status, message, code)
    }
}

pub(crate) fn status(trailers: &HeaderMap) -> (u16, String) {
    let status = trailers["grpc-status"].to_str().unwrap().parse().unwrap();
    let message = trailers
        .get("grpc-message")
        .map_or("", |message| message.to_str().unwrap());
    (status, message.to_owned())
}

/// A frame that holds a request for `name`.
pub(crate) fn hello(name: &str) -> Bytes {
    let request = HelloRequest {
        name: name.to_owned(),
        greeting: "hi".to_owned(),
    };
    Frame::message(request.encode_to_vec().into()).encode()
}

/// What one message of the server says; it must hold exactly one frame.
fn heard(message: &Bytes) -> Heard {
    assert!(
        message.len() >= PREFIX_LEN,
        "a message shorter than a prefix: {message:?}"
    );
    let frame = Frame::from_encoded(message);
    assert_eq!(frame.encode(), message, "a message that is not exactly one frame");
    match frame.flags {
        0x80 => Heard::Block(header_block::parse(&frame.payload, usize::MAX).unwrap()),
        0x00 => Heard::Reply(HelloReply::decode(frame.payload).unwrap().message),
        flags => panic!("a frame with flags {flags:#x}"),
    }
}
