//! What is said by multicast DNS, as bytes: who is there? (a query), and: I am, here (an announcement). Pure; hostile
//! bytes are tested here.
//!
//! It is ordinary DNS-SD, so that any browser of services lists the peers:
//!
//! ```text
//! _parcero._udp.local        PTR  <id>._parcero._udp.local
//! <id>._parcero._udp.local   SRV  0 0 <port> <id>.local        TXT  (empty)
//! <id>.local                 A or AAAA, each address on this interface
//! ```

use std::net::{IpAddr, SocketAddr};

use iroh::EndpointId;
use sha2::{Digest, Sha256};
use simple_dns::{
    CLASS, Label, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, ResourceRecord, TYPE,
    rdata::{PTR, RData, SRV, TXT},
};

/// The most that is read of a packet: an Ethernet frame holds no more, and what we say is a fifth of it.
pub(super) const MAX_PACKET: usize = 1500;
/// Records read of a packet: ours have at most three and an address each.
const MAX_RECORDS: usize = 32;
/// Addresses said of one peer on one interface, and taken from one.
pub(super) const MAX_ADDRESSES: usize = 8;
/// How long others may remember an announcement, in seconds: that of RFC 6762 for what names a host.
const REMEMBER: u32 = 120;
/// The service of peers that belong to no network of a name.
const SERVICE: &str = "parcero";

/// The service of one network. Networks do not hear each other: each has a service of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service(String);

/// A peer that says it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Announced {
    /// Its public key.
    pub(super) id: EndpointId,
    /// Where it may be.
    pub(super) addresses: Vec<SocketAddr>,
}

/// What a packet is to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// Who is there?
    Query,
    /// Somebody is.
    Announcement(Announced),
}

impl Service {
    /// The service of the network with this name.
    pub(super) fn of(network: &str) -> Self {
        if network.is_empty() {
            return Self(SERVICE.to_owned());
        }
        // The longest name of a service has fifteen characters (RFC 6335, section 5.1).
        let digest = Sha256::digest(network.as_bytes());
        Self(format!(
            "{SERVICE}{:02x}{:02x}{:02x}{:02x}",
            digest[0], digest[1], digest[2], digest[3]
        ))
    }

    fn name(&self) -> Name<'static> {
        Name::new_with_labels(&self.labels())
    }

    fn labels(&self) -> [Label<'static>; 3] {
        [format!("_{}", self.0), "_udp".to_owned(), "local".to_owned()].map(label)
    }

    /// The question who is there.
    pub(super) fn query(&self) -> Vec<u8> {
        let mut packet = Packet::new_query(0);
        let (of, class) = (QTYPE::TYPE(TYPE::PTR), QCLASS::CLASS(CLASS::IN));
        packet
            .questions
            .push(Question::new(self.name(), of, class, false));
        written(&packet)
    }

    /// Says that a peer is at these addresses, on the port of the first.
    pub(super) fn announcement(&self, announced: &Announced) -> Vec<u8> {
        self.say(announced, REMEMBER)
    }

    /// Says that it no longer is.
    pub(super) fn goodbye(&self, announced: &Announced) -> Vec<u8> {
        self.say(announced, 0)
    }

    fn say(&self, announced: &Announced, remember: u32) -> Vec<u8> {
        let Some(port) = announced.addresses.first().map(SocketAddr::port) else {
            return Vec::new();
        };
        let id = label(announced.id.to_z32());
        let host = Name::new_with_labels(&[id.clone(), label("local".to_owned())]);
        let [service, protocol, domain] = self.labels();
        let instance = Name::new_with_labels(&[id, service, protocol, domain]);
        let own = |name: &Name<'static>, data| {
            ResourceRecord::new(name.clone(), CLASS::IN, remember, data).with_cache_flush(true)
        };
        let srv = SRV {
            priority: 0,
            weight: 0,
            port,
            target: host.clone(),
        };
        let mut packet = Packet::new_reply(0);
        packet.set_flags(PacketFlag::AUTHORITATIVE_ANSWER);
        packet.answers.push(ResourceRecord::new(
            self.name(),
            CLASS::IN,
            remember,
            RData::PTR(PTR(instance.clone())),
        ));
        packet.answers.push(own(&instance, RData::SRV(srv)));
        packet.answers.push(own(&instance, RData::TXT(TXT::new())));
        for address in announced.addresses.iter().take(MAX_ADDRESSES) {
            let data = match address.ip() {
                IpAddr::V4(ip) => RData::A(ip.into()),
                IpAddr::V6(ip) => RData::AAAA(ip.into()),
            };
            packet.answers.push(own(&host, data));
        }
        written(&packet)
    }

    /// What a packet says of this service; `None` for anything else, which is most of what is heard.
    pub(super) fn read(&self, bytes: &[u8]) -> Option<Said> {
        if records(bytes)? > MAX_RECORDS {
            return None;
        }
        let packet = Packet::parse(bytes).ok()?;
        if !packet.has_flags(PacketFlag::RESPONSE) {
            let of = |question: &Question<'_>| {
                matches!(question.qtype, QTYPE::ANY | QTYPE::TYPE(TYPE::PTR))
                    && is_same(&question.qname, self.labels().iter())
            };
            return packet.questions.iter().any(of).then_some(Said::Query);
        }
        let records = || packet.answers.iter().chain(&packet.additional_records);
        // One packet tells of one peer.
        let (id, srv) = records().find_map(|record| match (&record.rdata, record.name.get_labels()) {
            (RData::SRV(srv), [id, service @ ..]) if record.ttl > 0 => {
                let is_ours = is_same(&Name::new_with_labels(service), self.labels().iter());
                let id = EndpointId::from_z32(std::str::from_utf8(id.as_ref()).ok()?).ok()?;
                (is_ours && srv.port > 0).then_some((id, srv))
            }
            _ => None,
        })?;
        let addresses: Vec<_> = records()
            .filter(|record| is_same(&record.name, srv.target.iter()))
            .filter_map(|record| match &record.rdata {
                RData::A(a) => Some(IpAddr::V4(a.address.into())),
                RData::AAAA(aaaa) => Some(IpAddr::V6(aaaa.address.into())),
                _ => None,
            })
            .map(|ip| SocketAddr::new(ip, srv.port))
            .take(MAX_ADDRESSES)
            .collect();
        Some(Said::Announcement(Announced { id, addresses }))
    }
}

fn label(text: String) -> Label<'static> {
    // Each is far from the limit of 63 characters: an id has 52, a service 16.
    Label::new_unchecked(text.into_bytes())
}

fn written(packet: &Packet<'_>) -> Vec<u8> {
    // Names and numbers are of our own making, and a Vec takes them all: nothing is left to go wrong. An empty packet,
    // which nobody answers, is the harmless way to be wrong about that.
    packet.build_bytes_vec_compressed().unwrap_or_default()
}

/// How many records a packet says that it has. Room for all of them is made before the first is read: this comes first.
fn records(bytes: &[u8]) -> Option<usize> {
    let counts = bytes.get(4..12)?;
    Some(
        counts
            .chunks_exact(2)
            .map(|count| usize::from(u16::from_be_bytes([count[0], count[1]])))
            .sum(),
    )
}

/// Names of hosts have no upper and lower case.
fn is_same<'a>(name: &Name<'_>, labels: impl ExactSizeIterator<Item = &'a Label<'a>>) -> bool {
    name.get_labels().len() == labels.len()
        && name
            .as_bytes()
            .zip(labels)
            .all(|(a, b)| a.eq_ignore_ascii_case(b.as_ref()))
}

#[cfg(test)]
mod tests {
    use iroh::SecretKey;
    use proptest::prelude::*;

    use super::*;

    fn announced(addresses: &[&str]) -> Announced {
        Announced {
            id: SecretKey::from_bytes(&[7; 32]).public(),
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn what_is_announced_is_what_is_heard() {
        let service = Service::of("");
        let here = announced(&["192.0.2.1:4711", "[2001:db8::1]:4711"]);
        let packet = service.announcement(&here);
        assert!(packet.len() < 300, "{} bytes", packet.len());
        assert_eq!(service.read(&packet), Some(Said::Announcement(here)));
    }

    #[test]
    fn a_question_is_heard_as_one() {
        let service = Service::of("home");
        assert_eq!(service.read(&service.query()), Some(Said::Query));
    }

    #[test]
    fn networks_do_not_hear_each_other() {
        let (home, work) = (Service::of("home"), Service::of("work"));
        assert_ne!(home, work);
        assert_eq!(work.read(&home.query()), None);
        assert_eq!(
            Service::of("").read(&home.announcement(&announced(&["192.0.2.1:1"]))),
            None
        );
    }

    #[test]
    fn the_name_of_a_service_has_at_most_fifteen_characters() {
        assert_eq!(Service::of("").0, "parcero");
        assert_eq!(Service::of(&"a long name ".repeat(20)).0.len(), 15);
    }

    #[test]
    fn who_says_goodbye_is_not_there() {
        let service = Service::of("");
        assert_eq!(service.read(&service.goodbye(&announced(&["192.0.2.1:1"]))), None);
    }

    #[test]
    fn more_addresses_than_are_taken_are_not_announced_either() {
        let many: Vec<_> = (1..=MAX_ADDRESSES + 1)
            .map(|n| format!("192.0.2.{n}:1"))
            .collect();
        let many = announced(&many.iter().map(String::as_str).collect::<Vec<_>>());
        let service = Service::of("");
        let Some(Said::Announcement(heard)) = service.read(&service.announcement(&many)) else {
            panic!("nothing was heard");
        };
        assert_eq!(heard.addresses, many.addresses[..MAX_ADDRESSES]);
    }

    #[test]
    fn a_packet_that_promises_more_records_than_it_may_have_is_not_read() {
        let service = Service::of("");
        let mut packet = service.announcement(&announced(&["192.0.2.1:1"]));
        let fits = u16::try_from(MAX_RECORDS - 4).unwrap();
        packet[8..10].copy_from_slice(&(fits + 1).to_be_bytes());
        assert_eq!(records(&packet), Some(MAX_RECORDS + 1));
        assert_eq!(service.read(&packet), None);
    }

    #[test]
    fn a_name_that_points_to_itself_is_refused() {
        let service = Service::of("");
        let mut packet = service.query();
        packet.truncate(12);
        packet.extend([0xc0, 12, 0, 12, 0, 1]);
        assert_eq!(service.read(&packet), None);
    }

    proptest! {
        #[test]
        fn bytes_of_anybody_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..MAX_PACKET)) {
            Service::of("").read(&bytes);
        }

        #[test]
        fn an_announcement_with_a_few_bytes_changed_is_read_without_harm(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
            end in any::<prop::sample::Index>(),
        ) {
            let service = Service::of("");
            let mut packet = service.announcement(&announced(&["192.0.2.1:1", "[2001:db8::1]:1"]));
            for (at, byte) in changes {
                let at = at.index(packet.len());
                packet[at] = byte;
            }
            packet.truncate(end.index(packet.len()) + 1);
            service.read(&packet);
        }
    }
}
