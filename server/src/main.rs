//! The one binary, `parcero`.

use std::process::ExitCode;

use parcero::cli::{self, Arguments, logging};

fn main() -> ExitCode {
    let arguments = Arguments::from_process();
    logging::start(arguments.starts_a_peer());
    cli::run(arguments)
}
