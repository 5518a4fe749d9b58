//! The command line: one file per subcommand. Client commands are ordinary gRPC clients of a running peer.

pub mod logging;

mod about;
mod completions;
mod config;
mod connect;
mod doctor;
mod failure;
mod friend;
mod hello;
mod hints;
mod input;
mod open_files;
mod output;
mod peers;
mod ping;
mod serve;
mod signals;
mod status;
mod ticket;
mod times;
mod visible;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use tokio::runtime::Runtime;

use self::{failure::Failure, output::Output};
use parcero::{data_dir::DataDir, front::Page};

/// A peer you open in a browser: gRPC with no server in the middle.
///
/// Without a command, starts a peer as `parcero serve` does; if one is running already, says where it is.
#[derive(Debug, Parser)]
#[command(name = "parcero", version, after_help = EXAMPLES, max_term_width = 110)]
pub struct Arguments {
    #[command(flatten)]
    shared: Shared,

    #[command(subcommand)]
    command: Option<Command>,

    /// Whether a command was named; without one, `serve` is filled in.
    #[arg(skip)]
    plain: bool,
}

const EXAMPLES: &str = "\
Examples:
  parcero                               start a peer, or say where the running one is
  parcero serve --listen 127.0.0.1:0    start a peer on a free port
  parcero hello                         choose one of the four kinds of call
  parcero hello unary --name Ana        say hello once
  parcero hello bidi < names.txt        say hello to each line, and see each answer
  parcero about --json                  who the running peer is, as JSON
  parcero peers --watch                 who else there is
  parcero ticket                        a ticket for a friend
  parcero hello unary --peer Ana        say hello to another peer
  parcero config show --origin          every setting, and where it comes from

Results go to standard output and everything else to standard error.
Exit codes: 0 done · 1 the peer said no · 2 something went wrong · 130 interrupted";

/// What every command takes.
#[derive(Debug, Clone, clap::Args)]
struct Shared {
    /// The folder in which a running peer says where it is, and keeps its key, its token and what it knows [default: the
    /// platform's place for data of programs]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "PARCERO_DATA_DIR",
        help_heading = "Global options"
    )]
    data_dir: Option<PathBuf>,

    /// Print results as JSON, one object a line
    #[arg(long, global = true, help_heading = "Global options")]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Hello(hello::Hello),
    About(about::About),
    Peers(peers::Peers),
    Friend(friend::Friend),
    Ticket(ticket::Ticket),
    Ping(ping::Ping),
    Doctor(doctor::Doctor),
    Config(config::Config),
    Completions(completions::Completions),
}

impl Arguments {
    /// Reads the arguments of this process. Ends the process, as `--help` and a mistake do, with what to print.
    pub fn from_process() -> Self {
        Arguments::try_read(std::env::args_os().collect()).unwrap_or_else(|error| error.exit())
    }

    fn try_read(mut words: Vec<OsString>) -> Result<Self, clap::Error> {
        let arguments = Arguments::try_parse_from(&words)?;
        if arguments.command.is_some() {
            return Ok(arguments);
        }
        // Read again with the command filled in, so that its environment and its defaults count.
        words.push("serve".into());
        Arguments::try_parse_from(&words).map(|arguments| Arguments {
            plain: true,
            ..arguments
        })
    }

    /// Whether these arguments start a peer, which has more to tell than a client.
    pub fn starts_a_peer(&self) -> bool {
        matches!(self.command, Some(Command::Serve(_)))
    }
}

/// Does what was asked for. A peer that is started shows `page`.
pub fn run(arguments: Arguments, page: Page) -> ExitCode {
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::wrong(format!("cannot start any thread: {error}")).report(),
    };
    let done = runtime.block_on(dispatch(arguments, page));
    // A name being looked up or a line being read must not hold up the end.
    runtime.shutdown_background();
    done.unwrap_or_else(|failure| failure.report())
}

async fn dispatch(arguments: Arguments, page: Page) -> Result<ExitCode, Failure> {
    let Arguments {
        shared,
        command,
        plain,
    } = arguments;
    let output = Output::new(shared.json);
    match command {
        Some(Command::Serve(serve)) => {
            let beside = if plain {
                serve::Beside::TellAddress
            } else {
                serve::Beside::Refuse
            };
            serve
                .run(&DataDir::locate(shared.data_dir)?, &output, beside, page)
                .await
        }
        Some(Command::Hello(hello)) => {
            signals::until_interrupted(async move { hello.run(&shared, &output).await }).await
        }
        Some(Command::About(about)) => {
            signals::until_interrupted(async move { about.run(&shared, &output).await }).await
        }
        Some(Command::Peers(peers)) => {
            signals::until_interrupted(async move { peers.run(&shared, &output).await }).await
        }
        Some(Command::Friend(friend)) => {
            signals::until_interrupted(async move { friend.run(&shared, &output).await }).await
        }
        Some(Command::Ticket(ticket)) => {
            signals::until_interrupted(async move { ticket.run(&shared, &output).await }).await
        }
        Some(Command::Ping(ping)) => {
            signals::until_interrupted(async move { ping.run(&shared, &output).await }).await
        }
        Some(Command::Doctor(doctor)) => {
            signals::until_interrupted(async move { doctor.run(&shared, &output).await }).await
        }
        Some(Command::Config(config)) => config.run(&DataDir::locate(shared.data_dir)?, &output),
        Some(Command::Completions(completions)) => completions.run(&output),
        None => Err(Failure::wrong("no command was named").hint("see `parcero --help`")),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn read(words: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_read(words.split(' ').map(OsString::from).collect())
    }

    #[test]
    fn the_definitions_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn without_a_command_a_peer_is_started() {
        assert!(read("parcero").unwrap().plain);
        assert!(read("parcero --data-dir /tmp/x").unwrap().starts_a_peer());
        assert!(!read("parcero serve").unwrap().plain);
        assert!(!read("parcero about").unwrap().starts_a_peer());
    }

    #[test]
    fn global_flags_stand_before_or_after_the_command() {
        for words in [
            "parcero --json hello unary",
            "parcero hello --json unary",
            "parcero hello unary --json",
        ] {
            assert!(read(words).unwrap().shared.json, "{words}");
        }
    }

    #[test]
    fn mistakes_end_with_exit_code_2() {
        for words in [
            "parcero dance",
            "parcero serve --listen localhost",
            "parcero hello unary --count 0",
            "parcero hello unary --deadline 0",
            "parcero hello unary --deadline forever",
            "parcero hello bidi --count 3",
            "parcero hello server --interval -1",
            "parcero hello unary --metadata novalue",
        ] {
            assert_eq!(read(words).expect_err(words).exit_code(), 2, "{words}");
        }
    }
}
