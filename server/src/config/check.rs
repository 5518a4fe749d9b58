//! From wishes to what a peer will be: every value checked, once.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use iroh::RelayUrl;

use super::{
    ConfigError, LARGEST_MAX_MESSAGE_BYTES, MAX_NAME_CHARS, ServeOptions, Wishes,
    secret::{self, Secret},
};
use crate::network::{Internet, Membership};

impl Wishes {
    /// These wishes checked, and where they are silent the defaults. `secret` is that of the environment.
    pub(super) fn or_defaults(self, secret: Option<Secret>) -> Result<ServeOptions, ConfigError> {
        let Wishes {
            listen,
            name,
            allow_origin,
            max_message_bytes,
            peer_listen,
            no_discovery,
            network,
            secret_file,
            primary,
            backup,
            internet,
            relay,
        } = self.over(Wishes::defaults());
        for address in &listen {
            check_address(*address)?;
        }
        let max_message_bytes = max_message_bytes.unwrap_or_default();
        if !(1..=LARGEST_MAX_MESSAGE_BYTES).contains(&max_message_bytes) {
            return Err(ConfigError::MessageLimit(max_message_bytes));
        }
        Ok(ServeOptions {
            listen,
            name: check_name(name.unwrap_or_default())?,
            allow_origin: allow_origin
                .iter()
                .map(|origin| origin.parse())
                .collect::<Result<_, _>>()?,
            max_message_bytes,
            peer_listen: peer_listen.unwrap_or(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))),
            discovery: !no_discovery.unwrap_or_default(),
            membership: membership(network, secret::one(secret, secret_file.as_deref())?)?,
            friends: primary
                .iter()
                .chain(&backup)
                .map(|ticket| ticket.trim().parse())
                .collect::<Result<_, _>>()?,
            internet: check_internet(internet.unwrap_or_default(), &relay)?,
        })
    }
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

fn membership(network: Option<String>, secret: Option<Secret>) -> Result<Membership, ConfigError> {
    let name = network.unwrap_or_default();
    let length = name.chars().count();
    if length > MAX_NAME_CHARS {
        return Err(ConfigError::NetworkLength(length));
    }
    Ok(Membership::new(name, secret.map(Secret::into_bytes)))
}

fn check_internet(is_wanted: bool, relays: &[String]) -> Result<Option<Internet>, ConfigError> {
    if !is_wanted {
        return match relays.first() {
            Some(relay) => Err(ConfigError::RelayAlone(relay.clone())),
            None => Ok(None),
        };
    }
    let relays = relays
        .iter()
        .map(|text| match text.parse::<RelayUrl>() {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
            Ok(_) | Err(_) => Err(ConfigError::Relay(text.clone())),
        })
        .collect::<Result<_, _>>()?;
    Ok(Some(Internet { relays }))
}
