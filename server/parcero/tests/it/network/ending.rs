//! However a peer ends, its socket is closed, and the terminal tells of nothing that a person need not know.

use std::{
    net::UdpSocket,
    time::{Duration, Instant},
};

use iroh::{EndpointAddr, SecretKey};
use parcero::network::Ticket;
#[cfg(unix)]
use rustix::process::Signal;

use crate::support::{Ended, TestPeer};

/// A guard: the peer dials its friend when it starts.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the library says of a socket that was left open.
const LEFT_OPEN: &str = "Endpoint dropped";

#[track_caller]
fn is_quiet(ended: &Ended) {
    assert!(!ended.stderr.contains(LEFT_OPEN), "{}", ended.stderr);
}

/// A peer that dials a friend who never answers.
fn dialling() -> (TestPeer, UdpSocket) {
    let mute = UdpSocket::bind("127.0.0.1:0").unwrap();
    let id = SecretKey::from_bytes(&[7; 32]).public();
    let address = EndpointAddr::new(id).with_ip_addr(mute.local_addr().unwrap());
    let ticket = Ticket::new(address, None).to_string();
    let peer = TestPeer::start(&["--primary", &ticket]);
    mute.set_read_timeout(Some(PATIENCE)).unwrap();
    mute.recv_from(&mut [0; 2048]).expect("it dials");
    (peer, mute)
}

#[test]
fn a_peer_that_is_stopped_while_it_dials_ends_soon_and_in_order() {
    let (peer, _mute) = dialling();
    let start = Instant::now();
    let (ended, _) = peer.stop();
    is_quiet(&ended);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    #[cfg(unix)]
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_while_it_dials_ends_it_at_once_and_in_order() {
    use crate::support::{
        road::{Ask, Line, Road},
        wire::hello,
    };

    let (peer, _mute) = dialling();
    let mut line = Line::connect(&peer, Road::Native).await;
    let slow = Ask::greeter("ServerStreaming").with("parcero-interval-ms", "60000");
    let (mut asker, mut answers) = line.open(&slow).await;
    asker.send(&hello("Hola", "Ana")).await;
    asker.finish().await;
    answers.message().await;
    peer.signal(Signal::TERM);
    peer.says("Waiting for 1 call to finish");
    let start = Instant::now();
    peer.signal(Signal::TERM);
    let (ended, _) = peer.wait();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    is_quiet(&ended);
    assert_eq!(ended.code, Some(143), "{}", ended.stderr);
}

/// Its sockets are open already when it says where it is.
#[cfg(target_os = "linux")]
#[test]
fn a_peer_that_cannot_say_where_it_is_ends_in_order() {
    use std::process::Command;

    use crate::support::{data_dir, parcero, run};

    let (folder, plain) = (data_dir(), parcero());
    let mut command = Command::new("sh");
    command
        .args(["-c", "exec \"$0\" \"$@\" > /dev/full"])
        .arg(plain.get_program())
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let ended = run(&mut command, "");
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("No space left"), "{}", ended.stderr);
    is_quiet(&ended);
    assert!(!folder.path().join("peer.json").exists(), "it is not there");
}
