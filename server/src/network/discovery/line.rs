//! One interface that is listened and spoken on: a socket, and when to say what.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    time::Duration,
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    net::UdpSocket,
    time::{Instant, sleep_until},
};

use super::{
    interfaces::{Interface, Speaks},
    packet::{Announced, MAX_PACKET, Said, Service},
};

/// Where multicast DNS is spoken (RFC 6762, section 3). Both groups are of one link: no router passes them on.
const PORT: u16 = 5353;
const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
/// The most a packet lives on: a receiver may take fewer for a sign that it came from further away (RFC 6762, section 11).
const HOPS: u32 = 255;

/// How long after the beginning it asks who is there, and says that it is: three times, for the first may be lost.
const AT_FIRST: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];
/// How often it says so ever after, unasked, for who heard nothing. One small packet of each peer: a hundred peers make
/// three a second.
const ANNOUNCE_EVERY: Duration = Duration::from_secs(30);
/// It answers no more often than this, however many ask (RFC 6762, section 6).
const ANSWER_EVERY: Duration = Duration::from_secs(1);
/// Not all answer at the same moment: each waits between 20 and 120 ms (RFC 6762, section 6).
const ANSWER_AFTER: Duration = Duration::from_millis(20);
const ANSWER_WITHIN: Duration = Duration::from_millis(100);

/// Longer than any datagram: a longer one would be an error on some systems, and not a packet to be passed over.
const BUFFER: usize = 65_536;

/// An interface that is open. Dropping it says goodbye.
pub(super) struct Line {
    socket: UdpSocket,
    group: SocketAddr,
    interface: Interface,
    service: Service,
    own: Announced,
}

impl Line {
    /// Joins the group on this interface, and on no other.
    ///
    /// # Errors
    /// Where the system does not allow it.
    pub(super) fn open(interface: Interface, service: Service, own: Announced) -> io::Result<Self> {
        let (socket, group) = match interface.speaks {
            Speaks::V4(address) => (open_v4(address)?, SocketAddrV4::new(GROUP_V4, PORT).into()),
            Speaks::V6 => (
                open_v6(interface.index)?,
                SocketAddrV6::new(GROUP_V6, PORT, 0, interface.index).into(),
            ),
        };
        Ok(Self {
            socket: UdpSocket::from_std(socket.into())?,
            group,
            interface,
            service,
            own,
        })
    }

    /// Asks, answers and listens, and tells `hear` of every peer that says it is there. Ends when the socket fails.
    pub(super) async fn run(self, hear: impl Fn(Announced)) -> io::Error {
        let start = Instant::now();
        let mut at_first = AT_FIRST.iter();
        let mut announce = start;
        let mut answer: Option<Instant> = None;
        let mut last = None;
        let mut buffer = vec![0; BUFFER];
        loop {
            let next = answer.map_or(announce, |answer| answer.min(announce));
            tokio::select! {
                heard = self.socket.recv_from(&mut buffer) => {
                    let (length, from) = match heard {
                        Ok(heard) => heard,
                        Err(error) => return error,
                    };
                    match self.read(&buffer[..length], from) {
                        Some(Said::Query) if answer.is_none() => {
                            let earliest = last.map_or(start, |last| last + ANSWER_EVERY);
                            answer = Some(earliest.max(Instant::now() + self.patience()));
                        }
                        Some(Said::Announcement(announced)) => hear(announced),
                        _ => {}
                    }
                }
                () = sleep_until(next) => {
                    let now = Instant::now();
                    if now >= announce {
                        let asks = at_first.next().is_some();
                        announce = at_first.as_slice().first().map_or(now + ANNOUNCE_EVERY, |&after| start + after);
                        if asks {
                            self.send(&self.service.query()).await;
                        }
                    }
                    self.send(&self.service.announcement(&self.own)).await;
                    (last, answer) = (Some(now), None);
                }
            }
        }
    }

    /// What is said on this interface by somebody who is on it, with the addresses that can be reached there.
    fn read(&self, packet: &[u8], from: SocketAddr) -> Option<Said> {
        if packet.len() > MAX_PACKET || !self.interface.is_near(from.ip()) {
            return None;
        }
        let mut said = self.service.read(packet)?;
        if let Said::Announcement(announced) = &mut said {
            announced
                .addresses
                .retain(|address| self.interface.reaches(address.ip()));
            if announced.addresses.is_empty() {
                return None;
            }
        }
        Some(said)
    }

    /// Always the same for one peer, and another for the next.
    fn patience(&self) -> Duration {
        ANSWER_AFTER + ANSWER_WITHIN * u32::from(self.own.id.as_bytes()[0]) / 255
    }

    async fn send(&self, packet: &[u8]) {
        if let Err(error) = self.socket.send_to(packet, self.group).await {
            // A firewall, or the interface is just going: what is said now is said again.
            tracing::debug!(interface = self.interface.name, %error, "a multicast packet did not go out");
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // A courtesy to those who list services. Peers themselves do not believe it: anybody could say it.
        let _ = self
            .socket
            .try_send_to(&self.service.goodbye(&self.own), self.group);
    }
}

fn open_v4(address: Ipv4Addr) -> io::Result<Socket> {
    let socket = open(Domain::IPV4)?;
    // Not one of the groups that other programs have joined on other interfaces.
    #[cfg(target_os = "linux")]
    socket.set_multicast_all_v4(false)?;
    socket.bind(&bind_to(SocketAddrV4::new(GROUP_V4, PORT).into()).into())?;
    socket.join_multicast_v4(&GROUP_V4, &address)?;
    socket.set_multicast_if_v4(&address)?;
    socket.set_multicast_ttl_v4(HOPS)?;
    // The other peers of this machine hear it too.
    socket.set_multicast_loop_v4(true)?;
    Ok(socket)
}

fn open_v6(index: u32) -> io::Result<Socket> {
    let socket = open(Domain::IPV6)?;
    socket.set_only_v6(true)?;
    #[cfg(target_os = "linux")]
    socket.set_multicast_all_v6(false)?;
    socket.bind(&bind_to(SocketAddrV6::new(GROUP_V6, PORT, 0, index).into()).into())?;
    socket.join_multicast_v6(&GROUP_V6, index)?;
    socket.set_multicast_if_v6(index)?;
    socket.set_multicast_hops_v6(HOPS)?;
    socket.set_multicast_loop_v6(true)?;
    Ok(socket)
}

fn open(domain: Domain) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    // The port belongs to everybody who speaks multicast DNS on this machine.
    socket.set_reuse_address(true)?;
    // Elsewhere than on Linux and Windows it takes this to share it.
    #[cfg(all(unix, not(target_os = "linux")))]
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Bound to the group it hears nothing else; Windows cannot do that.
fn bind_to(group: SocketAddr) -> SocketAddr {
    if !cfg!(windows) {
        return group;
    }
    match group {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, PORT).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, PORT).into(),
    }
}
