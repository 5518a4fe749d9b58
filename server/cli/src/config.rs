//! `parcero config`: what a peer would be started with, and why.

use std::{env, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use contract::parcero::v1::{self as wire};

use super::{
    failure::Failure,
    output::{Output, say},
};
use parcero::{
    config::{self, Configuration, Given, ServeOptions},
    data_dir::DataDir,
};

/// The configuration as flags, the environment and a file give it.
#[derive(Debug, Args)]
pub(super) struct ConfigurationOptions {
    #[command(flatten)]
    given: Given,

    /// The file of the configuration [default: config.toml in the platform's folder for configuration, or in the folder
    /// named by --data-dir]
    #[arg(long, value_name = "FILE", env = "PARCERO_CONFIG")]
    config: Option<PathBuf>,
}

impl ConfigurationOptions {
    /// Reads the layers below the flags.
    pub(super) fn read(self, data_dir: &DataDir) -> Result<Configuration, Failure> {
        let usual = data_dir.config_file();
        let configuration = Configuration::read(self.given, self.config.as_deref(), usual, env::vars_os())?;
        for unknown in configuration.unknown_variables() {
            say(&format!(
                "note: the environment has {unknown}, which means nothing"
            ));
        }
        Ok(configuration)
    }
}

/// What a peer will be. A value that cannot be is to be changed where it was given.
pub(super) fn options(configuration: Configuration) -> Result<ServeOptions, Failure> {
    let settings = configuration.settings();
    configuration.options().map_err(|error| {
        let setting = settings
            .iter()
            .find(|setting| Some(setting.key.as_str()) == error.key());
        let place = setting.and_then(|setting| match &setting.origin {
            config::Origin::Environment(variable) => Some(format!("change {variable} in the environment")),
            config::Origin::File(path) => Some(format!("change `{}` in {}", setting.key, path.display())),
            config::Origin::Flag(_) | config::Origin::Default => None,
        });
        let failure = Failure::from(error);
        match place {
            Some(place) => failure.hint(place),
            None => failure,
        }
    })
}

/// Show the configuration
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  parcero config show                    as a file would have it
  parcero config show --origin           and where each value comes from
  parcero config show --json             one object a key
  parcero config show --name Ana --origin    what a flag would change
  parcero config show > config.toml      to begin a file with")]
pub(super) struct Config {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Show(Box<Show>),
}

/// Print every setting of a peer that would be started now
#[derive(Debug, Args)]
struct Show {
    #[command(flatten)]
    configuration: ConfigurationOptions,

    /// Say where each value comes from: a flag, the environment, the file, or nobody
    #[arg(long)]
    origin: bool,
}

impl Config {
    pub(super) fn run(self, data_dir: &DataDir, output: &Output) -> Result<ExitCode, Failure> {
        let Action::Show(show) = self.action;
        let configuration = show.configuration.read(data_dir)?;
        for setting in configuration.settings() {
            output.message(&message(&setting), |_| vec![line(&setting, show.origin)])?;
        }
        // Printed first: a mistake is easier to see there.
        options(configuration)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A line of TOML; a comment where there is no value.
fn line(setting: &config::Setting, with_origin: bool) -> String {
    let mut line = match &setting.value {
        Some(value) => format!("{} = {value}", setting.key),
        None if setting.is_secret => format!("# {} is set, and not shown", setting.key),
        None => format!("# {} is not set", setting.key),
    };
    let mut notes = Vec::new();
    if setting.value.is_some() && setting.is_secret {
        notes.push("its invitation is not shown".to_owned());
    }
    if with_origin {
        notes.push(match &setting.origin {
            config::Origin::Flag(flag) => format!("by the flag {flag}"),
            config::Origin::Environment(variable) => format!("by {variable} in the environment"),
            config::Origin::File(path) => format!("by {}", path.display()),
            config::Origin::Default => "by default".to_owned(),
        });
    }
    if !notes.is_empty() {
        line = format!("{line:<44} # {}", notes.join("; "));
    }
    line
}

fn message(setting: &config::Setting) -> wire::Setting {
    let (origin, place) = match &setting.origin {
        config::Origin::Flag(flag) => (wire::Origin::Flag, flag.clone()),
        config::Origin::Environment(variable) => (wire::Origin::Environment, variable.clone()),
        config::Origin::File(path) => (wire::Origin::File, path.display().to_string()),
        config::Origin::Default => (wire::Origin::Default, String::new()),
    };
    wire::Setting {
        key: setting.key.clone(),
        values: match &setting.value {
            None => Vec::new(),
            Some(toml::Value::Array(values)) => values.iter().map(text).collect(),
            Some(value) => vec![text(value)],
        },
        origin: origin.into(),
        place,
        hidden: setting.is_secret,
    }
}

/// A value as a flag would have it.
fn text(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
