//! What an open bidi call that says nothing costs the server in memory.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::{sync::mpsc, time::sleep};
use tokio_stream::wrappers::ReceiverStream;

use super::workload::{SMALL, payload};
use crate::{
    process::{Kind, Process},
    roads::{Answers, Call, Road, Way},
    service::PING_PONG,
    table::{Table, number},
};

/// Calls on one HTTP/2 connection. The front allows this many.
const PER_CONNECTION: usize = 100;
/// Calls opened and closed before the first look, so that what is allocated once is not counted. Few, because what they
/// leave behind is used again by those that count.
const WARM_UP: usize = 10;
/// How long a server has to come to rest before a look.
const REST: Duration = Duration::from_millis(500);

/// An open call.
struct Idle {
    _sender: mpsc::Sender<Bytes>,
    _answers: Answers,
}

/// Measures with so many calls open, and prints a table.
pub(crate) async fn run(counts: &[usize]) -> anyhow::Result<()> {
    crate::process::raise_open_files()?;
    let mut table = Table::new(&["open bidi calls", "at rest MiB", "with them MiB", "KiB each"]);
    for (way, name) in [(Way::Native, "native HTTP/2"), (Way::Bridge, "bridge")] {
        for &count in counts {
            let server = Process::start(Kind::Front).await?;
            drop(open(&server, way, WARM_UP).await?);
            sleep(REST).await;
            let before = server.memory();
            let calls = open(&server, way, count).await?;
            sleep(REST).await;
            let after = server.memory();
            drop(calls);
            let mebibytes = |bytes: Option<u64>| number(bytes.map(|bytes| bytes as f64 / 1024.0 / 1024.0));
            let each = after
                .zip(before)
                .map(|(after, before)| after.saturating_sub(before) as f64);
            table.add(vec![
                format!("{name}, {}", number(Some(count as f64))),
                mebibytes(before),
                mebibytes(after),
                number(each.map(|each| each / 1024.0 / count as f64)),
            ]);
        }
    }
    println!("\nMemory of idle bidi calls after one round trip (VmRSS of the server)\n");
    table.print();
    Ok(())
}

async fn open(server: &Process, way: Way, count: usize) -> anyhow::Result<Vec<Idle>> {
    let mut calls = Vec::with_capacity(count);
    let mut road = Road::connect(way, server.address()).await?;
    for n in 0..count {
        if n > 0 && n % PER_CONNECTION == 0 {
            road = Road::connect(way, server.address()).await?;
        }
        let (sender, requests) = mpsc::channel(1);
        let mut answers = road
            .open(&Call::to(PING_PONG), ReceiverStream::new(requests).boxed())
            .await?;
        sender.send(payload(SMALL)).await?;
        answers.next().await?.context("the call ended")?;
        calls.push(Idle {
            _sender: sender,
            _answers: answers,
        });
    }
    Ok(calls)
}
