//! Which addresses are near: on this machine's own networks. What others say of a peer's whereabouts leads no further.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{PoisonError, RwLock},
};

/// The networks this machine is in.
#[derive(Debug)]
pub(super) struct Near {
    reach: Reach,
    subnets: RwLock<Vec<(IpAddr, u8)>>,
}

/// How far this peer goes for what others say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// It is bound to the loopback interface.
    Loopback,
    /// The networks this machine is in.
    Subnets,
    /// Anywhere: its person said so.
    Internet,
}

impl Near {
    pub(super) fn new(reach: Reach) -> Self {
        Self {
            reach,
            subnets: RwLock::default(),
        }
    }

    /// Looks at the interfaces. It asks the system, and so takes a moment.
    pub(super) fn look(&self) {
        if self.reach == Reach::Loopback {
            return;
        }
        let subnets = netdev::get_interfaces()
            .into_iter()
            .filter(netdev::Interface::is_up)
            .flat_map(|interface| {
                let v4 = interface
                    .ipv4
                    .iter()
                    .map(|net| (IpAddr::V4(net.addr()), net.prefix_len()));
                let v6 = interface
                    .ipv6
                    .iter()
                    .map(|net| (IpAddr::V6(net.addr()), net.prefix_len()));
                v4.chain(v6).collect::<Vec<_>>()
            })
            .collect();
        *self.subnets.write().unwrap_or_else(PoisonError::into_inner) = subnets;
    }

    /// Whether packets may go to an address that somebody else gave.
    pub(super) fn contains(&self, address: SocketAddr) -> bool {
        let ip = address.ip().to_canonical();
        if address.port() == 0 || ip.is_unspecified() || ip.is_multicast() {
            return false;
        }
        match self.reach {
            Reach::Loopback => ip.is_loopback(),
            Reach::Internet => true,
            Reach::Subnets => self.is_own(ip),
        }
    }

    /// Whether an address is of this machine or of a network it is in: whatever range it is of, no router is between.
    pub(super) fn is_own(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        let subnets = self.subnets.read().unwrap_or_else(PoisonError::into_inner);
        ip.is_loopback() || subnets.iter().any(|&(own, length)| is_within(ip, own, length))
    }
}

fn is_within(ip: IpAddr, network: IpAddr, length: u8) -> bool {
    let (ip, network, bits) = match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            (u128::from(u32::from(ip)), u128::from(u32::from(network)), 32)
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => (u128::from(ip), u128::from(network), 128),
        _ => return false,
    };
    let rest = bits - u32::from(length).min(bits);
    // All bits of the longest rest are too many to shift.
    ip.checked_shr(rest) == network.checked_shr(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Near {
        /// On a machine with these interfaces.
        pub(in crate::network) fn with(reach: Reach, subnets: &[(&str, u8)]) -> Self {
            let near = Self::new(reach);
            let subnets = subnets
                .iter()
                .map(|(address, length)| (address.parse().unwrap(), *length));
            *near.subnets.write().unwrap() = subnets.collect();
            near
        }
    }

    #[test]
    fn a_subnet_is_near_and_the_rest_of_the_world_is_not() {
        let near = Near::with(Reach::Subnets, &[("192.168.1.7", 24), ("fd00::7", 64)]);
        for (address, expected) in [
            ("192.168.1.255:1", true),
            ("192.168.2.1:1", false),
            ("[::ffff:192.168.1.9]:1", true),
            ("[fd00::ffff]:1", true),
            ("[fd00:0:0:1::1]:1", false),
            ("127.0.0.1:1", true),
            ("[::1]:1", true),
            ("8.8.8.8:1", false),
            ("192.168.1.9:0", false),
            ("224.0.0.251:5353", false),
            ("0.0.0.0:1", false),
        ] {
            assert_eq!(near.contains(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn a_peer_of_the_loopback_interface_goes_nowhere_else_and_one_of_the_internet_everywhere() {
        let address = "192.168.1.9:1".parse().unwrap();
        assert!(!Near::new(Reach::Loopback).contains(address));
        assert!(Near::new(Reach::Internet).contains(address));
        assert!(!Near::new(Reach::Internet).contains("192.168.1.9:0".parse().unwrap()));
    }

    #[test]
    fn the_interfaces_of_this_machine_are_read_also_where_the_internet_is_allowed() {
        for (reach, expected) in [
            (Reach::Subnets, true),
            (Reach::Internet, true),
            (Reach::Loopback, false),
        ] {
            let near = Near::new(reach);
            near.look();
            assert_eq!(!near.subnets.read().unwrap().is_empty(), expected, "{reach:?}");
        }
    }
}
