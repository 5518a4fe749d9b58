//! What a person asked a peer to be: flags over environment over file over defaults, parsed once.
//!
//! [`Wishes`] is each of these four layers alike, and the one list of keys: a field is a flag, a variable of the
//! environment and a key of the file. [`Configuration`] is all layers of one start, and knows who gave what.

mod check;
mod error;
mod file;
mod given;
mod layers;
mod secret;

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::PathBuf,
};

use clap::{Args, builder::BoolishValueParser};
use serde::{Deserialize, Serialize};

pub use self::{
    error::ConfigError,
    given::Given,
    layers::{Configuration, Origin, Setting},
    secret::SECRET_VARIABLE,
};
use crate::{
    front::OriginPattern,
    network::{Internet, Membership, Ticket},
};

/// The port gRPC examples use, and so the one the clients of `greet.Greeter` expect.
pub const DEFAULT_PORT: u16 = 50051;

/// What gRPC implementations take by default.
pub const DEFAULT_MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// A message is in memory whole, on both sides and several times over: more than this is a file.
pub const LARGEST_MAX_MESSAGE_BYTES: usize = 256 * 1024 * 1024;

/// A name is a label in lists and in the title of a page.
const MAX_NAME_CHARS: usize = 64;

/// What may be asked for, by flags, by the environment, or in the file under the same names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Wishes {
    /// Where to listen; may be given more than once. Only 127.0.0.1 and [::1] are taken, and port 0 takes a free
    /// port [default: 127.0.0.1:50051 and [::1]:50051]
    #[arg(long, value_name = "ADDR:PORT", env = "PARCERO_LISTEN", value_delimiter = ',',
          value_parser = parse_address)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listen: Vec<SocketAddr>,

    /// What this peer is called [default: the name of the host]
    #[arg(long, value_name = "NAME", env = "PARCERO_NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,

    /// Let pages of another origin call this peer, such as http://localhost:8080 or http://localhost:*; may be
    /// given more than once [default: none]
    #[arg(
        long,
        value_name = "ORIGIN",
        env = "PARCERO_ALLOW_ORIGIN",
        value_delimiter = ','
    )]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_origin: Vec<String>,

    /// The largest message to take or send, in bytes [default: 4194304]
    #[arg(long, value_name = "BYTES", env = "PARCERO_MAX_MESSAGE_BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_message_bytes: Option<usize>,

    /// The UDP socket for other peers. Port 0 takes a free port once and keeps it; 127.0.0.1 keeps everything on this
    /// machine [default: [::]:0, every interface]
    #[arg(long, value_name = "ADDR:PORT", env = "PARCERO_PEER_LISTEN", value_parser = parse_address)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_listen: Option<SocketAddr>,

    /// Do not look for peers by multicast DNS, and do not be found by it
    #[arg(long, env = "PARCERO_NO_DISCOVERY", value_name = "BOOL", value_parser = BoolishValueParser::new(),
          num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_discovery: Option<bool>,

    /// The network to belong to; peers of other networks are not seen [default: the common one]
    #[arg(long, value_name = "NAME", env = "PARCERO_NETWORK")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,

    /// A file whose content is the secret of the network: nobody without it gets anything. PARCERO_SECRET in the
    /// environment is the secret itself
    #[arg(long, value_name = "FILE", env = "PARCERO_SECRET_FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,

    /// The ticket of a friend to stay in touch with
    #[arg(long, value_name = "TICKET", env = "PARCERO_PRIMARY", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary: Option<String>,

    /// The ticket of a friend to turn to while the primary one is away
    #[arg(long, value_name = "TICKET", env = "PARCERO_BACKUP", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<String>,

    /// Be reached from the internet: ask the router for a port, and use the relays. Without it nothing leaves this
    /// machine's own networks
    #[arg(long, env = "PARCERO_INTERNET", value_name = "BOOL", value_parser = BoolishValueParser::new(),
          num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internet: Option<bool>,

    /// A relay of your own for peers that cannot reach each other directly, which both of them name; may be given more
    /// than once, and only with --internet [default: none]
    #[arg(long, value_name = "URL", env = "PARCERO_RELAY", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relay: Vec<String>,
}

impl Wishes {
    /// The layer below all others. What it leaves out has no value.
    pub fn defaults() -> Self {
        Wishes {
            listen: default_addresses(),
            name: Some(host_name()),
            max_message_bytes: Some(DEFAULT_MAX_MESSAGE_BYTES),
            peer_listen: Some(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))),
            no_discovery: Some(false),
            internet: Some(false),
            ..Wishes::default()
        }
    }

    /// These wishes, and where they are silent the others.
    pub fn over(self, others: Wishes) -> Wishes {
        Wishes {
            listen: some_of(self.listen, others.listen),
            name: self.name.or(others.name),
            allow_origin: some_of(self.allow_origin, others.allow_origin),
            max_message_bytes: self.max_message_bytes.or(others.max_message_bytes),
            peer_listen: self.peer_listen.or(others.peer_listen),
            no_discovery: self.no_discovery.or(others.no_discovery),
            network: self.network.or(others.network),
            secret_file: self.secret_file.or(others.secret_file),
            primary: self.primary.or(others.primary),
            backup: self.backup.or(others.backup),
            internet: self.internet.or(others.internet),
            relay: some_of(self.relay, others.relay),
        }
    }
}

/// A list is silent where it is empty.
fn some_of<T>(list: Vec<T>, others: Vec<T>) -> Vec<T> {
    if list.is_empty() { others } else { list }
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
    /// How it is reached from the internet, if it is.
    pub internet: Option<Internet>,
}

/// Both names of this machine, or the first alone on a machine without IPv6.
fn default_addresses() -> Vec<SocketAddr> {
    let mut addresses = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT))];
    match TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
        Ok(_) => addresses.push(SocketAddr::from((Ipv6Addr::LOCALHOST, DEFAULT_PORT))),
        Err(error) => tracing::debug!(%error, "this machine has no IPv6: 127.0.0.1 alone is the default"),
    }
    addresses
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

fn parse_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "an address and a port are needed, such as 127.0.0.1:50051 or [::1]:0")
}

#[cfg(test)]
mod tests;
