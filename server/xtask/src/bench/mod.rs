//! `cargo xtask bench`: every road side by side, in one run.

pub(crate) mod browser;
mod calls;
mod lane;
mod memory;
pub(crate) mod sample;
pub(crate) mod workload;

use std::time::Duration;

use self::calls::Effort;

/// What to measure, and how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Short rounds: rough figures in under two minutes.
    #[arg(long)]
    quick: bool,
    /// Only these parts.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// How often each figure is taken, instead of 3 times with --quick and 9 times without.
    #[arg(long)]
    rounds: Option<usize>,
}

/// One part of the measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Calls, round trips and streams per second.
    Calls,
    /// Memory of open calls.
    Memory,
    /// The bridge from inside a browser.
    Browser,
}

/// Measures and prints.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    if cfg!(debug_assertions) {
        eprintln!(
            "This is a build without optimisation: its figures mean nothing. `cargo xtask bench` builds another."
        );
    }
    let wanted = |part| options.only.is_empty() || options.only.contains(&part);
    let (rounds, span, counts): (_, _, &[usize]) = if options.quick {
        (3, Duration::from_millis(200), &[1_000])
    } else {
        (9, Duration::from_millis(500), &[1_000, 10_000])
    };
    let rounds = options.rounds.unwrap_or(rounds);
    let effort = Effort { rounds, span };
    println!(
        "Medians of {rounds} alternating rounds of {span:?} each. Client and server share this machine."
    );
    if wanted(Part::Calls) {
        calls::run(effort).await?;
    }
    if wanted(Part::Memory) {
        memory::run(counts).await?;
    }
    if wanted(Part::Browser) {
        browser::run(effort.rounds).await?;
    }
    Ok(())
}
