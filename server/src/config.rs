//! What a person asked a peer to be: flags over environment over file over defaults, parsed once.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use clap::{Args, builder::FalseyValueParser};
use serde::Deserialize;

use crate::{
    front::{InvalidOrigin, OriginPattern},
    network::{MIN_SECRET_BYTES, Membership, NoTicket, Ticket},
};

/// The port gRPC examples use, and so the one the clients of `greet.Greeter` expect.
pub const DEFAULT_PORT: u16 = 50051;

/// What gRPC implementations take by default.
pub const DEFAULT_MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// A message is in memory whole, on both sides and several times over: more than this is a file.
pub const LARGEST_MAX_MESSAGE_BYTES: usize = 256 * 1024 * 1024;

/// A name is a label in lists and in the title of a page.
const MAX_NAME_CHARS: usize = 64;

/// What may be asked for, by flags, by the environment, or in `config.toml` under the same names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Wishes {
    /// Where to listen; may be given more than once. Only 127.0.0.1 and [::1] are taken, and port 0 takes a free
    /// port [default: 127.0.0.1:50051 and [::1]:50051]
    #[arg(long, value_name = "ADDR:PORT", env = "PARCERO_LISTEN", value_delimiter = ',',
          value_parser = parse_address)]
    pub listen: Vec<SocketAddr>,

    /// What this peer is called [default: the name of the host]
    #[arg(long, value_name = "NAME", env = "PARCERO_NAME")]
    pub name: Option<String>,

    /// Let pages of another origin call this peer, such as http://localhost:8080 or http://localhost:*; may be
    /// given more than once [default: none]
    #[arg(
        long,
        value_name = "ORIGIN",
        env = "PARCERO_ALLOW_ORIGIN",
        value_delimiter = ','
    )]
    pub allow_origin: Vec<String>,

    /// The largest message to take or send, in bytes [default: 4194304]
    #[arg(long, value_name = "BYTES", env = "PARCERO_MAX_MESSAGE_BYTES")]
    pub max_message_bytes: Option<usize>,

    /// The UDP socket for other peers. Port 0 takes a free port once and keeps it; 127.0.0.1 keeps everything on this
    /// machine [default: [::]:0, every interface]
    #[arg(long, value_name = "ADDR:PORT", env = "PARCERO_PEER_LISTEN", value_parser = parse_address)]
    pub peer_listen: Option<SocketAddr>,

    /// Do not look for peers by multicast DNS, and do not be found by it
    #[arg(long, env = "PARCERO_NO_DISCOVERY", value_parser = FalseyValueParser::new())]
    pub no_discovery: bool,

    /// The network to belong to; peers of other networks are not seen [default: the common one]
    #[arg(long, value_name = "NAME", env = "PARCERO_NETWORK")]
    pub network: Option<String>,

    /// A file whose content is the secret of the network: nobody without it gets anything
    #[arg(long, value_name = "FILE", env = "PARCERO_SECRET_FILE")]
    pub secret_file: Option<PathBuf>,

    /// The ticket of a friend to stay in touch with
    #[arg(long, value_name = "TICKET", env = "PARCERO_PRIMARY")]
    pub primary: Option<String>,

    /// The ticket of a friend to turn to while the primary one is away
    #[arg(long, value_name = "TICKET", env = "PARCERO_BACKUP")]
    pub backup: Option<String>,
}

/// What a peer will be.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where it listens: the loopback only.
    pub listen: Vec<SocketAddr>,
    /// What it is called.
    pub name: String,
    /// Which pages besides its own may call it.
    pub allow_origin: Vec<OriginPattern>,
    /// The largest message each way.
    pub max_message_bytes: usize,
    /// The UDP socket for other peers.
    pub peer_listen: SocketAddr,
    /// Whether it looks for peers by multicast DNS.
    pub discovery: bool,
    /// The network it belongs to.
    pub membership: Membership,
    /// Peers to stay in touch with, the first before the second.
    pub friends: Vec<Ticket>,
}

/// Why a wish cannot be granted.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Anybody near could use the page, and with it the peer.
    #[error("{0} can be reached from other machines, and a peer listens to its own machine only")]
    NotLoopback(SocketAddr),
    /// A loopback address which no page can use.
    #[error("a peer cannot listen on {0}: only 127.0.0.1 and [::1] are names of this machine to a browser")]
    OddLoopback(SocketAddr),
    /// No name, or one that does not fit in a list.
    #[error("the name has {0} characters, and 1 to {MAX_NAME_CHARS} fit")]
    NameLength(usize),
    /// Line breaks and the like in a name.
    #[error("the name holds a control character")]
    NameControl,
    /// Not an origin.
    #[error(transparent)]
    Origin(#[from] InvalidOrigin),
    /// A network's name that does not fit.
    #[error("the name of the network has {0} characters, and 1 to {MAX_NAME_CHARS} fit")]
    NetworkLength(usize),
    /// The secret cannot be had.
    #[error("cannot read the secret of the network from {path}: {source}")]
    Secret {
        /// Where it should be.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A secret that can be guessed.
    #[error(
        "the secret in {path} has {bytes} bytes, at least {MIN_SECRET_BYTES} are needed: make one with `head -c 24 /dev/urandom | base64`"
    )]
    ShortSecret {
        /// Where it is.
        path: PathBuf,
        /// How long it is.
        bytes: usize,
    },
    /// A secret that is none any more.
    #[error("other accounts can read the secret in {0}: close it with `chmod 600`, and change it")]
    OpenSecret(PathBuf),
    /// Not a ticket.
    #[error(transparent)]
    Ticket(#[from] NoTicket),
    /// No message could pass, or none would fit into memory.
    #[error("a limit of {0} bytes a message is outside 1 to {LARGEST_MAX_MESSAGE_BYTES}")]
    MessageLimit(usize),
    /// The settings file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The settings file is not understood.
    #[error("{} is not understood: {}", path.display(), source.to_string().trim_end())]
    NotUnderstood {
        /// The file.
        path: PathBuf,
        /// Where, and why.
        source: Box<toml::de::Error>,
    },
}

impl Wishes {
    /// What a person wrote in a settings file; nothing if there is none.
    pub fn in_file(path: &Path) -> Result<Self, ConfigError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Wishes::default()),
            Err(source) => {
                return Err(ConfigError::Unreadable {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        toml::from_str(&text).map_err(|source| ConfigError::NotUnderstood {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }

    /// These wishes, and where they are silent the others.
    pub fn over(self, others: Wishes) -> Wishes {
        Wishes {
            listen: if self.listen.is_empty() {
                others.listen
            } else {
                self.listen
            },
            name: self.name.or(others.name),
            allow_origin: if self.allow_origin.is_empty() {
                others.allow_origin
            } else {
                self.allow_origin
            },
            max_message_bytes: self.max_message_bytes.or(others.max_message_bytes),
            peer_listen: self.peer_listen.or(others.peer_listen),
            no_discovery: self.no_discovery || others.no_discovery,
            network: self.network.or(others.network),
            secret_file: self.secret_file.or(others.secret_file),
            primary: self.primary.or(others.primary),
            backup: self.backup.or(others.backup),
        }
    }

    /// These wishes checked, and where they are silent the defaults.
    pub fn or_defaults(self) -> Result<ServeOptions, ConfigError> {
        let listen = if self.listen.is_empty() {
            default_addresses()
        } else {
            self.listen
        };
        for address in &listen {
            check_address(*address)?;
        }
        let max_message_bytes = self.max_message_bytes.unwrap_or(DEFAULT_MAX_MESSAGE_BYTES);
        if !(1..=LARGEST_MAX_MESSAGE_BYTES).contains(&max_message_bytes) {
            return Err(ConfigError::MessageLimit(max_message_bytes));
        }
        let allow_origin = self
            .allow_origin
            .iter()
            .map(|origin| origin.parse())
            .collect::<Result<_, _>>()?;
        Ok(ServeOptions {
            listen,
            name: self.name.map_or_else(|| Ok(host_name()), check_name)?,
            allow_origin,
            max_message_bytes,
            peer_listen: self
                .peer_listen
                .unwrap_or(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))),
            discovery: !self.no_discovery,
            membership: membership(self.network, self.secret_file.as_deref())?,
            friends: self
                .primary
                .iter()
                .chain(&self.backup)
                .map(|ticket| ticket.parse())
                .collect::<Result<_, _>>()?,
        })
    }
}

fn membership(network: Option<String>, secret: Option<&Path>) -> Result<Membership, ConfigError> {
    let name = network.unwrap_or_default();
    let length = name.chars().count();
    if length > MAX_NAME_CHARS {
        return Err(ConfigError::NetworkLength(length));
    }
    Ok(Membership::new(name, secret.map(read_secret).transpose()?))
}

fn read_secret(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let failed = |source| ConfigError::Secret {
        path: path.to_owned(),
        source,
    };
    let mut file = fs::File::open(path).map_err(failed)?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&file.metadata().map_err(failed)?);
        if mode & 0o077 != 0 {
            return Err(ConfigError::OpenSecret(path.to_owned()));
        }
    }
    let mut secret = Vec::new();
    io::Read::read_to_end(&mut file, &mut secret).map_err(failed)?;
    // An editor ends the file with a line break.
    let secret = secret.trim_ascii().to_vec();
    if secret.len() < MIN_SECRET_BYTES {
        return Err(ConfigError::ShortSecret {
            path: path.to_owned(),
            bytes: secret.len(),
        });
    }
    Ok(secret)
}

/// Both names of this machine, or the first alone on a machine without IPv6.
fn default_addresses() -> Vec<SocketAddr> {
    let mut addresses = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT))];
    match TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
        Ok(_) => addresses.push(SocketAddr::from((Ipv6Addr::LOCALHOST, DEFAULT_PORT))),
        Err(error) => tracing::info!(%error, "this machine has no IPv6: listening on 127.0.0.1 only"),
    }
    addresses
}

fn parse_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "an address and a port are needed, such as 127.0.0.1:50051 or [::1]:0")
}

fn check_address(address: SocketAddr) -> Result<(), ConfigError> {
    match address.ip() {
        IpAddr::V4(Ipv4Addr::LOCALHOST) | IpAddr::V6(Ipv6Addr::LOCALHOST) => Ok(()),
        ip if ip.is_loopback() => Err(ConfigError::OddLoopback(address)),
        _ => Err(ConfigError::NotLoopback(address)),
    }
}

fn check_name(name: String) -> Result<String, ConfigError> {
    let length = name.chars().count();
    if name.trim().is_empty() || length > MAX_NAME_CHARS {
        Err(ConfigError::NameLength(length))
    } else if name.chars().any(char::is_control) {
        Err(ConfigError::NameControl)
    } else {
        Ok(name)
    }
}

/// The name of the host, as far as it is a name for a peer.
fn host_name() -> String {
    let host = gethostname::gethostname().to_string_lossy().into_owned();
    let name: String = host
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_NAME_CHARS)
        .collect();
    if name.trim().is_empty() {
        "parcero".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests;
