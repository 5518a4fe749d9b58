//! `cargo xtask fifty`: many peers that know one friend, and how long until each lists all others as online.

use std::time::{Duration, Instant};

use crate::{
    fleet::Fleet,
    peers::{cost, head},
    process::raise_open_files,
};

/// How many, and how long they may take.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many peers, the friend included.
    #[arg(long, default_value_t = 50)]
    peers: usize,
    /// How many seconds after the last start all of them may take.
    #[arg(long, default_value_t = 15)]
    within: u64,
    /// What they cost afterwards, too.
    #[arg(long)]
    cost: bool,
}

/// Starts them and waits.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    raise_open_files()?;
    let Options {
        peers,
        within,
        cost: wants_cost,
    } = options;
    let began = Instant::now();
    let fleet = Fleet::start(peers.max(1)).await?;
    println!(
        "{peers} peers started within {:.1?}, one after the other",
        began.elapsed()
    );
    let took = fleet.complete(Duration::from_secs(within)).await?;
    println!(
        "each lists the {} others as online {took:.1?} after the last start",
        peers.saturating_sub(1)
    );
    if wants_cost {
        let mut table = head();
        for row in cost(&fleet).await {
            table.add(row);
        }
        println!();
        table.print();
    }
    fleet.stop().await
}
