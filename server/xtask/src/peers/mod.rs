//! `cargo xtask peers`: calls between peers beside plain tonic over TCP, and what having neighbours costs.

mod beside;
mod connect;
mod home;
mod hop;
mod idle;
mod lanes;
mod speed;

use std::time::Duration;

use crate::process::Process;

pub(crate) use self::{
    home::Home,
    idle::{cost, head},
};

/// The id of the peer in a process of the kind that has a network.
pub(crate) fn id(linked: &Process) -> anyhow::Result<String> {
    Ok(home::read(linked.identity())?.id().to_string())
}

/// What to measure, and how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Short rounds: rough figures in a minute or two.
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
    /// Calls, round trips and streams between two peers.
    Speed,
    /// Small calls while something else goes on between the same two peers.
    Beside,
    /// What it costs that a call is passed on by one's own peer.
    Hop,
    /// How long it takes to reach a peer, and to start one.
    Connect,
    /// Memory and processor time of a peer with neighbours and nothing to do.
    Idle,
}

/// How long and how often.
#[derive(Debug, Clone, Copy)]
struct Effort {
    /// Of each lane, in each table.
    rounds: usize,
    /// Of one round of one lane.
    span: Duration,
}

/// Measures and prints.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    if cfg!(debug_assertions) {
        eprintln!(
            "This is a build without optimisation: its figures mean nothing. `cargo xtask peers` builds another."
        );
    }
    let wanted = |part| options.only.is_empty() || options.only.contains(&part);
    let (rounds, span) = if options.quick {
        (3, Duration::from_millis(200))
    } else {
        (9, Duration::from_millis(500))
    };
    let effort = Effort {
        rounds: options.rounds.unwrap_or(rounds),
        span,
    };
    println!(
        "Medians of {} alternating rounds of {span:?} each. Both ends share this machine.",
        effort.rounds
    );
    if wanted(Part::Speed) {
        speed::run(effort).await?;
    }
    if wanted(Part::Beside) {
        beside::run(effort).await?;
    }
    if wanted(Part::Hop) {
        hop::run(effort).await?;
    }
    if wanted(Part::Connect) {
        connect::run(effort).await?;
    }
    if wanted(Part::Idle) {
        idle::run().await?;
    }
    Ok(())
}
