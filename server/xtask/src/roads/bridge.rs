//! gRPC-Web over a WebSocket, subprotocol `grpc-websockets`: one socket, one call.

use std::{
    future::poll_fn,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::{Sink, Stream};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue, protocol::WebSocketConfig},
};
use tonic::Status;

use super::{
    Call, Requests, broken,
    frames::{self, Frames, HEADERS},
    status_of,
};

/// The client's own memory is not measured, but ten thousand sockets must fit into it.
const READ_BUFFER: usize = 16 * 1024;

/// A client that opens a socket for every call.
#[derive(Debug, Clone)]
pub(crate) struct Bridge {
    address: SocketAddr,
}

impl Bridge {
    /// A client of the server at `address`.
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address }
    }

    /// Opens a socket, and begins a call on it.
    pub(super) async fn open(&self, call: &Call, requests: Requests) -> Result<Answers, Status> {
        let mut socket = connect(self.address, call.path).await.map_err(broken)?;
        let mut head = BytesMut::new();
        for (name, value) in &call.metadata {
            head.put_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        head.put_slice(b"content-type: application/grpc-web+proto\r\nx-grpc-web: 1\r\n");
        poll_fn(|cx| Pin::new(&mut socket).poll_ready(cx))
            .await
            .map_err(broken)?;
        // Goes out with the first message, as a browser's own buffer would have it.
        Pin::new(&mut socket)
            .start_send(Message::Binary(head.freeze()))
            .map_err(broken)?;
        Ok(Answers {
            socket,
            requests: Some(requests),
            frames: Frames::default(),
            headers_came: false,
            status: None,
            unsent: true,
        })
    }
}

/// Opens a socket at this path.
pub(crate) async fn connect(address: SocketAddr, path: &str) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut request = format!("ws://{address}{path}").into_client_request()?;
    request.headers_mut().insert(
        "sec-websocket-protocol",
        HeaderValue::from_static("grpc-websockets"),
    );
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    Ok(socket)
}

/// The answers to a call over a socket. Asking for them sends what there is to send.
pub(crate) struct Answers {
    socket: WebSocketStream<TcpStream>,
    /// Gone once sending is finished.
    requests: Option<Requests>,
    frames: Frames,
    headers_came: bool,
    /// Set once the trailers have come.
    status: Option<Result<(), Status>>,
    /// Whether something was written that has not left yet.
    unsent: bool,
}

impl Answers {
    /// See [`super::Answers::next`].
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Waits for the end, which must come now, and for the close handshake.
    pub(super) async fn end(&mut self) -> Result<(), Status> {
        match self.next().await? {
            None => Ok(()),
            Some(_) => Err(broken("an answer too many")),
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        if let Poll::Ready(Err(_)) = self.poll_send(cx) {
            // The server has ended the call, or is gone: reading tells which.
            self.requests = None;
            self.unsent = false;
        }
        loop {
            while let Some((flags, payload)) = self.frames.next() {
                if self.status.is_some() {
                    return Poll::Ready(Err(broken("a frame came after the trailers")));
                }
                if flags & HEADERS == 0 {
                    return Poll::Ready(Ok(Some(payload)));
                }
                let block = frames::headers(&payload);
                if self.headers_came || block.contains_key("grpc-status") {
                    self.status = Some(status_of(&block));
                }
                self.headers_came = true;
            }
            match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                Some(Ok(Message::Binary(bytes))) => self.frames.push(bytes),
                // The library answers pings and the server's close.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Text(_))) => return Poll::Ready(Err(broken("a text message came"))),
                Some(Err(error)) => return Poll::Ready(Err(broken(error))),
                None => {
                    return Poll::Ready(match &self.status {
                        Some(status) => status.clone().map(|()| None),
                        None => Err(broken("the socket closed before the trailers came")),
                    });
                }
            }
        }
    }

    /// Sends what there is to send. Ready when sending is finished and everything has left.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        while let Some(requests) = &mut self.requests {
            ready!(Pin::new(&mut self.socket).poll_ready(cx)).map_err(broken)?;
            let message = match Pin::new(requests).poll_next(cx) {
                Poll::Ready(Some(message)) => {
                    let mut bytes = BytesMut::with_capacity(6 + message.len());
                    bytes.put_u8(0);
                    frames::put(&mut bytes, &message);
                    bytes.freeze()
                }
                Poll::Ready(None) => {
                    self.requests = None;
                    Bytes::from_static(&[1])
                }
                Poll::Pending => break,
            };
            self.unsent = true;
            Pin::new(&mut self.socket)
                .start_send(Message::Binary(message))
                .map_err(broken)?;
        }
        if self.unsent {
            ready!(Pin::new(&mut self.socket).poll_flush(cx)).map_err(broken)?;
            self.unsent = false;
        }
        Poll::Ready(Ok(()))
    }
}
