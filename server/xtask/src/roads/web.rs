//! gRPC-Web over HTTP/1.1, one connection kept alive from call to call.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};
use tonic::Status;

use super::{
    Call, Requests, broken,
    frames::{self, Frames, HEADERS},
    status_of,
};

/// A client with one HTTP/1.1 connection.
pub(crate) struct Web {
    address: SocketAddr,
    connection: Option<Connection>,
}

/// The connection, and the task that drives it.
struct Connection {
    requests: SendRequest<Full<Bytes>>,
    _driver: JoinSet<()>,
}

impl Web {
    /// Connects.
    pub(super) async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let connection = Some(Connection::new(address).await?);
        Ok(Self { address, connection })
    }

    /// Where the server is.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// One message there, one back. Keeps the connection for the next call.
    pub(super) async fn unary(&mut self, call: &Call, message: Bytes) -> Result<Bytes, Status> {
        let mut answers = self.begin(call, &message).await?;
        let answer = answers.next().await?;
        while answers.next().await?.is_some() {}
        self.connection = answers.connection.take();
        answer.ok_or_else(|| Status::internal("the call ended without an answer"))
    }

    /// Begins a call; its connection ends with it.
    pub(super) async fn open(&mut self, call: &Call, mut requests: Requests) -> Result<Answers, Status> {
        let message = requests.next().await.unwrap_or_default();
        self.begin(call, &message).await
    }

    async fn begin(&mut self, call: &Call, message: &[u8]) -> Result<Answers, Status> {
        let mut connection = match self
            .connection
            .take()
            .filter(|connection| !connection.requests.is_closed())
        {
            Some(connection) => connection,
            None => Connection::new(self.address).await.map_err(broken)?,
        };
        let mut body = BytesMut::with_capacity(5 + message.len());
        frames::put(&mut body, message);
        let mut request = Request::post(call.path)
            .header(header::HOST, self.address.to_string())
            .header(header::CONTENT_TYPE, "application/grpc-web+proto")
            .header("x-grpc-web", "1");
        for (name, value) in &call.metadata {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(body.freeze())).map_err(broken)?;
        connection.requests.ready().await.map_err(broken)?;
        let response = connection.requests.send_request(request).await.map_err(broken)?;
        Answers::new(response, connection)
    }
}

impl Connection {
    async fn new(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (requests, connection) = handshake(TokioIo::new(stream)).await?;
        let mut driver = JoinSet::new();
        driver.spawn(async {
            // Whoever waits for an answer hears the error.
            let _ = connection.await;
        });
        Ok(Self {
            requests,
            _driver: driver,
        })
    }
}

/// The answers to a call over HTTP/1.1.
pub(crate) struct Answers {
    body: Incoming,
    frames: Frames,
    /// Set once the trailers have come.
    status: Option<Result<(), Status>>,
    connection: Option<Connection>,
}

impl Answers {
    fn new(response: Response<Incoming>, connection: Connection) -> Result<Self, Status> {
        if response.status() != StatusCode::OK {
            return Err(broken(format_args!("HTTP status {}", response.status())));
        }
        let status = response
            .headers()
            .contains_key("grpc-status")
            .then(|| status_of(response.headers()));
        Ok(Self {
            body: response.into_body(),
            frames: Frames::default(),
            status,
            connection: Some(connection),
        })
    }

    /// See [`super::Answers::next`].
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        loop {
            while let Some((flags, payload)) = self.frames.next() {
                if self.status.is_some() {
                    return Err(broken("a frame came after the trailers"));
                }
                if flags & HEADERS == 0 {
                    return Ok(Some(payload));
                }
                self.status = Some(status_of(&frames::headers(&payload)));
            }
            match self.body.frame().await {
                Some(frame) => {
                    if let Ok(data) = frame.map_err(broken)?.into_data() {
                        self.frames.push(data);
                    }
                }
                None if !self.frames.is_empty() => return Err(broken("the last frame is not whole")),
                None => {
                    return match &self.status {
                        Some(status) => status.clone().map(|()| None),
                        None => Err(broken("there were no trailers")),
                    };
                }
            }
        }
    }
}
