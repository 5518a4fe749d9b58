//! `cargo xtask soak`: many callers at once do all sorts of things, good and bad, to a peer in a process of its own.
//!
//! Every answer is checked as it comes. After each round no call may be left open; at the end the peer's memory must
//! be near what it was after the first round.

mod hello;
mod peers;
mod rude;
mod step;

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use contract::parcero::v1::{AboutReply, AboutRequest};
use prost::Message;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use self::step::Caller;
use crate::{
    process::{Kind, Process, raise_open_files},
    roads::{Call, Road, Way},
};

/// How often, and with which chances.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many rounds.
    #[arg(long, default_value_t = 5, env = "PARCERO_ROUNDS")]
    rounds: u64,
    /// Where the random choices begin. The same seed makes the same choices; without it, it is drawn and printed.
    #[arg(long)]
    seed: Option<u64>,
    /// Callers at once.
    #[arg(long, default_value_t = 16)]
    callers: u64,
    /// What each caller does in a round, in steps.
    #[arg(long, default_value_t = 25)]
    steps: u64,
    /// Instead: for so many seconds, calls from peer to peer, with peers that come and go.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "120")]
    peers: Option<u64>,
}

/// How long one round may take before it counts as hanging: many times what it takes.
const ROUND_TIME: Duration = Duration::from_secs(120);
/// How long a call may stay open after its caller has gone. The bridge notices within its ping limit of 10 s.
const LEAVE_TIME: Duration = Duration::from_secs(15);
/// How much more memory than after the first round is still near it: the allocator keeps what 4 MiB messages needed.
const NEAR: u64 = 32 * 1024 * 1024;

/// Runs the rounds.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    raise_open_files()?;
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    if let Some(seconds) = options.peers {
        let again = format!("cargo xtask soak --peers {seconds} --seed {seed}");
        println!("{again}");
        return peers::run(Duration::from_secs(seconds), seed)
            .await
            .with_context(|| format!("this again: {again}"));
    }
    let Options {
        rounds,
        callers,
        steps,
        ..
    } = options;
    let again =
        format!("cargo xtask soak --rounds {rounds} --callers {callers} --steps {steps} --seed {seed}");
    println!("{again}");
    rounds_of(rounds, callers, steps, seed)
        .await
        .with_context(|| format!("this again: {again}"))
}

async fn rounds_of(rounds: u64, callers: u64, steps: u64, seed: u64) -> anyhow::Result<()> {
    let server = Process::start(Kind::Peer).await?;
    let mut about = Road::connect(Way::Native, server.address()).await?;
    let mut after_first = None;
    for round in 1..=rounds {
        let began = Instant::now();
        let mut working = JoinSet::new();
        for number in 0..callers {
            // Each caller has choices of its own, whoever else is faster or slower.
            let choices = fastrand::Rng::with_seed(seed ^ (round << 32) ^ (number << 16));
            let caller = Caller::new(server.address(), choices).await?;
            working.spawn(caller.work(steps));
        }
        let all = async {
            while let Some(done) = working.join_next().await {
                done??;
            }
            anyhow::Ok(())
        };
        timeout(ROUND_TIME, all)
            .await
            .with_context(|| format!("round {round} hangs"))?
            .with_context(|| format!("round {round}"))?;
        let worked = began.elapsed();

        let figures = until_alone(&mut about).await?;
        let memory = server.memory().unwrap_or_default();
        println!(
            "round {round}: {worked:.1?}, then {:.1?} until no call was open; so far {} completed, {} cancelled, {} past \
             their deadline, {} refused; {} MiB",
            began.elapsed() - worked,
            figures.completed,
            figures.cancelled,
            figures.deadline_exceeded,
            figures.refused,
            memory / 1024 / 1024,
        );
        let first = *after_first.get_or_insert(memory);
        ensure!(
            memory <= first + NEAR,
            "the peer holds {memory} bytes, and held {first} after the first round"
        );
    }
    Ok(())
}

/// Waits until the question itself is the only open call.
async fn until_alone(about: &mut Road) -> anyhow::Result<contract::parcero::v1::CallFigures> {
    let end = Instant::now() + LEAVE_TIME;
    loop {
        let answer = about
            .unary(
                &Call::to("/parcero.v1.Peers/About"),
                AboutRequest {}.encode_to_vec().into(),
            )
            .await?;
        let figures = AboutReply::decode(answer)?
            .calls
            .context("a peer without figures")?;
        if figures.open <= 1 {
            return Ok(figures);
        }
        ensure!(
            Instant::now() < end,
            "{} calls are still open {LEAVE_TIME:?} after their callers left",
            figures.open - 1
        );
        sleep(Duration::from_millis(20)).await;
    }
}
