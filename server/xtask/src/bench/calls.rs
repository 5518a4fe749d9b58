//! Speed: calls, round trips and streams, all lanes side by side in short alternating rounds.

use std::time::Duration;

use super::{
    lane::{Lane, Unit, WORKLOADS},
    sample::{Sample, median, ratio},
    workload::measure,
};
use crate::{
    process::{Kind, Process},
    roads::Road,
    table::{Table, number},
};

/// How many calls at once.
const AT_ONCE: [usize; 2] = [1, 64];

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Of each lane, in each table.
    pub(crate) rounds: usize,
    /// Of one round of one lane.
    pub(crate) span: Duration,
}

/// Measures, and prints a table for each workload.
pub(crate) async fn run(effort: Effort) -> anyhow::Result<()> {
    let front = Process::start(Kind::Front).await?;
    let plain = Process::start(Kind::Plain).await?;
    for (workload, title, unit) in WORKLOADS {
        for at_once in AT_ONCE {
            let lanes = Lane::of(workload);
            let mut samples = vec![Vec::new(); lanes.len()];
            for round in 0..effort.rounds {
                for turn in 0..lanes.len() {
                    // Another lane begins each round, so that none always follows the same one.
                    let lane = (turn + round) % lanes.len();
                    let server = match lanes[lane] {
                        Lane::Native | Lane::Web | Lane::Bridge => &front,
                        Lane::PlainNative | Lane::PlainWeb => &plain,
                    };
                    let road = Road::connect(lanes[lane].way(), server.address()).await?;
                    let sample = measure(workload, server, road, at_once, effort.span).await?;
                    samples[lane].push(sample);
                }
            }
            println!("\n{title}, {at_once} at once\n");
            table(lanes, &samples, unit).print();
        }
    }
    Ok(())
}

fn table(lanes: &[Lane], samples: &[Vec<Sample>], unit: Unit) -> Table {
    let timed = samples.iter().flatten().any(|sample| sample.p50.is_some());
    let mut head = vec!["", unit.name()];
    if timed {
        head.extend(["p50 µs", "p99 µs"]);
    }
    head.extend(["server CPU µs each", "÷ native", "÷ plain"]);
    let mut table = Table::new(&head);

    let of = |lane| {
        lanes
            .iter()
            .position(|other| *other == lane)
            .map(|at| samples[at].as_slice())
    };
    for (lane, samples) in lanes.iter().zip(samples) {
        let middle = |figure: fn(&Sample) -> Option<f64>| median(samples.iter().filter_map(figure));
        let scaled = middle(|sample| Some(sample.per_second)).map(|figure| figure * unit.per_operation());
        let mut row = vec![lane.name().to_owned(), number(scaled)];
        if timed {
            row.extend([
                number(middle(|sample| sample.p50)),
                number(middle(|sample| sample.p99)),
            ]);
        }
        row.push(number(middle(|sample| sample.cpu)));
        let native = Some(Lane::Native).filter(|native| native != lane).and_then(of);
        let plain = lane.plain().and_then(of);
        row.extend(
            [native, plain].map(|others| others.map_or_else(String::new, |others| ratio(samples, others))),
        );
        table.add(row);
    }
    table
}
