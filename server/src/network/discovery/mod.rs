//! Finds peers by multicast DNS on every interface of this machine, loopback included, and is found by them.
//!
//! What comes by multicast is a hint, which anybody can forge: it gives a peer an address to be tried, and nothing else.
//! `interfaces` says where to look, `line` is one of them, `packet` what is said there and `crowd` how much is heard.

mod crowd;
mod interfaces;
mod line;
mod packet;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use iroh::EndpointId;
use tokio::{
    sync::mpsc,
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};
use tokio_util::task::AbortOnDropHandle;

use self::{
    crowd::{Crowd, MAX_NEWCOMERS},
    interfaces::Interface,
    line::Line,
    packet::{Announced, Service},
};
use super::{Network, known::Source};

/// How often to look whether an interface came or went: a person who plugs in a cable is served before they wonder.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// Hints that may wait: as many newcomers as are let in at once, and as many again of those who are known.
const QUEUE: usize = 2 * MAX_NEWCOMERS;

/// Runs until the network stops. `listen` is the address of the socket: bound to one address, nothing is said elsewhere.
pub(super) async fn discover(network: Network, listen: IpAddr) {
    let (tell, mut hints) = mpsc::channel(QUEUE);
    let ear = Arc::new(Ear {
        network: network.clone(),
        tell,
        heard: Mutex::default(),
    });
    let mut lines = Lines {
        service: Service::of(network.membership().name()),
        ear,
        open: BTreeMap::new(),
        refused: BTreeSet::new(),
    };
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = look.tick() => match spawn_blocking(move || interfaces::usable(listen)).await {
                Ok(found) => lines.follow(found),
                Err(error) => tracing::debug!(%error, "the interfaces of this machine could not be listed"),
            },
            Some(Announced { id, addresses }) = hints.recv() => {
                network.discovered(id, &addresses);
            }
        }
    }
}

/// The interfaces that are open.
struct Lines {
    service: Service,
    ear: Arc<Ear>,
    open: BTreeMap<Interface, AbortOnDropHandle<()>>,
    /// Those that could not be opened, of which a person was told once.
    refused: BTreeSet<Interface>,
}

impl Lines {
    /// Closes those that went and opens those that came. One whose socket failed is opened again.
    fn follow(&mut self, found: Vec<Interface>) {
        let addresses = found.iter().flat_map(Interface::addresses).collect();
        self.ear.heard().is_here(addresses);
        self.open
            .retain(|interface, line| found.contains(interface) && !line.is_finished());
        self.refused.retain(|interface| found.contains(interface));
        for interface in found {
            if !self.open.contains_key(&interface) {
                self.open(interface);
            }
        }
    }

    fn open(&mut self, interface: Interface) {
        let own = Announced {
            id: self.ear.network.id(),
            addresses: self.ear.network.sockets_on(&interface),
        };
        if own.addresses.is_empty() {
            return;
        }
        match Line::open(interface.clone(), self.service.clone(), own) {
            Ok(line) => {
                self.refused.remove(&interface);
                let (ear, name) = (self.ear.clone(), interface.name.clone());
                let run = async move {
                    let error = line.run(|announced| ear.hear(announced)).await;
                    tracing::debug!(interface = name, %error, "discovery starts again on an interface");
                };
                self.open
                    .insert(interface, AbortOnDropHandle::new(tokio::spawn(run)));
            }
            // Friends and tickets still work.
            Err(error) if self.refused.insert(interface.clone()) => {
                let interface = interface.name;
                tracing::warn!(interface, %error, "no peers can be discovered on this interface; friends are found by their tickets");
            }
            Err(_) => {}
        }
    }
}

/// Where all lines are heard.
struct Ear {
    network: Network,
    tell: mpsc::Sender<Announced>,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    crowd: Crowd,
    /// The addresses of this machine, now and when it was last looked: packets may be late.
    own: [BTreeSet<IpAddr>; 2],
    /// A person was told that this peer has a double.
    told_of_double: bool,
}

impl Ear {
    fn hear(&self, announced: Announced) {
        let Announced { id, addresses } = &announced;
        if *id == self.network.id() {
            return self.hear_itself(addresses);
        }
        let is_known = self.network.relation(*id).is_some();
        if self.heard().crowd.lets_in(*id, is_known) {
            // Full: it is said again.
            let _ = self.tell.try_send(announced);
        }
    }

    /// What this peer says comes back to it. The same from an address that it does not have is something else.
    fn hear_itself(&self, addresses: &[SocketAddr]) {
        let ports = self.network.sockets().map(|socket| socket.port());
        let ports: BTreeSet<_> = ports.collect();
        let mut heard = self.heard();
        let is_own = |address: &SocketAddr| {
            ports.contains(&address.port()) && heard.own.iter().any(|own| own.contains(&address.ip()))
        };
        let Some(address) = addresses.iter().find(|address| !is_own(address)).copied() else {
            return;
        };
        if std::mem::replace(&mut heard.told_of_double, true) {
            return;
        }
        tracing::warn!(
            %address,
            "another peer goes by the key of this one. If its data folder is a copy of this peer's, stop one of the \
             two, delete its data folder and start it again: it gets a key of its own. If nobody made a copy, \
             somebody on this network pretends to be this peer: calls to it fail, and nothing else is harmed"
        );
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn is_here(&mut self, now: BTreeSet<IpAddr>) {
        self.own[1] = std::mem::replace(&mut self.own[0], now);
    }
}

impl Network {
    fn sockets(&self) -> impl Iterator<Item = SocketAddr> {
        self.0.endpoint.bound_sockets().into_iter()
    }

    /// Where this peer is reached on one interface: at one port, for an announcement has room for one.
    fn sockets_on(&self, interface: &Interface) -> Vec<SocketAddr> {
        let port_for = |ip: IpAddr| {
            let mut sockets = self.sockets();
            sockets.find_map(|socket| (socket.is_ipv4() == ip.is_ipv4()).then_some(socket.port()))
        };
        let addresses = interface.addresses();
        addresses
            .filter_map(|ip| Some(SocketAddr::new(ip, port_for(ip)?)))
            .collect()
    }

    /// A peer was heard by multicast.
    fn discovered(&self, id: EndpointId, addresses: &[SocketAddr]) {
        let near: Vec<_> = addresses
            .iter()
            .copied()
            .filter(|&address| self.0.near.contains(address))
            .collect();
        if near.is_empty() || self.link_to(id).is_some() {
            return;
        }
        self.book().meet(id, Source::Discovered, None);
        let mut is_news = false;
        self.book().change(id, |known| {
            is_news = near.iter().any(|address| !known.hints.contains(address));
            known.hint(&near);
        });
        if is_news {
            self.live().hurry(id);
        }
    }
}
