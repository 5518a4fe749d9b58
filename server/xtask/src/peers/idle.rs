//! What a peer with neighbours costs while nobody calls.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    bench::sample::median,
    fleet::Fleet,
    table::{Table, number},
};

/// Peers beside the one that is looked at.
const NEIGHBOURS: [usize; 3] = [0, 10, 50];
/// How long all of them may take to see each other.
const MEETING_TIME: Duration = Duration::from_secs(60);
/// How long they may come to rest before a look: connections that are not needed are closed by then.
const REST: Duration = Duration::from_secs(10);
/// How long processor time is counted.
const SPAN: Duration = Duration::from_secs(20);

/// Measures, and prints a table.
pub(super) async fn run() -> anyhow::Result<()> {
    let mut table = head();
    for neighbours in NEIGHBOURS {
        let fleet = Fleet::start(neighbours + 1).await?;
        fleet.complete(MEETING_TIME).await?;
        for row in cost(&fleet).await {
            table.add(row);
        }
        fleet.stop().await?;
    }
    println!("\nPeers with nothing to do but to see who is there\n");
    table.print();
    Ok(())
}

/// The head of the table of [`cost`].
pub(crate) fn head() -> Table {
    Table::new(&["neighbours", "VmRSS MiB", "% of one processor"])
}

/// The middle of what the peers of a fleet cost, and what the one costs that the others were told of.
pub(crate) async fn cost(fleet: &Fleet) -> Vec<Vec<String>> {
    sleep(REST).await;
    let cpu = || {
        fleet
            .members
            .iter()
            .map(|member| member.program.cpu())
            .collect::<Vec<_>>()
    };
    let before = cpu();
    sleep(SPAN).await;
    let percent: Vec<Option<f64>> = cpu()
        .into_iter()
        .zip(before)
        .map(|(after, before)| Some((after? - before?).as_secs_f64() / SPAN.as_secs_f64() * 100.0))
        .collect();
    let mebibytes: Vec<Option<f64>> = fleet
        .members
        .iter()
        .map(|member| Some(member.program.memory()? as f64 / 1024.0 / 1024.0))
        .collect();
    let neighbours = fleet.members.len() - 1;
    let mut rows = vec![vec![
        format!("{neighbours}"),
        number(median(mebibytes.iter().skip(1).copied().flatten())),
        number(median(percent.iter().skip(1).copied().flatten())),
    ]];
    if neighbours == 0 {
        rows.clear();
    }
    rows.push(vec![
        format!("{neighbours}, whom all others know"),
        number(mebibytes[0]),
        number(percent[0]),
    ]);
    rows
}
