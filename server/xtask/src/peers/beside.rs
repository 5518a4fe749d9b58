//! Small calls while something else goes on between the same two ends, on the same connection.

use std::time::Duration;

use anyhow::Context;
use futures_util::{FutureExt, future};
use prost::Message;
use tokio::{task::JoinSet, time::timeout};

use super::{Effort, lanes::Lane};
use crate::{
    bench::{
        sample::{Sample, median, ratio},
        workload::{LARGE, Workload},
    },
    roads::{Answers, Call, Road, once},
    service::{DOWN, DownRequest},
    table::{Table, number},
};

/// Callers of small calls beside one stream that is read as fast as it comes.
const CALLERS_BESIDE_BULK: usize = 8;
/// Callers of small calls beside streams that nobody reads.
const CALLERS_BESIDE_UNREAD: usize = 64;
/// Streams that nobody reads: enough to fill what a connection has for all of them together.
const UNREAD: usize = 16;
/// How long small calls may make no progress before they count as stalled.
const STALLED: Duration = Duration::from_secs(4);

/// Measures both, and prints a table.
pub(super) async fn run(effort: Effort) -> anyhow::Result<()> {
    let lanes = [Lane::peers().await?, Lane::tcp().await?, Lane::tls().await?];
    let mut table = Table::new(&[
        "small calls",
        "alone p50 µs",
        "beside p50 µs",
        "p99 µs",
        "calls/s ÷ alone",
    ]);
    for lane in &lanes {
        let (mut alone, mut beside) = (Vec::new(), Vec::new());
        for _ in 0..effort.rounds {
            alone.push(lane.measure(Workload::Unary, CALLERS_BESIDE_BULK, effort).await?);
            let road = lane.road().await?;
            let mut bulk = JoinSet::new();
            bulk.spawn(read_all(stream(&mut road.another().await?).await?));
            beside.push(
                lane.measure_on(road, Workload::Unary, CALLERS_BESIDE_BULK, effort)
                    .await?,
            );
            if let Some(ended) = bulk.join_next().now_or_never().flatten() {
                ended??;
            }
        }
        let name = format!("{CALLERS_BESIDE_BULK} beside a bulk stream, {}", lane.name);
        table.add(row(name, &alone, &beside));
    }
    for lane in &lanes {
        let (mut alone, mut beside) = (Vec::new(), Vec::new());
        for _ in 0..effort.rounds {
            alone.push(
                lane.measure(Workload::Unary, CALLERS_BESIDE_UNREAD, effort)
                    .await?,
            );
            let road = lane.road().await?;
            let unread = (0..UNREAD).map(|_| async { stream(&mut road.another().await?).await });
            // Where not even the first messages come, the calls stall already.
            let Ok(unread) = timeout(STALLED, future::try_join_all(unread)).await else {
                break;
            };
            let unread = unread?;
            let road = road.another().await?;
            let calls = lane.measure_on(road, Workload::Unary, CALLERS_BESIDE_UNREAD, effort);
            match timeout(effort.span + STALLED, calls).await {
                Ok(sample) => beside.push(sample?),
                // It would not be otherwise the next time.
                Err(_) => break,
            }
            drop(unread);
        }
        let name = format!(
            "{CALLERS_BESIDE_UNREAD} beside {UNREAD} streams never read, {}",
            lane.name
        );
        if beside.len() < effort.rounds {
            table.add(vec![name, String::new(), "they stall".into()]);
        } else {
            table.add(row(name, &alone, &beside));
        }
    }
    println!("\nSmall unary calls beside something else on the same connection\n");
    table.print();
    Ok(())
}

fn row(name: String, alone: &[Sample], beside: &[Sample]) -> Vec<String> {
    let middle = |samples: &[Sample], figure: fn(&Sample) -> Option<f64>| {
        number(median(samples.iter().filter_map(figure)))
    };
    vec![
        name,
        middle(alone, |sample| sample.p50),
        middle(beside, |sample| sample.p50),
        middle(beside, |sample| sample.p99),
        ratio(beside, alone),
    ]
}

/// A stream without end, of which the first message has come.
async fn stream(road: &mut Road) -> anyhow::Result<Answers> {
    let request = DownRequest {
        bytes: u32::try_from(LARGE)?,
        messages: 0,
    };
    let mut answers = road
        .open(&Call::to(DOWN), once(request.encode_to_vec().into()))
        .await?;
    answers.next().await?.context("the stream ended")?;
    Ok(answers)
}

async fn read_all(mut answers: Answers) -> anyhow::Result<()> {
    while answers.next().await?.is_some() {}
    anyhow::bail!("a stream without end ended")
}
