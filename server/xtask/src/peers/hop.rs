//! What it costs that one's own peer passes a call on: a native client by way of its own peer to a far one, beside a
//! native client of that far peer; and the same from a browser.

use super::{Effort, lanes::table};
use crate::{
    bench::{
        browser,
        workload::{LARGE, Workload, measure},
    },
    process::{Kind, Process},
    roads::{Road, Way},
};

/// What is done, how it is called, what is counted, how much of that one operation is, and how many at once.
const TABLES: [(Workload, &str, &str, f64, &[usize]); 4] = [
    (Workload::Unary, "Unary calls", "calls/s", 1.0, &[1, 64]),
    (
        Workload::PingPong,
        "Bidi round trips",
        "round trips/s",
        1.0,
        &[1, 64],
    ),
    (
        Workload::Down(LARGE),
        "Server streaming, 64 KiB messages",
        "MB/s",
        LARGE as f64 / 1e6,
        &[1],
    ),
    (
        Workload::Up(LARGE),
        "Client streaming, 64 KiB messages",
        "MB/s",
        LARGE as f64 / 1e6,
        &[1],
    ),
];

/// Measures, and prints a table for each.
pub(super) async fn run(effort: Effort) -> anyhow::Result<()> {
    let far = Process::start(Kind::Linked).await?;
    let near = Process::start_linked(far.identity()).await?;
    let id = super::id(&far)?;
    for (workload, title, unit, per_operation, counts) in TABLES {
        for &at_once in counts {
            let (mut passed_on, mut direct) = (Vec::new(), Vec::new());
            for round in 0..effort.rounds {
                for turn in 0..2 {
                    if (round + turn) % 2 == 0 {
                        let road = Road::connect(Way::Native, near.address()).await?.on_to(&id);
                        passed_on.push(measure(workload, &near, road, at_once, effort.span).await?);
                    } else {
                        let road = Road::connect(Way::Native, far.address()).await?;
                        direct.push(measure(workload, &far, road, at_once, effort.span).await?);
                    }
                }
            }
            println!("\n{title} of a native client, {at_once} at once\n");
            table(
                unit,
                per_operation,
                &["by way of its own peer", "to the far peer itself"],
                &[passed_on, direct],
                &[("÷ itself", 1)],
            )
            .print();
        }
    }
    browser::hop(effort.rounds).await
}
