//! Callers who leave without a word, do not listen, or speak nonsense.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, ensure};
use bytes::Bytes;
use contract::greet::HelloRequest;
use fastrand::Rng;
use futures_util::{SinkExt, StreamExt, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

use super::hello::{BIDI, CLIENT_STREAMING, ONLY_RESPONSE, SERVER_STREAMING, encoded};
use crate::roads::{Call, Road, connect, once};

/// How long a peer may take to end what cannot go on: a head that does not come whole is waited for, 10 s.
const END_TIME: Duration = Duration::from_secs(20);

/// Begins a call and gives it up in the middle.
pub(super) async fn give_up(mut road: Road, choices: &mut Rng) -> anyhow::Result<()> {
    let request = encoded(&HelloRequest::default());
    let endless = Call::to(SERVER_STREAMING)
        .with("parcero-count", &100_000)
        .with("parcero-interval-ms", &choices.u8(..3));
    let kind = if road.is_web() { 0 } else { choices.u8(..3) };
    let (sender, requests) = mpsc::channel(8);
    let requests = ReceiverStream::new(requests).boxed();
    let mut answers = match kind {
        0 => road.open(&endless, once(request.clone())).await?,
        1 => road.open(&Call::to(BIDI), requests).await?,
        _ => road.open(&Call::to(CLIENT_STREAMING), requests).await?,
    };
    for _ in 0..choices.u8(..5) {
        if kind > 0 {
            sender.send(request.clone()).await?;
        }
        if kind < 2 {
            answers.next().await?.context("an endless call ended")?;
        }
    }
    if kind == 2 {
        // Nothing comes before it is finished: this only sends what there is to send.
        let nothing = timeout(Duration::from_millis(5), answers.next()).await;
        ensure!(nothing.is_err(), "an answer came before sending was finished");
    }
    drop(answers);
    drop(sender);
    Ok(())
}

/// Begins a call with very many answers, and reads none of them for a while.
pub(super) async fn stop_reading(mut road: Road, choices: &mut Rng) -> anyhow::Result<()> {
    let call = Call::to(SERVER_STREAMING)
        .with("parcero-count", &100_000)
        .with("parcero-interval-ms", &0);
    let request = HelloRequest {
        name: "x".repeat(choices.usize(..2_000)),
        greeting: "Hola".into(),
    };
    let mut answers = road.open(&call, once(encoded(&request))).await?;
    answers.next().await?.context("too few answers")?;
    sleep(Duration::from_millis(choices.u64(..200))).await;
    for _ in 0..choices.u16(..1_000) {
        answers.next().await?.context("too few answers")?;
    }
    Ok(())
}

/// Says to the peer what makes no sense. It must end that, and nothing else.
pub(super) async fn break_rules(address: SocketAddr, choices: &mut Rng) -> anyhow::Result<()> {
    let noise: Vec<u8> = (0..choices.usize(1..4_000)).map(|_| choices.u8(..)).collect();
    match choices.u8(..12) {
        0 => says(address, b"", Then::Leave).await,
        1 => says(address, &noise, Then::Leave).await,
        2 => says(address, b"GET / HTTP/1.1\r\nhost: local", Then::Leave).await,
        3 => says(address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Then::Leave).await,
        4 => {
            let bytes = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &noise].concat();
            says(address, &bytes, Then::Leave).await
        }
        5 => {
            let answer = says(
                address,
                b"GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n",
                Then::Listen(12),
            )
            .await?;
            ensure!(
                answer == b"HTTP/1.1 421",
                "a foreign host was not refused with 421"
            );
            Ok(answer)
        }
        6 => {
            // A body that announces more than it brings.
            let head = format!(
                "POST {ONLY_RESPONSE} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/grpc-web+proto\r\n\
                 content-length: 100\r\n\r\n\0\0\0\0\x50"
            );
            says(address, head.as_bytes(), Then::Leave).await
        }
        kind => {
            socket(address, kind, &noise, choices).await?;
            Ok(Vec::new())
        }
    }?;
    Ok(())
}

/// What to do after speaking.
enum Then {
    Leave,
    /// Read so many bytes.
    Listen(usize),
}

async fn says(address: SocketAddr, bytes: &[u8], then: Then) -> anyhow::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(bytes).await?;
    let mut answer = Vec::new();
    if let Then::Listen(length) = then {
        answer.resize(length, 0);
        timeout(END_TIME, stream.read_exact(&mut answer)).await??;
    }
    Ok(answer)
}

/// Nonsense on a WebSocket.
async fn socket(address: SocketAddr, kind: u8, noise: &[u8], choices: &mut Rng) -> anyhow::Result<()> {
    let mut socket = connect(address, BIDI).await?;
    let head = Message::binary(b"content-type: application/grpc-web+proto\r\nx-grpc-web: 1\r\n".as_slice());
    let binary = |bytes: &[u8]| Message::Binary(Bytes::copy_from_slice(bytes));
    let messages = match kind {
        // Text is not allowed.
        7 => vec![head, Message::text("hola")],
        // No header block at all.
        8 => vec![binary(noise)],
        // Half a message, then the end of sending.
        9 => vec![head, binary(&[0, 0, 0, 0, 0, 9, 1, 2]), binary(&[1])],
        // A length over every limit.
        10 => vec![head, binary(&[0, 0, 255, 255, 255, 255])],
        // Many messages, none of whose answers is read.
        _ => {
            socket.send(head).await?;
            let request = HelloRequest {
                name: "x".repeat(1_000),
                greeting: String::new(),
            };
            let request = encoded(&request);
            let request = [&[0, 0, 0, 0], &(request.len() as u16).to_be_bytes()[..], &request].concat();
            let request = Bytes::from(request);
            let many = stream::repeat(request)
                .map(|bytes| Ok(Message::Binary(bytes)))
                .take(20_000);
            // Whether it stops, or the peer takes it all: then the caller is gone.
            let _ = timeout(
                Duration::from_millis(choices.u64(1..300)),
                many.forward(&mut socket),
            )
            .await;
            return Ok(());
        }
    };
    for message in messages {
        // A peer that has already closed is right to have done so.
        if socket.send(message).await.is_err() {
            return Ok(());
        }
    }
    if choices.bool() {
        // Politely, or not at all.
        let farewell = choices.bool().then(|| CloseFrame {
            code: 1001.into(),
            reason: "".into(),
        });
        let _ = socket.close(farewell).await;
        return Ok(());
    }
    let ended = async { while let Some(Ok(_)) = socket.next().await {} };
    timeout(END_TIME, ended)
        .await
        .context("a broken call was not ended")
}
