//! The one binary, `parcero`: the peer of the library, and the page it shows.

mod page;

use std::process::ExitCode;

use parcero_cli::{Arguments, logging};

fn main() -> ExitCode {
    let arguments = Arguments::from_process();
    logging::start(arguments.starts_a_peer());
    parcero_cli::run(arguments, page::embedded())
}
