//! The roads a call can take, spoken byte by byte: one interface, so that one table of cases runs over all of them.

use std::{future::Future, io, net::SocketAddr, pin::Pin};

use bytes::Bytes;
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, sync::mpsc, task::JoinHandle};
use tokio_stream::wrappers::ReceiverStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, client::IntoClientRequest, protocol::Message as SocketMessage},
};
use tonic::Code;

use super::{
    TestPeer, connected,
    figures::soon,
    wire::{WireFrame, framed, header_block, percent_decoded, take_frame, take_text, text},
};

/// A way to make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Road {
    /// gRPC over HTTP/2.
    Native,
    /// gRPC-Web, binary, over HTTP/1.1.
    Web1,
    /// gRPC-Web, binary, over HTTP/2.
    Web2,
    /// gRPC-Web, text, over HTTP/1.1.
    Text1,
    /// gRPC-Web, text, over HTTP/2.
    Text2,
    /// gRPC-Web carried by a WebSocket.
    Bridge,
    /// gRPC over HTTP/2 to another peer, which passes it on over QUIC.
    NativeFar,
    /// The same of gRPC-Web, binary, over HTTP/2.
    Web2Far,
    /// The same of gRPC-Web, text, over HTTP/1.1.
    Text1Far,
    /// The same of gRPC-Web carried by a WebSocket.
    BridgeFar,
}

impl Road {
    pub(crate) const ALL: [Road; 10] = [
        Road::Native,
        Road::Web1,
        Road::Web2,
        Road::Text1,
        Road::Text2,
        Road::Bridge,
        Road::NativeFar,
        Road::Web2Far,
        Road::Text1Far,
        Road::BridgeFar,
    ];
    /// One of each kind, for tests that take long.
    pub(crate) const KINDS: [Road; 4] = [Road::Native, Road::Web1, Road::Bridge, Road::NativeFar];
    /// Those that carry messages both ways at once.
    pub(crate) const LIVE: [Road; 4] = [Road::Native, Road::Bridge, Road::NativeFar, Road::BridgeFar];

    /// The road to the first peer on the way.
    pub(crate) fn first(self) -> Road {
        match self {
            Road::NativeFar => Road::Native,
            Road::Web2Far => Road::Web2,
            Road::Text1Far => Road::Text1,
            Road::BridgeFar => Road::Bridge,
            Road::Native | Road::Web1 | Road::Web2 | Road::Text1 | Road::Text2 | Road::Bridge => self,
        }
    }

    /// Whether another peer passes the call on.
    pub(crate) fn is_far(self) -> bool {
        self.first() != self
    }

    fn content_type(self) -> &'static str {
        match self {
            Road::Native | Road::NativeFar => "application/grpc",
            Road::Web1 | Road::Web2 | Road::Web2Far | Road::Bridge | Road::BridgeFar => {
                "application/grpc-web+proto"
            }
            Road::Text1 | Road::Text2 | Road::Text1Far => "application/grpc-web-text+proto",
        }
    }

    fn is_text(self) -> bool {
        matches!(self, Road::Text1 | Road::Text2 | Road::Text1Far)
    }
}

/// What a call asks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ask {
    pub(crate) path: String,
    pub(crate) metadata: Vec<(String, String)>,
}

impl Ask {
    /// A method of `greet.Greeter`.
    pub(crate) fn greeter(method: &str) -> Self {
        Self::path(&format!("/greet.Greeter/{method}"))
    }

    pub(crate) fn path(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            metadata: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.metadata.push((key.to_owned(), value.to_owned()));
        self
    }
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) messages: Vec<Bytes>,
    pub(crate) trailers: HeaderMap,
    pub(crate) code: Code,
    pub(crate) status: String,
}

/// Makes one call on a connection of its own, sends everything at once, and reads the answer to its end.
pub(crate) async fn call(peer: &TestPeer, road: Road, ask: &Ask, messages: &[Vec<u8>]) -> Answer {
    let mut line = Line::connect(peer, road).await;
    line.call(ask, messages).await
}

/// A connection that speaks a road. Dropping it drops the connection.
pub(crate) struct Line {
    road: Road,
    /// The peer that is called, where another one passes the call on.
    far: Option<String>,
    host: String,
    address: SocketAddr,
    http: Option<(Http, Task)>,
}

enum Http {
    One(http1::SendRequest<Body>),
    Two(http2::SendRequest<Body>),
}

type Body = StreamBody<ReceiverStream<Result<Frame<Bytes>, io::Error>>>;

impl Line {
    pub(crate) async fn connect(peer: &TestPeer, road: Road) -> Self {
        let (first, far) = match road.is_far() {
            true => (peer.friend().await, Some(peer.key().await)),
            false => (peer, None),
        };
        let address = first.address();
        let stream = || async { TokioIo::new(connected(address).await) };
        let http = match road.first() {
            Road::Web1 | Road::Text1 => {
                let (sender, connection) = http1::handshake(stream().await).await.unwrap();
                Some((Http::One(sender), Task::spawn(connection)))
            }
            Road::Native | Road::Web2 | Road::Text2 => {
                let (sender, connection) = http2::Builder::new(TokioExecutor::new())
                    .handshake(stream().await)
                    .await
                    .unwrap();
                Some((Http::Two(sender), Task::spawn(connection)))
            }
            // One socket is one call.
            Road::Bridge | Road::NativeFar | Road::Web2Far | Road::Text1Far | Road::BridgeFar => None,
        };
        Self {
            road,
            far,
            host: first.host(),
            address,
            http,
        }
    }

    pub(crate) async fn call(&mut self, ask: &Ask, messages: &[Vec<u8>]) -> Answer {
        let (mut asker, answers) = self.open(ask).await;
        let send = async {
            for message in messages {
                if !asker.send(message).await {
                    break;
                }
            }
            asker.finish().await;
            asker
        };
        // Both at once: an answer may come before everything is sent.
        let (asker, answer) = tokio::join!(send, answers.whole());
        drop(asker);
        answer
    }

    /// Starts a call. Dropping both halves cancels it.
    pub(crate) async fn open(&mut self, ask: &Ask) -> (Asker, Answers) {
        let mut ask = ask.clone();
        if let Some(far) = &self.far {
            ask.metadata.push(("parcero-peer".to_owned(), far.clone()));
        }
        let ask = &ask;
        match &mut self.http {
            None => self.open_socket(ask).await,
            Some((http, _)) => {
                let (sender, receiver) = mpsc::channel(1);
                let mut request = Request::post(&ask.path).header("content-type", self.road.content_type());
                if self.road.first() == Road::Native {
                    request = request.header("te", "trailers");
                } else {
                    request = request
                        .header("accept", self.road.content_type())
                        .header("x-grpc-web", "1")
                        .header("origin", format!("http://{}", self.host));
                }
                for (key, value) in &ask.metadata {
                    request = request.header(key, value);
                }
                let body = StreamBody::new(ReceiverStream::new(receiver));
                let response: Pin<Box<dyn Future<Output = _> + Send>> = match http {
                    Http::One(http) => {
                        let request = request.header("host", &self.host).body(body).unwrap();
                        http.ready().await.unwrap();
                        Box::pin(http.send_request(request))
                    }
                    Http::Two(http) => {
                        let uri = format!("http://{}{}", self.host, ask.path);
                        let request = request.uri(uri).body(body).unwrap();
                        http.ready().await.unwrap();
                        Box::pin(http.send_request(request))
                    }
                };
                let answers = Answers {
                    road: self.road,
                    source: Source::Waiting(response),
                    text: Vec::new(),
                    buffer: Vec::new(),
                    headers: None,
                    is_over: false,
                    close_code: None,
                };
                let asker = Asker {
                    road: self.road,
                    sink: Sink::Http(Some(sender)),
                };
                (asker, answers)
            }
        }
    }

    async fn open_socket(&self, ask: &Ask) -> (Asker, Answers) {
        let url = format!("ws://{}{}", self.host, ask.path);
        let mut request = url.into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", "grpc-websockets".parse().unwrap());
        headers.insert("origin", format!("http://{}", self.host).parse().unwrap());
        let stream = connected(self.address).await;
        let (socket, response) = tokio_tungstenite::client_async(request, stream).await.unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], "grpc-websockets");
        let (mut sink, stream) = socket.split();
        let mut block = String::from("content-type: application/grpc-web+proto\r\nx-grpc-web: 1\r\n");
        for (key, value) in &ask.metadata {
            block += &format!("{key}: {value}\r\n");
        }
        sink.send(SocketMessage::binary(block.into_bytes()))
            .await
            .unwrap();
        let asker = Asker {
            road: self.road,
            sink: Sink::Socket(sink),
        };
        let answers = Answers {
            road: self.road,
            source: Source::Socket(stream),
            text: Vec::new(),
            buffer: Vec::new(),
            headers: None,
            is_over: false,
            close_code: None,
        };
        (asker, answers)
    }
}

/// The half that sends.
pub(crate) struct Asker {
    road: Road,
    sink: Sink,
}

enum Sink {
    Http(Option<mpsc::Sender<Result<Frame<Bytes>, io::Error>>>),
    Socket(SplitSink<WebSocketStream<TcpStream>, SocketMessage>),
}

impl Asker {
    /// Sends a message; false where nobody takes it any more.
    pub(crate) async fn send(&mut self, message: &[u8]) -> bool {
        self.send_bytes(framed(0, message)).await
    }

    /// Sends bytes as they are, as one piece.
    pub(crate) async fn send_bytes(&mut self, bytes: Vec<u8>) -> bool {
        match &mut self.sink {
            Sink::Http(sender) => {
                let bytes = if self.road.is_text() { text(&bytes) } else { bytes };
                let sender = sender.as_ref().expect("the call is not finished yet");
                sender.send(Ok(Frame::data(bytes.into()))).await.is_ok()
            }
            Sink::Socket(sink) => {
                let message = [&[0], bytes.as_slice()].concat();
                sink.send(SocketMessage::binary(message)).await.is_ok()
            }
        }
    }

    /// Breaks off, as a caller does that dies: what it has sent is not all.
    pub(crate) async fn break_off(self) {
        match self.sink {
            Sink::Http(sender) => {
                let sender = sender.expect("the call is not finished yet");
                // The other end may have answered already.
                let _ = sender.send(Err(io::ErrorKind::BrokenPipe.into())).await;
            }
            // With the answers, the socket goes.
            Sink::Socket(sink) => drop(sink),
        }
    }

    /// Says that this was all.
    pub(crate) async fn finish(&mut self) {
        match &mut self.sink {
            Sink::Http(sender) => drop(sender.take()),
            // The other end may have answered and closed already.
            Sink::Socket(sink) => drop(sink.send(SocketMessage::binary(vec![1])).await),
        }
    }
}

/// Something that came.
#[derive(Debug)]
pub(crate) enum Event {
    Headers(HeaderMap),
    Message(WireFrame),
    Trailers(HeaderMap),
    /// The connection or the call broke off without a status.
    Broken(String),
}

/// The half that receives.
pub(crate) struct Answers {
    road: Road,
    source: Source,
    text: Vec<u8>,
    buffer: Vec<u8>,
    headers: Option<HeaderMap>,
    is_over: bool,
    /// How the socket closed, once it did.
    pub(crate) close_code: Option<u16>,
}

enum Source {
    Waiting(Pin<Box<dyn Future<Output = hyper::Result<Response<Incoming>>> + Send>>),
    Http(Incoming),
    Socket(SplitStream<WebSocketStream<TcpStream>>),
}

enum Piece {
    Bytes(Bytes),
    Event(Event),
    End,
}

impl Answers {
    /// What comes next; `None` after the end.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(frame) = take_frame(&mut self.buffer) {
                return Some(self.event(frame));
            }
            match self.piece().await {
                Piece::Bytes(bytes) if self.road.is_text() => {
                    self.text.extend(bytes);
                    let decoded = take_text(&mut self.text);
                    self.buffer.extend(decoded);
                }
                Piece::Bytes(bytes) => self.buffer.extend(bytes),
                Piece::Event(event) => {
                    self.is_over |= !matches!(event, Event::Headers(_));
                    return Some(event);
                }
                Piece::End if self.is_over => {
                    assert!(self.buffer.is_empty(), "something came after the end");
                    return None;
                }
                Piece::End => {
                    self.is_over = true;
                    // An answer of headers only has its status there.
                    return Some(match self.headers.clone() {
                        Some(headers) if headers.contains_key("grpc-status") => Event::Trailers(headers),
                        _ => Event::Broken(format!("no status; close code {:?}", self.close_code)),
                    });
                }
            }
        }
    }

    /// The next message.
    #[track_caller]
    pub(crate) fn message(&mut self) -> impl Future<Output = Bytes> {
        let caller = std::panic::Location::caller();
        async move {
            loop {
                match soon(self.next()).await {
                    Some(Event::Headers(_)) => {}
                    Some(Event::Message(frame)) => return frame.message,
                    other => panic!("{caller}: no message but {other:?}"),
                }
            }
        }
    }

    /// Everything up to the end.
    #[track_caller]
    pub(crate) fn whole(mut self) -> impl Future<Output = Answer> {
        let caller = std::panic::Location::caller();
        async move {
            let mut answer = Answer {
                headers: HeaderMap::new(),
                messages: Vec::new(),
                trailers: HeaderMap::new(),
                code: Code::Ok,
                status: String::new(),
            };
            while let Some(event) = soon(self.next()).await {
                match event {
                    Event::Headers(headers) => answer.headers = headers,
                    Event::Message(frame) => {
                        assert_eq!(frame.flags, 0, "{caller}: a compressed message");
                        answer.messages.push(frame.message);
                    }
                    Event::Trailers(trailers) => {
                        let code = trailers["grpc-status"].to_str().unwrap();
                        answer.code = Code::from_i32(code.parse().unwrap());
                        answer.status = trailers
                            .get("grpc-message")
                            .map_or_else(String::new, |text| percent_decoded(text.to_str().unwrap()));
                        answer.trailers = trailers;
                    }
                    Event::Broken(why) => panic!("{caller}: {:?}: {why}; so far {answer:?}", self.road),
                }
            }
            if self.road.first() == Road::Bridge {
                assert_eq!(
                    self.close_code,
                    Some(1000),
                    "{caller}: the socket closes in good order"
                );
            }
            answer
        }
    }

    fn event(&mut self, frame: WireFrame) -> Event {
        assert!(!self.is_over, "{frame:?} came after the trailers");
        if frame.flags & 0x80 == 0 {
            assert!(self.headers.is_some(), "a message came before the headers");
            return Event::Message(frame);
        }
        let block = header_block(&frame.message);
        if self.headers.is_some() || block.contains_key("grpc-status") {
            self.is_over = true;
            Event::Trailers(block)
        } else {
            self.headers = Some(block.clone());
            Event::Headers(block)
        }
    }

    async fn piece(&mut self) -> Piece {
        match &mut self.source {
            Source::Waiting(response) => match response.await {
                Err(error) => Piece::Event(Event::Broken(format!("{error:?}"))),
                Ok(response) => {
                    let (parts, body) = response.into_parts();
                    self.source = Source::Http(body);
                    if parts.status != 200 {
                        return Piece::Event(Event::Broken(format!("HTTP status {}", parts.status)));
                    }
                    let content_type = parts.headers["content-type"].to_str().unwrap();
                    assert_eq!(content_type, self.road.content_type());
                    self.headers = Some(parts.headers.clone());
                    Piece::Event(Event::Headers(parts.headers))
                }
            },
            Source::Http(body) => match body.frame().await {
                None => Piece::End,
                Some(Err(error)) => Piece::Event(Event::Broken(format!("{error:?}"))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => Piece::Bytes(data),
                    Err(frame) => {
                        assert_eq!(
                            self.road.first(),
                            Road::Native,
                            "HTTP trailers are for native gRPC alone"
                        );
                        Piece::Event(Event::Trailers(frame.into_trailers().unwrap()))
                    }
                },
            },
            Source::Socket(socket) => match socket.next().await {
                Some(Ok(SocketMessage::Binary(bytes))) => Piece::Bytes(bytes),
                Some(Ok(SocketMessage::Close(frame))) => {
                    self.close_code = Some(frame.map_or(1005, |frame| frame.code.into()));
                    Piece::Bytes(Bytes::new())
                }
                Some(Ok(SocketMessage::Ping(_) | SocketMessage::Pong(_))) => Piece::Bytes(Bytes::new()),
                Some(Ok(other)) => panic!("the bridge sent {other:?}"),
                None | Some(Err(tungstenite::Error::ConnectionClosed)) => Piece::End,
                Some(Err(error)) => Piece::Event(Event::Broken(format!("{error:?}"))),
            },
        }
    }
}

/// A task that ends with its handle.
pub(crate) struct Task(JoinHandle<()>);

impl Task {
    pub(crate) fn spawn(future: impl Future<Output = impl Send> + Send + 'static) -> Self {
        Self(tokio::spawn(async move {
            drop(future.await);
        }))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
