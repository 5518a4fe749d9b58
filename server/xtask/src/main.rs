//! `cargo xtask`: measurements and long rounds, which are too long for tests.

mod bench;
mod fifty;
mod fleet;
mod peers;
mod process;
mod raw;
mod roads;
mod service;
mod size;
mod soak;
mod table;
mod usage;

use std::{ffi::OsString, process::ExitCode};

use anyhow::Context;
use clap::Parser;
use parcero::front::Page;
use parcero_cli::{Arguments, logging};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Measurements and long rounds")]
enum Command {
    /// Measure every road side by side, and print tables.
    Bench(bench::Options),
    /// Measure calls between peers beside plain tonic, and what having neighbours costs.
    Peers(peers::Options),
    /// Start many peers that know one friend, and time until each lists all others as online.
    Fifty(fifty::Options),
    /// Do all sorts of things to a peer, by chance, and check that it stays well.
    Soak(soak::Options),
    /// Print how large the page is, file by file.
    Size,
    /// Serve until standard input closes. Other commands run this in processes of its own.
    #[command(hide = true)]
    Serve {
        /// What to serve.
        kind: process::Kind,
        /// The ticket of a peer to be friends with.
        #[arg(long)]
        friend: Option<String>,
    },
    /// Be the program `parcero`, whole but for its page. Other commands run this in processes of its own.
    #[command(hide = true, disable_help_flag = true)]
    Parcero {
        /// Its own arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    let command = match Command::parse() {
        Command::Parcero { arguments } => {
            let name = OsString::from("parcero");
            let arguments = Arguments::try_parse_from(std::iter::once(name).chain(arguments))?;
            logging::start(arguments.starts_a_peer());
            return Ok(parcero_cli::run(arguments, Page::none()));
        }
        command => command,
    };
    let runtime = tokio::runtime::Runtime::new().context("cannot start any thread")?;
    runtime.block_on(run(command))?;
    Ok(ExitCode::SUCCESS)
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Bench(options) => bench::run(options).await,
        Command::Peers(options) => peers::run(options).await,
        Command::Fifty(options) => fifty::run(options).await,
        Command::Soak(options) => soak::run(options).await,
        Command::Size => size::run().await,
        Command::Serve { kind, friend } => process::serve(kind, friend).await,
        Command::Parcero { .. } => unreachable!("it has a runtime of its own"),
    }
}
