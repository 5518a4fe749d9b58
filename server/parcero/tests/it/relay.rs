//! Two machines with no way to each other but by a relay, which is on a third one. Where no machines can be made, these
//! tests say so and pass, unless `PARCERO_REQUIRE_ALL` is set.

use std::{fs, net::Ipv4Addr, sync::mpsc, thread::JoinHandle};

use iroh_relay::server::{RelayConfig, Server, ServerConfig};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::support::{
    data_dir,
    namespace::{Machine, Resident, can_be_made},
};

/// The address of the relay, which both machines have a way to.
const AT: Ipv4Addr = Ipv4Addr::new(10, 9, 9, 9);

/// Two machines, and one between them that passes nothing on but what its relay does.
struct Apart {
    one: Machine,
    two: Machine,
    relay: Relay,
}

impl Apart {
    fn new() -> Self {
        let [one, two, between] = std::array::from_fn(|_| Machine::new());
        between.ip(&format!("address add {AT}/32 dev lo"));
        for (number, machine) in [(1, &one), (2, &two)] {
            let name = format!("cable{number}");
            between.cable(&name, machine, "eth0");
            between.ip(&format!("address add 10.9.{number}.254/24 dev {name}"));
            machine.ip(&format!("address add 10.9.{number}.1/24 dev eth0"));
            // To the relay and nowhere else.
            machine.ip(&format!("route add {AT}/32 via 10.9.{number}.254"));
        }
        let relay = Relay::start(between);
        Self { one, two, relay }
    }
}

/// A relay of iroh as a friend would run one, without TLS. It ends with its value.
struct Relay {
    url: String,
    _end: oneshot::Sender<()>,
    _machine: Machine,
    _thread: JoinHandle<()>,
}

impl Relay {
    fn start(machine: Machine) -> Self {
        let (end, ended) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let thread = machine.inside(move || {
            // On this thread alone, as the others are on no such machine.
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let mut config = ServerConfig::default();
                config.relay = Some(RelayConfig::new((AT, 0)));
                let server = Server::spawn(config).await.unwrap();
                tell.send(server.http_addr().unwrap()).unwrap();
                // Its sender is gone: the test is over.
                let _ = ended.await;
            });
        });
        Self {
            url: format!("http://{}", told.recv().unwrap()),
            _end: end,
            _machine: machine,
            _thread: thread,
        }
    }
}

#[test]
fn peers_with_no_way_to_each_other_call_each_other_by_their_relay() {
    if !can_be_made() {
        return;
    }
    let apart = Apart::new();
    let url = apart.relay.url.as_str();
    let ana = apart.one.peer("ana", &["--internet", "--relay", url]);
    // The other one has it from its file.
    let folder = data_dir();
    let file = format!("internet = true\nrelay = ['{url}']\n");
    fs::write(folder.path().join("config.toml"), file).unwrap();
    let beto = apart.two.peer_in(folder, "beto", &[]);

    knows(&ana, &beto);
    ana.meets(&beto);
    ana.calls(&beto);
    assert_eq!(path(&ana, &beto), "PATH_RELAYED");
    // It has seen no address of the first one, and finds the way back.
    beto.meets(&ana);
    beto.calls(&ana);
    assert_eq!(path(&beto, &ana), "PATH_RELAYED");
}

#[test]
fn without_the_relay_on_either_side_they_do_not_reach_each_other() {
    if !can_be_made() {
        return;
    }
    let apart = Apart::new();
    let with = ["--internet", "--relay", &apart.relay.url];
    for (of_one, of_two) in [(&with[..], &["--internet"][..]), (&["--internet"], &with)] {
        let ana = apart.one.peer("ana", of_one);
        let beto = apart.two.peer("beto", of_two);
        knows(&ana, &beto);
        let ended = ana.run(&["hello", "unary", "--peer", &beto.id()], "");
        assert_ne!(ended.code, Some(0), "{of_one:?} {of_two:?}: {}", ended.stdout);
        assert_eq!(ended.stdout, "", "{of_one:?} {of_two:?}");
    }
}

/// Gives one the ticket of another.
fn knows(one: &Resident<'_>, other: &Resident<'_>) {
    let ended = one.run(&["friend", "add", &other.address()], "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

/// How packets from one to another travel, as it tells.
fn path(one: &Resident<'_>, other: &Resident<'_>) -> String {
    let ended = one.run(&["peers", "--json"], "");
    let peers = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut found = peers.filter(|peer| peer["name"] == other.name);
    let peer = found.next().expect("it was met");
    peer["path"].as_str().unwrap_or_default().to_owned()
}
