//! A server that does with each socket what its path says, and little of it is right.

use std::net::SocketAddr;

use bridge::frame::{Frame, client};
use bytes::Bytes;
use contract::greet::HelloReply;
use futures_util::{SinkExt as _, StreamExt as _};
use http::StatusCode;
use prost::Message as _;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        protocol::CloseFrame,
    },
};

/// Serves until the set it gives is dropped.
pub(super) async fn start() -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut server = JoinSet::new();
    server.spawn(async move {
        let mut calls = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            calls.spawn(call(stream));
        }
    });
    (address, server)
}

#[expect(clippy::result_large_err, reason = "the library's own signature")]
async fn call(stream: TcpStream) {
    let mut path = String::new();
    let accepted = accept_hdr_async(stream, |request: &Request, mut response: Response| {
        path = request.uri().path().to_owned();
        if path == "/refused" {
            let mut refusal = ErrorResponse::new(None);
            *refusal.status_mut() = StatusCode::FORBIDDEN;
            return Err(refusal);
        }
        let chosen = "grpc-websockets".parse().unwrap();
        response.headers_mut().insert("sec-websocket-protocol", chosen);
        Ok(response)
    })
    .await;
    let Ok(mut socket) = accepted else { return };
    // All of the request first, so that what is lost is lost after it.
    let mut messages = 0;
    while let Some(Ok(message)) = socket.next().await {
        if message.into_data()[..] == [client::FINISH] {
            break;
        }
        messages += 1;
    }
    // A browser that has had enough of this is none of the server's business.
    let _ = behave(&path, messages, &mut socket).await;
}

async fn behave(
    path: &str,
    messages: usize,
    socket: &mut WebSocketStream<TcpStream>,
) -> tokio_tungstenite::tungstenite::Result<()> {
    let headers = || block("x-odd: yes\r\n");
    let say = |message: String| Frame::message(HelloReply { message }.encode_to_vec().into()).encode();
    let reply = || say("hello".into());
    let ok = || block("grpc-status: 0\r\n");
    match path {
        "/lost-midway" => {
            socket.send(Message::Binary(headers())).await?;
            socket.send(Message::Binary(reply())).await?;
        }
        "/leaving" => close(socket, 1001).await?,
        "/closed" => close(socket, 1000).await?,
        "/text" => {
            socket.send(Message::text("hello")).await?;
            drain(socket).await;
        }
        "/bad-details" => {
            let trailers = block("grpc-status: 3\r\ngrpc-status-details-bin: %%%\r\n");
            socket.send(Message::Binary(trailers)).await?;
            close(socket, 1000).await?;
        }
        // With the status told, it does not matter how the connection ends.
        "/own-status" => {
            let trailers = block("grpc-status: 5\r\ngrpc-message: gone\r\n");
            socket.send(Message::Binary(trailers)).await?;
        }
        "/no-headers" => {
            socket.send(Message::Binary(reply())).await?;
            socket.send(Message::Binary(ok())).await?;
            close(socket, 1000).await?;
        }
        "/never-closed" => {
            for message in [headers(), reply(), ok()] {
                socket.send(Message::Binary(message)).await?;
            }
            drain(socket).await;
        }
        "/how-many-messages" => {
            socket.send(Message::Binary(say(messages.to_string()))).await?;
            socket.send(Message::Binary(ok())).await?;
            close(socket, 1000).await?;
        }
        "/in-pieces" => {
            let all = [headers(), reply(), ok()].concat();
            for piece in all.chunks(3) {
                socket
                    .send(Message::Binary(Bytes::copy_from_slice(piece)))
                    .await?;
            }
            close(socket, 1000).await?;
        }
        // "/lost", and whatever else.
        _ => {}
    }
    Ok(())
}

fn block(block: &'static str) -> Bytes {
    Frame {
        flags: 0x80,
        payload: block.into(),
    }
    .encode()
}

async fn close(
    socket: &mut WebSocketStream<TcpStream>,
    code: u16,
) -> tokio_tungstenite::tungstenite::Result<()> {
    let frame = CloseFrame {
        code: code.into(),
        reason: "".into(),
    };
    socket.close(Some(frame)).await?;
    drain(socket).await;
    Ok(())
}

/// Reads until the client closes.
async fn drain(socket: &mut WebSocketStream<TcpStream>) {
    while let Some(Ok(_)) = socket.next().await {}
}
