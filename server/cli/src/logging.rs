//! What is logged: to standard error, as much as `PARCERO_LOG` (or `RUST_LOG`) says.

use std::{env, io::IsTerminal};

use tracing::Metadata;
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, ParseError, Targets, filter_fn},
    fmt,
    prelude::*,
};

use super::{failure::use_colour, output};
use parcero::audit;

const VARIABLES: [&str; 2] = ["PARCERO_LOG", "RUST_LOG"];

/// Starts logging. A peer tells what its person cares about; a client only what someone should act on.
pub fn start(of_a_peer: bool) {
    let default = if of_a_peer {
        LevelFilter::INFO
    } else {
        LevelFilter::WARN
    };
    let wish = VARIABLES.iter().find_map(|name| {
        let value = env::var(name).ok().filter(|value| !value.is_empty())?;
        Some((name, value))
    });
    let everywhere = || Targets::new().with_default(default);
    let filter = match wish {
        None => everywhere(),
        Some((name, value)) => value.parse().unwrap_or_else(|error: ParseError| {
            // A slip in what to log is no reason to do nothing else.
            output::say(&format!(
                "note: {name} is not understood ({error}); logging {default} instead"
            ));
            everywhere()
        }),
    };
    let colour = use_colour(
        std::io::stderr().is_terminal(),
        env::var_os("NO_COLOR").as_deref(),
    );
    let lines = |with_target| {
        fmt::layer()
            .compact()
            .with_ansi(colour)
            .with_target(with_target)
            .with_writer(std::io::stderr)
    };
    let is_audit = |line: &Metadata<'_>| line.target() == audit::TARGET;
    tracing_subscriber::registry()
        .with(filter)
        // Where a line comes from is said of those that are for the audit, and so they can be told from the rest.
        .with(vec![
            lines(true).with_filter(filter_fn(is_audit)).boxed(),
            lines(false)
                .with_filter(filter_fn(move |line| !is_audit(line)))
                .boxed(),
        ])
        .init();
}
