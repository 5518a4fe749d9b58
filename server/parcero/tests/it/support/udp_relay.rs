//! A way for packets that takes its time: what comes to one address is passed on to another, and the answers back.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::SocketAddr,
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use tokio::{
    net::UdpSocket,
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::namespace::Machine;

/// Packets that are under way at once in one direction; more are lost, as they are on a full line.
const UNDER_WAY: usize = 1024;
/// No packet is longer on a cable of ours.
const LONGEST: usize = 1500;

/// It ends with its value.
pub(crate) struct UdpRelay {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl UdpRelay {
    /// On this machine, what comes to `from` is passed on to `to`, later by `delay`.
    pub(crate) fn start(machine: &Machine, from: SocketAddr, to: SocketAddr, delay: Duration) -> UdpRelay {
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let thread = machine.inside(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let socket = Arc::new(UdpSocket::bind(from).await.unwrap());
                ready.send(()).unwrap();
                tokio::select! {
                    () = relay(socket, to, delay) => {}
                    // The value was dropped.
                    _ = stopped => {}
                }
            });
        });
        is_ready.recv().expect("the relay has its socket");
        UdpRelay {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for UdpRelay {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // What went wrong in it, the test has noticed.
            let _ = thread.join();
        }
    }
}

type Line = mpsc::Sender<(Instant, Vec<u8>)>;

/// Each who sends something has a socket of its own towards the other side.
async fn relay(socket: Arc<UdpSocket>, to: SocketAddr, delay: Duration) {
    let mut lines: HashMap<SocketAddr, Line> = HashMap::new();
    let mut tasks = JoinSet::new();
    let mut buffer = [0; LONGEST];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
        if let Entry::Vacant(line) = lines.entry(from) {
            let near = SocketAddr::new(socket.local_addr().unwrap().ip(), 0);
            let other = Arc::new(UdpSocket::bind(near).await.unwrap());
            other.connect(to).await.unwrap();
            let (there, way_there) = mpsc::channel(UNDER_WAY);
            let (back, way_back) = mpsc::channel(UNDER_WAY);
            line.insert(there);
            tasks.spawn(deliver(way_there, other.clone(), to));
            tasks.spawn(deliver(way_back, socket.clone(), from));
            tasks.spawn(async move {
                let mut buffer = [0; LONGEST];
                loop {
                    // Nobody may be there yet, or any more.
                    if let Ok(length) = other.recv(&mut buffer).await {
                        let _ = back.try_send((Instant::now() + delay, buffer[..length].to_vec()));
                    }
                }
            });
        }
        // Full: the packet is lost.
        let _ = lines[&from].try_send((Instant::now() + delay, buffer[..length].to_vec()));
    }
}

async fn deliver(mut packets: mpsc::Receiver<(Instant, Vec<u8>)>, socket: Arc<UdpSocket>, to: SocketAddr) {
    while let Some((when, packet)) = packets.recv().await {
        sleep_until(when).await;
        let is_connected = socket.peer_addr().is_ok();
        // A packet may be lost.
        let _ = if is_connected {
            socket.send(&packet).await
        } else {
            socket.send_to(&packet, to).await
        };
    }
}
