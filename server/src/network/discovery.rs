//! Finds peers by multicast DNS on every interface of this machine, loopback included, and is found by them.
//!
//! What comes by multicast is a hint, which anybody can forge: it gives a peer an address to be tried, and nothing else.

use std::{
    collections::{BTreeSet, HashMap},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use iroh::EndpointId;
use sha2::{Digest, Sha256};
use swarm_discovery::{Discoverer, DropGuard, IpClass};
use tokio::{
    runtime::Handle,
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval},
};

use super::{Network, known::Source};

/// How often to look whether an interface came or went.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Hints that may wait. More are dropped: they come again.
const QUEUE: usize = 64;
/// One peer is heard so often, and no more: whoever shouts is not heard better.
const HEAR_EVERY: Duration = Duration::from_secs(2);
/// Peers that are heard at all between two looks.
const MAX_HEARD: usize = 256;
/// The longest name of a DNS-SD service (RFC 6335, section 5.1).
const SERVICE: &str = "parcero";

/// Runs until the network stops. `listen` is the address of the socket: bound to one address, nothing is said elsewhere.
pub(super) async fn discover(network: Network, listen: IpAddr) {
    let (tell, mut hear) = mpsc::channel(QUEUE);
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut running: Option<(BTreeSet<Ipv4Addr>, DropGuard)> = None;
    let mut heard: HashMap<EndpointId, Instant> = HashMap::new();
    loop {
        tokio::select! {
            _ = look.tick() => {
                heard.retain(|_, when| when.elapsed() < HEAR_EVERY);
                let interfaces = interfaces(listen);
                if running.as_ref().is_some_and(|(before, _)| *before == interfaces) {
                    continue;
                }
                // The old one stops before the new one starts: they would hear each other.
                running = None;
                if interfaces.is_empty() {
                    continue;
                }
                match start(&network, &interfaces, tell.clone()) {
                    Ok(guard) => running = Some((interfaces, guard)),
                    // Friends and tickets still work.
                    Err(error) => tracing::warn!(%error, "peers on this network cannot be discovered"),
                }
            }
            Some((id, addresses)) = hear.recv() => {
                if heard.len() >= MAX_HEARD || heard.contains_key(&id) {
                    continue;
                }
                heard.insert(id, Instant::now());
                if let Err(error) = network.discovered(id, addresses).await {
                    tracing::warn!(%error, "a peer that was discovered could not be written down");
                }
            }
        }
    }
}

fn start(
    network: &Network,
    interfaces: &BTreeSet<Ipv4Addr>,
    tell: mpsc::Sender<(EndpointId, Vec<SocketAddr>)>,
) -> Result<DropGuard, swarm_discovery::SpawnError> {
    // Not every address is one of multicast's interfaces, and the other way round: a port is said for each of them.
    let port = network.addresses().first().map_or(0, SocketAddr::port);
    let own = network.id();
    Discoverer::new_interactive(service(network.membership().name()), own.to_z32())
        .with_ip_class(IpClass::V4Only)
        .with_multicast_interfaces_v4(interfaces.iter().copied().collect())
        .with_addrs(port, interfaces.iter().copied().map(IpAddr::V4))
        .with_callback(move |id, peer| {
            let Ok(id) = EndpointId::from_z32(id) else { return };
            let addresses: Vec<_> = peer
                .addrs()
                .iter()
                .map(|&(ip, port)| SocketAddr::new(ip, port))
                .collect();
            if id != own && !addresses.is_empty() {
                // Full: it comes again.
                let _ = tell.try_send((id, addresses));
            }
        })
        .spawn(&Handle::current())
}

/// Networks do not hear each other: each has a service of its own.
fn service(network: &str) -> String {
    if network.is_empty() {
        return SERVICE.to_owned();
    }
    let digest = Sha256::digest(network.as_bytes());
    format!(
        "{SERVICE}{:02x}{:02x}{:02x}{:02x}",
        digest[0], digest[1], digest[2], digest[3]
    )
}

/// The addresses whose interfaces are to be used.
fn interfaces(listen: IpAddr) -> BTreeSet<Ipv4Addr> {
    match listen {
        IpAddr::V4(one) if !one.is_unspecified() => [one].into(),
        IpAddr::V6(one) if !one.is_unspecified() => BTreeSet::new(),
        _ => netdev::get_interfaces()
            .into_iter()
            .filter(netdev::Interface::is_up)
            .flat_map(|interface| interface.ipv4_addrs())
            .collect(),
    }
}

impl Network {
    /// A peer was heard by multicast.
    async fn discovered(&self, id: EndpointId, addresses: Vec<SocketAddr>) -> Result<(), super::StoreError> {
        if !self.book().meet(id, Source::Discovered).await? {
            return Ok(());
        }
        if self.link_to(id).is_some() {
            return Ok(());
        }
        self.book().change(id, |known| known.hint(&addresses)).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_of_each_network_is_a_name_that_dns_takes() {
        assert_eq!(service(""), "parcero");
        assert!(service(&"a long name ".repeat(20)).len() <= 15);
        assert_ne!(service("home"), service("work"));
    }

    #[test]
    fn a_socket_of_one_address_is_announced_there_alone() {
        assert_eq!(
            interfaces("127.0.0.1".parse().unwrap()),
            [Ipv4Addr::LOCALHOST].into()
        );
        assert!(interfaces("::".parse().unwrap()).contains(&Ipv4Addr::LOCALHOST));
    }
}
