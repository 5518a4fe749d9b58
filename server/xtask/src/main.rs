//! `cargo xtask`: measurements and long rounds, which are too long for tests.

mod bench;
mod process;
mod raw;
mod roads;
mod service;
mod size;
mod soak;
mod table;

use clap::Parser;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Measurements and long rounds")]
enum Command {
    /// Measure every road side by side, and print tables.
    Bench(bench::Options),
    /// Do all sorts of things to a peer, by chance, and check that it stays well.
    Soak(soak::Options),
    /// Print how large the page is, file by file.
    Size,
    /// Serve until standard input closes. Other commands run this in processes of its own.
    #[command(hide = true)]
    Serve {
        /// What to serve.
        kind: process::Kind,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Bench(options) => bench::run(options).await,
        Command::Soak(options) => soak::run(options).await,
        Command::Size => size::run().await,
        Command::Serve { kind } => process::serve(kind).await,
    }
}
