//! The interfaces of this machine on which peers are looked for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netdev::ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::packet::MAX_ADDRESSES;

/// The most that are used. A machine that runs containers has one for each, and each takes a socket and a packet now and
/// then.
const MAX_INTERFACES: usize = 32;

/// One interface, by one version of IP.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Interface {
    /// Loopback comes first, then those with IPv4: no others can take their place.
    order: (bool, bool),
    /// As the system counts it.
    pub(super) index: u32,
    /// As the system calls it.
    pub(super) name: String,
    /// Which group is spoken to there, and from which address.
    pub(super) speaks: Speaks,
    /// The addresses of this machine there, with the subnets that they are in.
    nets: Vec<IpNet>,
}

/// How packets go out of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Speaks {
    /// By IPv4, from this address.
    V4(Ipv4Addr),
    /// By IPv6, from whichever the system takes.
    V6,
}

impl Interface {
    /// The addresses of this machine there.
    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.nets.iter().map(IpNet::addr)
    }

    /// Whether a packet may have come from here.
    pub(super) fn is_near(&self, from: IpAddr) -> bool {
        let is_link_local = matches!(from, IpAddr::V6(ip) if ip.is_unicast_link_local());
        self.is_here(from) || (is_link_local && !self.is_loopback())
    }

    /// Whether somebody who says to have this address here may be believed: it is in the subnets of this interface, and
    /// not everybody's. A hint makes us dial, and it shall not be a way to make us dial anybody.
    pub(super) fn reaches(&self, ip: IpAddr) -> bool {
        let is_everybodys = |net: &IpNet| match net {
            IpNet::V4(net) if net.prefix_len() < 31 => ip == net.network() || ip == net.broadcast(),
            _ => false,
        };
        self.is_here(ip) && !self.nets.iter().any(is_everybodys)
    }

    fn is_here(&self, ip: IpAddr) -> bool {
        if self.is_loopback() {
            return ip.is_loopback();
        }
        !ip.is_loopback() && !ip.is_multicast() && self.nets.iter().any(|net| net.contains(&ip))
    }

    fn is_loopback(&self) -> bool {
        !self.order.0
    }
}

/// The interfaces of this machine to be used by a peer whose socket is bound to `listen`. Asks the system: this blocks.
pub(super) fn usable(listen: IpAddr) -> Vec<Interface> {
    choose(netdev::get_interfaces(), listen)
}

fn choose(all: Vec<netdev::Interface>, listen: IpAddr) -> Vec<Interface> {
    let mut found: Vec<_> = all
        .into_iter()
        // A cable that is pulled ends it, and one that is put back is a new beginning.
        .filter(|one| one.is_up() && one.is_running() && (one.is_multicast() || one.is_loopback()))
        .flat_map(|one| by_version(&one, listen))
        .collect();
    found.sort();
    found.truncate(MAX_INTERFACES);
    found
}

fn by_version(one: &netdev::Interface, listen: IpAddr) -> Vec<Interface> {
    let is_loopback = one.is_loopback();
    let ready = |at: usize| {
        let flags = one.ipv6_addr_flags.get(at).copied().unwrap_or_default();
        !(flags.tentative || flags.duplicated || flags.deprecated)
    };
    let (v4, v6) = (one.ipv4.iter().copied(), one.ipv6.iter().copied());
    let v4: Vec<_> = v4.filter_map(|net| bound_v4(net, listen, is_loopback)).collect();
    let v6: Vec<_> = v6
        .enumerate()
        .filter(|(at, net)| ready(*at) && bound_v6(*net, listen))
        .map(|(_, net)| net)
        .collect();
    let make = |speaks, nets: Vec<IpNet>| Interface {
        order: (!is_loopback, !matches!(speaks, Speaks::V4(_))),
        index: one.index,
        name: one.name.clone(),
        speaks,
        nets: nets.into_iter().take(MAX_ADDRESSES).collect(),
    };
    let own_v4 = one.ipv4.first().map(|net| Speaks::V4(net.addr()));
    let mut found = Vec::new();
    if let Some(first) = v4.first() {
        found.push(make(
            Speaks::V4(first.addr()),
            v4.into_iter().map(IpNet::V4).collect(),
        ));
        if is_loopback {
            // Who is on this machine is found already.
            return found;
        }
    }
    if !v6.is_empty() {
        // Linux has no way for multicast by IPv6 on loopback: there IPv4 carries it.
        let speaks = own_v4.filter(|_| is_loopback).unwrap_or(Speaks::V6);
        found.push(make(speaks, v6.into_iter().map(IpNet::V6).collect()));
    }
    found
}

/// The part of it that a socket bound to `listen` is reached by.
fn bound_v4(net: Ipv4Net, listen: IpAddr, is_loopback: bool) -> Option<Ipv4Net> {
    match listen {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) | IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Some(net),
        // Every address of 127.0.0.0/8 is on loopback, though the system names only one.
        IpAddr::V4(one) if is_loopback && net.contains(&one) => Ipv4Net::new(one, net.prefix_len()).ok(),
        IpAddr::V4(one) => (net.addr() == one).then_some(net),
        IpAddr::V6(_) => None,
    }
}

/// Not the link-local ones: iroh forgets on which interface a packet from such an address came, and no answer finds back.
fn bound_v6(net: Ipv6Net, listen: IpAddr) -> bool {
    let is_meant = listen == Ipv6Addr::UNSPECIFIED || listen == net.addr();
    is_meant && !net.addr().is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(index: u32, is_loopback: bool, nets: &[&str]) -> netdev::Interface {
        let mut made = netdev::Interface::dummy();
        made.index = index;
        // Whatever the system calls up, running and able to do multicast, it is among these.
        made.flags = if is_loopback { u32::MAX } else { !LOOPBACK_FLAG };
        for net in nets {
            match net.parse().unwrap() {
                IpNet::V4(net) => made.ipv4.push(net),
                IpNet::V6(net) => made.ipv6.push(net),
            }
        }
        made
    }

    #[cfg(any(target_os = "linux", target_os = "macos"))]
    const LOOPBACK_FLAG: u32 = 8;
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    const LOOPBACK_FLAG: u32 = 4;

    fn machine() -> Vec<netdev::Interface> {
        vec![
            interface(2, false, &["192.168.1.5/24", "fe80::5/64", "2001:db8::5/64"]),
            interface(1, true, &["127.0.0.1/8", "::1/128"]),
        ]
    }

    fn chosen(listen: &str) -> Vec<(u32, Vec<String>)> {
        choose(machine(), listen.parse().unwrap())
            .iter()
            .map(|one| (one.index, one.addresses().map(|ip| ip.to_string()).collect()))
            .collect()
    }

    fn check(listen: &str, expected: &[(u32, &[&str])]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(index, ips)| (*index, ips.iter().map(ToString::to_string).collect::<Vec<_>>()))
            .collect();
        assert_eq!(chosen(listen), expected, "bound to {listen}");
    }

    #[test]
    fn a_socket_of_one_address_is_announced_there_alone() {
        check("127.0.0.1", &[(1, &["127.0.0.1"])]);
        check("127.0.0.9", &[(1, &["127.0.0.9"])]);
        check("::1", &[(1, &["::1"])]);
        check("192.168.1.5", &[(2, &["192.168.1.5"])]);
        check("2001:db8::5", &[(2, &["2001:db8::5"])]);
        check("192.168.1.6", &[]);
    }

    #[test]
    fn a_socket_of_every_address_is_announced_on_every_interface() {
        check("0.0.0.0", &[(1, &["127.0.0.1"]), (2, &["192.168.1.5"])]);
        check(
            "::",
            &[(1, &["127.0.0.1"]), (2, &["192.168.1.5"]), (2, &["2001:db8::5"])],
        );
    }

    #[test]
    fn an_interface_that_is_down_or_unplugged_is_not_used() {
        let mut machine = machine();
        machine[0].flags = 0;
        assert_eq!(choose(machine, Ipv6Addr::UNSPECIFIED.into()).len(), 1);
    }

    #[test]
    fn containers_never_take_the_place_of_loopback() {
        let many = (2..100).map(|n| interface(n, false, &["10.0.0.1/16"]));
        let found = choose(
            many.chain([interface(100, true, &["127.0.0.1/8"])]).collect(),
            Ipv6Addr::UNSPECIFIED.into(),
        );
        assert_eq!(found.len(), MAX_INTERFACES);
        assert_eq!(found[0].index, 100);
    }

    #[test]
    fn only_what_is_on_the_subnets_of_an_interface_is_reached_there() {
        let found = choose(machine(), Ipv6Addr::UNSPECIFIED.into());
        let cases = [
            (0, "127.0.0.2", true),
            (0, "::1", true),
            (0, "192.168.1.5", false),
            (1, "192.168.1.77", true),
            (1, "192.168.1.0", false),
            (1, "192.168.1.255", false),
            (1, "192.168.2.1", false),
            (1, "127.0.0.1", false),
            (1, "8.8.8.8", false),
            (1, "224.0.0.251", false),
            (1, "0.0.0.0", false),
            (2, "2001:db8::6", true),
            (2, "2001:db9::6", false),
            (2, "fe80::6", false),
            (2, "ff02::1", false),
            (2, "::1", false),
            (2, "192.168.1.77", false),
        ];
        for (at, ip, expected) in cases {
            assert_eq!(found[at].reaches(ip.parse().unwrap()), expected, "{ip}");
        }
        // Multicast by IPv6 comes from link-local addresses.
        assert!(found[2].is_near("fe80::6".parse().unwrap()));
        assert!(!found[0].is_near("fe80::6".parse().unwrap()));
    }
}
