//! Somebody who says by multicast DNS, again and again, that peers are there whom nobody ever started.

use std::{
    net::{Ipv4Addr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{JoinHandle, sleep},
    time::Duration,
};

use super::namespace::Machine;

/// Between two of them: far more than are listened to.
const PAUSE: Duration = Duration::from_millis(1);
/// The letters in which a peer writes its key into a name of DNS: five bits each.
const LETTERS: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";

/// It ends with its value.
pub(crate) struct Forger {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Forger {
    /// Starts to shout on the first interface of a machine on a `Lan`.
    pub(crate) fn start(machine: &Machine) -> Forger {
        machine.ip("route add 224.0.0.0/4 dev eth0");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = machine.inside(move || {
            let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
            while !stopped.load(Ordering::Relaxed) {
                let packet = announcement(&rand::random());
                socket.send_to(&packet, ("224.0.0.251", 5353)).unwrap();
                sleep(PAUSE);
            }
        });
        let thread = Some(thread);
        Forger { stop, thread }
    }
}

impl Drop for Forger {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // What went wrong in it, the test has noticed.
            let _ = thread.join();
        }
    }
}

/// What a peer of this key would say. About half of all keys are none; those are worth a try too.
fn announcement(key: &[u8; 32]) -> Vec<u8> {
    let id = letters(key);
    let host = name(&[&id, b"local"]);
    let mut srv = vec![0, 0, 0, 0, 0x12, 0x34];
    srv.extend(&host);
    // A response, with two answers.
    let mut packet = vec![0, 0, 0x84, 0, 0, 0, 0, 2, 0, 0, 0, 0];
    record(
        &mut packet,
        &name(&[&id, b"_parcero", b"_udp", b"local"]),
        33,
        &srv,
    );
    record(&mut packet, &host, 1, &[10, 9, 0, 200]);
    packet
}

fn record(packet: &mut Vec<u8>, name: &[u8], kind: u16, data: &[u8]) {
    packet.extend(name);
    packet.extend(kind.to_be_bytes());
    // Of the internet, and good for two minutes.
    packet.extend([0, 1, 0, 0, 0, 120]);
    packet.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    packet.extend(data);
}

fn name(labels: &[&[u8]]) -> Vec<u8> {
    let mut name = Vec::new();
    for label in labels {
        name.push(u8::try_from(label.len()).unwrap());
        name.extend(*label);
    }
    name.push(0);
    name
}

fn letters(key: &[u8; 32]) -> Vec<u8> {
    let bit = |at: usize| key.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let letter = |at: usize| (at..at + 5).fold(0, |letter, at| letter << 1 | bit(at));
    (0..256)
        .step_by(5)
        .map(|at| LETTERS[usize::from(letter(at))])
        .collect()
}
