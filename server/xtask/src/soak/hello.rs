//! Proper calls to the Greeter, and what must come of them.

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use contract::greet::{DelayedReply, HelloReply, HelloRequest};
use fastrand::Rng;
use futures_util::{StreamExt, stream};
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use crate::roads::{Call, Road, once};

/// Method paths.
pub(super) const ONLY_RESPONSE: &str = "/greet.Greeter/OnlyResponse";
pub(super) const SERVER_STREAMING: &str = "/greet.Greeter/ServerStreaming";
pub(super) const CLIENT_STREAMING: &str = "/greet.Greeter/ClientStreaming";
pub(super) const BIDI: &str = "/greet.Greeter/BidirectionalStreaming";

/// The limit of a peer that was told nothing else.
const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// A greeting by chance: mostly short, sometimes empty, sometimes larger than a window.
pub(super) fn request(choices: &mut Rng) -> HelloRequest {
    let name = match choices.u8(..20) {
        0 => String::new(),
        1 => "ñandú ".repeat(choices.usize(..20_000)),
        _ => format!("parce {}", choices.u32(..)),
    };
    HelloRequest {
        name,
        greeting: ["Hola", "Quiubo", "", "👋"][choices.usize(..4)].into(),
    }
}

fn reply(request: &HelloRequest) -> String {
    format!("{} {}", request.greeting, request.name)
}

pub(super) fn encoded(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}

pub(super) async fn unary(road: &mut Road, choices: &mut Rng) -> anyhow::Result<()> {
    let request = request(choices);
    let answer = road.unary(&Call::to(ONLY_RESPONSE), encoded(&request)).await?;
    ensure!(
        HelloReply::decode(answer)?.message == reply(&request),
        "a wrong answer"
    );
    Ok(())
}

pub(super) async fn server_streaming(road: &mut Road, choices: &mut Rng) -> anyhow::Result<()> {
    let request = request(choices);
    let count = choices.u32(..40);
    let call = Call::to(SERVER_STREAMING)
        .with("parcero-count", &count)
        .with("parcero-interval-ms", &choices.u8(..2));
    let mut answers = road.open(&call, once(encoded(&request))).await?;
    for i in 1..=count {
        let answer = answers.next().await?.context("too few answers")?;
        let expected = format!("{} {i}", reply(&request));
        ensure!(
            HelloReply::decode(answer)?.message == expected,
            "a wrong answer, number {i}"
        );
    }
    ensure!(answers.next().await?.is_none(), "an answer too many");
    Ok(())
}

pub(super) async fn client_streaming(road: &mut Road, choices: &mut Rng) -> anyhow::Result<()> {
    let count = choices.usize(..30);
    let requests: Vec<_> = (0..count).map(|_| request(choices)).collect();
    let messages: Vec<_> = requests.iter().map(encoded).collect();
    let mut answers = road
        .open(&Call::to(CLIENT_STREAMING), stream::iter(messages).boxed())
        .await?;
    let answer = match answers.next().await {
        Ok(answer) => DelayedReply::decode(answer.context("no answer")?)?,
        // The echo of many long names passes the limit.
        Err(status) if status.code() == Code::ResourceExhausted => {
            let bytes: usize = requests.iter().map(|request| request.encoded_len() + 8).sum();
            ensure!(
                bytes > MAX_MESSAGE_BYTES / 2,
                "refused at {bytes} bytes: {status}"
            );
            return Ok(());
        }
        Err(status) => bail!(status),
    };
    let sentence = format!("You have sent {count} messages. Please expect a delayed response.");
    ensure!(answer.message == sentence, "a wrong sentence");
    ensure!(answer.request == requests, "a wrong echo");
    ensure!(answers.next().await?.is_none(), "an answer too many");
    Ok(())
}

pub(super) async fn bidi(road: &mut Road, choices: &mut Rng) -> anyhow::Result<()> {
    let count = choices.usize(..30);
    let requests: Vec<_> = (0..count).map(|_| request(choices)).collect();
    // By turns, or everything at once and then the answers.
    let by_turns = choices.bool();
    let (sender, waiting) = mpsc::channel(count.max(1));
    let mut answers = road
        .open(&Call::to(BIDI), ReceiverStream::new(waiting).boxed())
        .await?;
    if !by_turns {
        for request in &requests {
            sender.send(encoded(request)).await?;
        }
    }
    for request in &requests {
        if by_turns {
            sender.send(encoded(request)).await?;
        }
        let answer = answers.next().await?.context("too few answers")?;
        ensure!(
            HelloReply::decode(answer)?.message == reply(request),
            "a wrong answer"
        );
    }
    drop(sender);
    ensure!(answers.next().await?.is_none(), "an answer too many");
    Ok(())
}

/// A call that lasts for a minute, with a deadline long before.
pub(super) async fn deadline(road: &mut Road, choices: &mut Rng) -> anyhow::Result<()> {
    let call = Call::to(SERVER_STREAMING)
        .with("parcero-interval-ms", &60_000)
        .with("grpc-timeout", &format!("{}m", choices.u8(1..80)));
    let mut answers = match road.open(&call, once(encoded(&request(choices)))).await {
        Ok(answers) => answers,
        Err(status) => return expect(&status, &[Code::DeadlineExceeded]),
    };
    loop {
        match answers.next().await {
            Ok(Some(_)) => {}
            Ok(None) => bail!("a call ended well in spite of its deadline"),
            // tonic's client has a timer of its own and says CANCELLED.
            Err(status) => return expect(&status, &[Code::DeadlineExceeded, Code::Cancelled]),
        }
    }
}

/// A message one byte over the limit, and after it one that is fine, on the same connection.
pub(super) async fn too_large(road: &mut Road, choices: &mut Rng) -> anyhow::Result<()> {
    let request = HelloRequest {
        // The name's own tag and length take 5 bytes.
        name: "x".repeat(MAX_MESSAGE_BYTES + 1 - 5),
        greeting: String::new(),
    };
    match road.unary(&Call::to(ONLY_RESPONSE), encoded(&request)).await {
        Ok(_) => bail!("a message of {} bytes was taken", request.encoded_len()),
        Err(status) => expect(&status, &[Code::ResourceExhausted])?,
    }
    unary(road, choices).await
}

fn expect(status: &tonic::Status, codes: &[Code]) -> anyhow::Result<()> {
    ensure!(codes.contains(&status.code()), "{status}");
    Ok(())
}
