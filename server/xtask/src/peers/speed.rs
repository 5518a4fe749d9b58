//! Calls, round trips and streams from peer to peer, beside plain tonic with and without TLS.

use super::{
    Effort,
    lanes::{Lane, table},
};
use crate::bench::workload::{LARGE, Workload};

/// What is done, how it is called, what is counted, how much of that one operation is, and how many at once.
const TABLES: [(Workload, &str, &str, f64, &[usize]); 4] = [
    (Workload::Unary, "Unary calls", "calls/s", 1.0, &[1, 8, 64]),
    (
        Workload::PingPong,
        "Bidi round trips",
        "round trips/s",
        1.0,
        &[1, 8, 64],
    ),
    (
        Workload::Down(LARGE),
        "Server streaming, 64 KiB messages",
        "MB/s",
        LARGE as f64 / 1e6,
        &[1, 8],
    ),
    (
        Workload::Up(LARGE),
        "Client streaming, 64 KiB messages",
        "MB/s",
        LARGE as f64 / 1e6,
        &[1, 8],
    ),
];

/// Measures, and prints a table for each.
pub(super) async fn run(effort: Effort) -> anyhow::Result<()> {
    let lanes = [Lane::peers().await?, Lane::tcp().await?, Lane::tls().await?];
    let names: Vec<_> = lanes.iter().map(|lane| lane.name).collect();
    for (workload, title, unit, per_operation, counts) in TABLES {
        for &at_once in counts {
            let mut samples = vec![Vec::new(); lanes.len()];
            for round in 0..effort.rounds {
                for turn in 0..lanes.len() {
                    // Another lane begins each round, so that none always follows the same one.
                    let lane = (turn + round) % lanes.len();
                    samples[lane].push(lanes[lane].measure(workload, at_once, effort).await?);
                }
            }
            println!("\n{title}, {at_once} at once\n");
            table(
                unit,
                per_operation,
                &names,
                &samples,
                &[("÷ TCP", 1), ("÷ TLS", 2)],
            )
            .print();
        }
    }
    Ok(())
}
