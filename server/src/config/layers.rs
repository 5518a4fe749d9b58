//! All layers of one start, and where each value comes from.

use std::{
    collections::HashSet,
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::{
    ConfigError, Given, SECRET_VARIABLE, ServeOptions, Wishes,
    file::meant,
    given::{self, By},
    secret::Secret,
};
use crate::network::Ticket;

/// Variables of the environment that are no keys: they say where to look, or what a client does.
const OTHER_VARIABLES: [&str; 6] = [
    SECRET_VARIABLE,
    "PARCERO_CONFIG",
    "PARCERO_DATA_DIR",
    "PARCERO_LOG",
    "PARCERO_OPEN",
    "PARCERO_URL",
];

/// All layers of one start.
#[derive(Debug)]
pub struct Configuration {
    given: Given,
    file: Wishes,
    path: PathBuf,
    secret: Option<Secret>,
    /// Variables that look like ours and are not.
    unknown: Vec<String>,
}

/// One key, its value, and where that comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// As it stands in the file.
    pub key: String,
    /// As it stands in the file; `None` where it has no value, or one that is not shown.
    pub value: Option<toml::Value>,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether it, or a part of it, is kept from view.
    pub is_secret: bool,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag, with its dashes.
    Flag(String),
    /// A variable of the environment.
    Environment(String),
    /// The file.
    File(PathBuf),
    /// Nobody gave one.
    Default,
}

impl Configuration {
    /// Reads what lies below `given`: the file that was `asked` for, which must be there then, or else the one at
    /// `usual`; and of the environment what no flag can give.
    ///
    /// # Errors
    /// Where the file cannot be read or is not understood, and where a variable is misspelt.
    pub fn read(
        given: Given,
        asked: Option<&Path>,
        usual: &Path,
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut secret = None;
        let mut unknown = Vec::new();
        let known: HashSet<_> = given::keys().map(|key| key.variable).collect();
        let known = |name: &str| known.contains(name) || OTHER_VARIABLES.contains(&name);
        for (name, value) in environment {
            match name.to_str() {
                Some(SECRET_VARIABLE) => secret = Some(Secret::of_environment(&value)?),
                Some(name) if name.starts_with("PARCERO_") && !known(name) => unknown.push(name.to_owned()),
                Some(_) | None => {}
            }
        }
        for found in &unknown {
            let variables = given::keys().map(|key| key.variable);
            let others = OTHER_VARIABLES.iter().map(|&name| name.to_owned());
            if let Some(meant) = meant_variable(found, variables.chain(others)) {
                let found = found.clone();
                return Err(ConfigError::Variable { found, meant });
            }
        }
        let path = asked.unwrap_or(usual).to_owned();
        let file = match Wishes::in_file(&path)? {
            Some(file) => file,
            None if asked.is_some() => return Err(ConfigError::Missing(path)),
            None => Wishes::default(),
        };
        Ok(Self {
            given,
            file,
            path,
            secret,
            unknown,
        })
    }

    /// Variables of the environment that begin like ours and mean nothing.
    pub fn unknown_variables(&self) -> &[String] {
        &self.unknown
    }

    /// Every key with its value and where that comes from.
    pub fn settings(&self) -> Vec<Setting> {
        let [given, file, defaults] = [&self.given.wishes, &self.file, &Wishes::defaults()].map(table);
        let mut settings: Vec<_> = given::keys()
            .map(|key| {
                let name = key.name.as_str();
                let (value, origin) = match (given.get(name), self.given.by.get(name)) {
                    (Some(value), Some(By::Flag)) => (Some(value), Origin::Flag(format!("--{name}"))),
                    (Some(value), Some(By::Environment)) => (Some(value), Origin::Environment(key.variable)),
                    (Some(_), None) | (None, _) => match file.get(name) {
                        Some(value) => (Some(value), Origin::File(self.path.clone())),
                        None => (defaults.get(name), Origin::Default),
                    },
                };
                let (value, is_secret) = match name {
                    "primary" | "backup" => value.map_or((None, false), without_invitation),
                    _ => (value.cloned(), false),
                };
                Setting {
                    key: key.name,
                    value,
                    origin,
                    is_secret,
                }
            })
            .collect();
        if self.secret.is_some() {
            settings.push(Setting {
                key: "secret".to_owned(),
                value: None,
                origin: Origin::Environment(SECRET_VARIABLE.to_owned()),
                is_secret: true,
            });
        }
        settings
    }

    /// What a peer will be.
    ///
    /// # Errors
    /// Where a value is none that can be.
    pub fn options(self) -> Result<ServeOptions, ConfigError> {
        self.given.wishes.over(self.file).or_defaults(self.secret)
    }
}

/// A layer as a file would have it.
fn table(layer: &Wishes) -> toml::Table {
    toml::Table::try_from(layer).expect("flags and files hold nothing that TOML cannot")
}

/// A ticket without its invitation, and whether it had one. What is no ticket may be most of one: it is not shown at all.
fn without_invitation(value: &toml::Value) -> (Option<toml::Value>, bool) {
    match value.as_str().unwrap_or_default().trim().parse::<Ticket>() {
        Ok(ticket) => {
            let plain = Ticket::new(ticket.address().clone(), None).to_string();
            (Some(toml::Value::String(plain)), ticket.invitation().is_some())
        }
        Err(_) => (None, true),
    }
}

/// As for keys, but after the beginning that all variables have.
fn meant_variable(found: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let ends = known.filter_map(|name| Some(name.strip_prefix("PARCERO_")?.to_owned()));
    meant(found.strip_prefix("PARCERO_")?, ends).map(|end| format!("PARCERO_{end}"))
}
