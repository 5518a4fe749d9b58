//! What was given at the start: by flags and by the environment, and by which of the two.

use std::collections::HashMap;

use clap::{ArgMatches, Args, Command, FromArgMatches, parser::ValueSource};

use super::Wishes;

/// One key of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// As in the file, and after `--` as a flag.
    pub(super) name: String,
    /// The variable of the environment.
    pub(super) variable: String,
}

/// Every key, in the order of `--help`.
pub(super) fn keys() -> impl Iterator<Item = Key> {
    let command = Wishes::augment_args(Command::new("keys"));
    let keys: Vec<_> = command
        .get_arguments()
        .filter_map(|argument| {
            Some(Key {
                name: argument.get_long()?.to_owned(),
                variable: argument.get_env()?.to_str()?.to_owned(),
            })
        })
        .collect();
    keys.into_iter()
}

/// The two upper layers, merged: a flag has won over the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    pub(super) wishes: Wishes,
    /// Who gave what, by the name of the key; silent about what nobody gave.
    pub(super) by: HashMap<String, By>,
}

/// Who gave a value at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Flag,
    Environment,
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let by = keys()
            .filter_map(|key| {
                // clap names a value as its field, the flag as a person writes it.
                let by = match matches.value_source(&key.name.replace('-', "_"))? {
                    ValueSource::CommandLine => By::Flag,
                    ValueSource::EnvVariable => By::Environment,
                    // DefaultValue, of which there is none here; the enum may grow.
                    _ => return None,
                };
                Some((key.name, by))
            })
            .collect();
        Ok(Given {
            wishes: Wishes::from_arg_matches(matches)?,
            by,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Given::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Given {
    fn augment_args(command: Command) -> Command {
        Wishes::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Wishes::augment_args_for_update(command)
    }
}
