//! What is done to a server while it is measured.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use prost::Message;
use tokio::{
    sync::{Barrier, mpsc},
    task::JoinSet,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;

use super::sample::{Sample, Tally};
use crate::{
    process::Process,
    roads::{Call, Road, once},
    service::{DOWN, DownRequest, PING_PONG, Payload, UNARY, UP, UpReply},
};

/// What a caller does over and over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    /// Small unary calls, one after the other.
    Unary,
    /// One bidi call: a small message there, the same one back, and again.
    PingPong,
    /// One call whose answers, of this many bytes, are read as fast as they come.
    Down(usize),
    /// One call whose requests, of this many bytes, are sent as fast as they are taken.
    Up(usize),
}

/// A small message.
pub(crate) const SMALL: usize = 16;
/// A large message: 64 KiB.
pub(crate) const LARGE: usize = 64 * 1024;

/// How much longer than its time a measurement may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(20);

/// Has `at_once` callers on the way of `first` do `workload` for `span`, and tells what came of it and what it cost the server.
pub(crate) async fn measure(
    workload: Workload,
    server: &Process,
    first: Road,
    at_once: usize,
    span: Duration,
) -> anyhow::Result<Sample> {
    // Everybody is connected and warm before the clock starts.
    let start = Arc::new(Barrier::new(at_once + 1));
    let mut callers = JoinSet::new();
    for _ in 0..at_once {
        callers.spawn(caller(workload, first.another().await?, start.clone(), span));
    }
    let work = async {
        start.wait().await;
        let (began, cpu) = (Instant::now(), server.cpu());
        let mut tally = Tally::default();
        while let Some(done) = callers.join_next().await {
            tally.add(done??);
        }
        let cpu = server.cpu().zip(cpu).map(|(after, before)| after - before);
        anyhow::Ok(tally.over(began.elapsed(), cpu))
    };
    timeout(span + PATIENCE, work)
        .await
        .with_context(|| format!("{workload:?}, {at_once} at once, hangs"))?
}

async fn caller(
    workload: Workload,
    road: Road,
    start: Arc<Barrier>,
    span: Duration,
) -> anyhow::Result<Tally> {
    match workload {
        Workload::Unary => unary(road, &start, span).await,
        Workload::PingPong => ping_pong(road, &start, span).await,
        Workload::Down(bytes) => down(road, &start, span, bytes).await,
        Workload::Up(bytes) => up(road, &start, span, bytes).await,
    }
}

async fn unary(mut road: Road, start: &Barrier, span: Duration) -> anyhow::Result<Tally> {
    let call = Call::to(UNARY);
    let message = payload(SMALL);
    road.unary(&call, message.clone()).await?;
    start.wait().await;
    let mut tally = Tally::default();
    let end = Instant::now() + span;
    while Instant::now() < end {
        let began = Instant::now();
        let answer = road.unary(&call, message.clone()).await?;
        tally.operation(began.elapsed());
        ensure!(answer == message, "a wrong answer came");
    }
    Ok(tally)
}

async fn ping_pong(mut road: Road, start: &Barrier, span: Duration) -> anyhow::Result<Tally> {
    // One message at a time is under way.
    let (sender, requests) = mpsc::channel(1);
    let message = payload(SMALL);
    let mut answers = road
        .open(&Call::to(PING_PONG), ReceiverStream::new(requests).boxed())
        .await?;
    sender.send(message.clone()).await?;
    answers.next().await?.context("the call ended")?;
    start.wait().await;
    let mut tally = Tally::default();
    let end = Instant::now() + span;
    while Instant::now() < end {
        let began = Instant::now();
        sender.send(message.clone()).await?;
        let answer = answers.next().await?.context("the call ended")?;
        tally.operation(began.elapsed());
        ensure!(answer == message, "a wrong answer came");
    }
    drop(sender);
    ensure!(answers.next().await?.is_none(), "an answer too many");
    Ok(tally)
}

async fn down(mut road: Road, start: &Barrier, span: Duration, bytes: usize) -> anyhow::Result<Tally> {
    let request = DownRequest {
        bytes: u32::try_from(bytes)?,
        messages: 0,
    };
    let length = payload(bytes).len();
    start.wait().await;
    let mut tally = Tally::default();
    let end = Instant::now() + span;
    let mut answers = road
        .open(&Call::to(DOWN), once(request.encode_to_vec().into()))
        .await?;
    while Instant::now() < end {
        let answer = answers.next().await?.context("the call ended")?;
        ensure!(answer.len() == length, "a wrong answer came");
        tally.operations += 1;
    }
    Ok(tally)
}

async fn up(mut road: Road, start: &Barrier, span: Duration, bytes: usize) -> anyhow::Result<Tally> {
    let message = payload(bytes);
    start.wait().await;
    let end = Instant::now() + span;
    let requests = stream::repeat(message).take_while(move |_| std::future::ready(Instant::now() < end));
    let mut answers = road.open(&Call::to(UP), requests.boxed()).await?;
    let answer = answers
        .next()
        .await?
        .context("the call ended without an answer")?;
    let mut tally = Tally::default();
    tally.operations = UpReply::decode(answer)?.messages;
    Ok(tally)
}

/// An encoded message with a body of `bytes` bytes.
pub(crate) fn payload(bytes: usize) -> Bytes {
    let body = Bytes::from(vec![7; bytes]);
    Payload { body }.encode_to_vec().into()
}
