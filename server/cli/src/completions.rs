//! `parcero completions`: what a shell needs to complete our commands.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Arguments, failure::Failure, output::Output};

/// Print what a shell needs to complete commands
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bash        parcero completions bash > ~/.local/share/bash-completion/completions/parcero
  zsh         parcero completions zsh > ~/.zfunc/_parcero    (with fpath+=~/.zfunc before compinit)
  fish        parcero completions fish > ~/.config/fish/completions/parcero.fish
  PowerShell  parcero completions powershell >> $PROFILE
  elvish      parcero completions elvish >> ~/.config/elvish/rc.elv")]
pub(super) struct Completions {
    /// For which shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, output: &Output) -> Result<ExitCode, Failure> {
        // Into memory first: the generator panics when a pipe closes.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "parcero", &mut script);
        output.verbatim(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
