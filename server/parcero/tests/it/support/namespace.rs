//! Machines of our own, with cables between them: each is a network namespace, and what is said there is not heard on the
//! network of this machine. They end with their values, and also when the test is killed.

use std::{
    env,
    ffi::OsStr,
    fs::{self, File},
    os::fd::AsFd,
    process::{Command, Stdio},
    sync::OnceLock,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use serde_json::Value;
use tempfile::TempDir;

use super::{Ended, Running, TestPeer, data_dir, run, until};

/// Whether such machines can be made here. Says so where not, and fails if nothing may be skipped.
pub(crate) fn can_be_made() -> bool {
    static POSSIBLE: OnceLock<bool> = OnceLock::new();
    let possible = *POSSIBLE.get_or_init(|| {
        let script = "ip link set lo up && ip link add one type veth peer name two && ip link add lan type bridge \
                      && nft add table inet t && nsenter --version";
        Command::new("unshare")
            .args(["--net", "sh", "-ec", script])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    });
    if !possible {
        let how =
            "no network namespaces here: they need root, and the packages util-linux, iproute2 and nftables";
        assert!(env::var_os("PARCERO_REQUIRE_ALL").is_none(), "{how}");
        eprintln!("!! SKIPPED: {how}");
    }
    possible
}

/// A machine with loopback, and as many other interfaces as are plugged in.
pub(crate) struct Machine {
    /// A process that does nothing but be in it, and ends when this value does.
    holder: Running,
}

impl Machine {
    /// One that is on no network.
    pub(crate) fn new() -> Machine {
        let script = "ip link set lo up && echo ready && exec cat";
        let holder = Running::start(Command::new("unshare").args(["--net", "sh", "-ec", script]));
        assert_eq!(holder.stdout.next().as_deref(), Some("ready"));
        Machine { holder }
    }

    fn process(&self) -> u32 {
        self.holder.child.id()
    }

    fn namespace(&self) -> String {
        format!("/proc/{}/ns/net", self.process())
    }

    /// A command that runs on it.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", self.namespace())).arg("--");
        command.arg(program);
        command
    }

    /// Does something there, in a thread: a socket that is opened there stays there.
    pub(crate) fn inside<T: Send + 'static>(
        &self,
        what: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let namespace = File::open(self.namespace()).unwrap();
        thread::spawn(move || {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            what()
        })
    }

    /// Runs `ip` with these words.
    pub(crate) fn ip(&self, words: &str) {
        done(self.command("ip").args(words.split_whitespace()), "");
    }

    /// Adds rules of the firewall, one a line.
    pub(crate) fn firewall(&self, rules: &str) {
        done(self.command("nft").args(["-f", "-"]), rules);
    }

    /// The packets that a named counter of the firewall has counted.
    pub(crate) fn counted(&self, counter: &str) -> u64 {
        let list = done(self.command("nft").args(["-j", "list", "counters"]), "");
        let list: Value = serde_json::from_str(&list).unwrap();
        let counters = list["nftables"].as_array().unwrap().iter();
        let mut counters = counters.filter_map(|one| one.get("counter"));
        let found = counters
            .find(|one| one["name"] == counter)
            .expect("a counter of this name");
        found["packets"].as_u64().unwrap()
    }

    /// Loses one packet of a hundred that come in, at random.
    pub(crate) fn loses_packets(&self) {
        self.firewall(
            "table inet loss {\n chain in {\n type filter hook input priority 0\n \
             iifname != \"lo\" numgen random mod 100 0 drop\n }\n }\n",
        );
    }

    /// Has no IPv6, so that the system itself has nothing to say.
    pub(crate) fn forget_ipv6(&self) {
        let write = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6";
        done(self.command("sh").args(["-ec", write]), "");
    }

    /// Lays a cable to another machine: an interface of this name on each, up and without addresses.
    pub(crate) fn cable(&self, name: &str, other: &Machine, other_name: &str) {
        let there = other.process();
        self.ip(&format!(
            "link add {name} type veth peer name {other_name} netns {there}"
        ));
        self.ip(&format!("link set {name} up"));
        other.ip(&format!("link set {other_name} up"));
    }

    /// Lays a cable to a machine that it takes for the way to everywhere else.
    pub(crate) fn reaches_the_world_by(&self, gateway: &Machine) {
        self.cable("eth0", gateway, "eth0");
        self.ip("address add 10.9.0.1/24 dev eth0");
        gateway.ip("address add 10.9.0.254/24 dev eth0");
        self.ip("route add default via 10.9.0.254");
    }

    /// The binary with its defaults, in an environment that says nothing about peers.
    fn parcero(&self) -> Command {
        let plain = super::parcero();
        let mut command = self.command(plain.get_program());
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
            .env_remove("PARCERO_PEER_LISTEN")
            .env_remove("PARCERO_NO_DISCOVERY");
        command
    }

    /// Starts a peer on it, with the defaults and these arguments.
    pub(crate) fn peer(&self, name: &'static str, arguments: &[&str]) -> Resident<'_> {
        self.peer_in(data_dir(), name, arguments)
    }

    /// The same with a data folder that is there already.
    pub(crate) fn peer_in(&self, data_dir: TempDir, name: &'static str, arguments: &[&str]) -> Resident<'_> {
        let arguments = [&["--name", name], arguments].concat();
        let started = Instant::now();
        let peer = TestPeer::start_as(self.parcero(), data_dir, "127.0.0.1:0", &arguments);
        Resident {
            machine: self,
            name,
            peer,
            started,
        }
    }
}

/// Runs a command that must succeed, and gives what it said.
fn done(command: &mut Command, input: &str) -> String {
    let ended = run(command, input);
    assert_eq!(ended.code, Some(0), "{command:?}: {}", ended.stderr);
    ended.stdout
}

/// Machines on one switch, which know no way out of it.
pub(crate) struct Lan {
    switch: Machine,
    machines: Vec<Machine>,
}

impl Lan {
    /// So many machines: the first has the address 10.9.0.1, and so on.
    pub(crate) fn of(machines: usize) -> Lan {
        Lan::with_addresses(machines, |number| format!("10.9.0.{number}/24"))
    }

    /// The same with addresses of IPv6 and no other.
    pub(crate) fn of_ipv6(machines: usize) -> Lan {
        // Nobody else has these addresses: they are good at once.
        Lan::with_addresses(machines, |number| format!("fd00:9::{number}/64 nodad"))
    }

    fn with_addresses(machines: usize, address: impl Fn(usize) -> String) -> Lan {
        let switch = Machine::new();
        switch.ip("link add lan type bridge");
        switch.ip("link set lan up");
        let machines = (1..=machines).map(|number| {
            let machine = Machine::new();
            let port = format!("port{number}");
            switch.cable(&port, &machine, "eth0");
            switch.ip(&format!("link set {port} master lan"));
            machine.ip(&format!("address add {} dev eth0", address(number)));
            machine
        });
        let machines = machines.collect();
        Lan { switch, machines }
    }

    /// All of them.
    pub(crate) fn machines<const N: usize>(&self) -> [&Machine; N] {
        std::array::from_fn(|at| &self.machines[at])
    }

    /// Pulls the cable of a machine out of the switch, counted from 1.
    pub(crate) fn pull(&self, number: usize) {
        self.switch.ip(&format!("link set port{number} down"));
    }

    /// Puts it back.
    pub(crate) fn plug(&self, number: usize) {
        self.switch.ip(&format!("link set port{number} up"));
    }
}

/// A peer on such a machine.
pub(crate) struct Resident<'a> {
    machine: &'a Machine,
    /// What it calls itself.
    pub(crate) name: &'static str,
    pub(crate) peer: TestPeer,
    started: Instant,
}

impl Resident<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.machine.parcero();
        command
            .args(arguments)
            .arg("--data-dir")
            .arg(self.peer.data_dir());
        command
    }

    /// Runs a client command to its end.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Ended {
        run(&mut self.command(arguments), input)
    }

    /// Where it is, as it tells others.
    pub(crate) fn address(&self) -> String {
        self.shown()["ticket"].as_str().unwrap().to_owned()
    }

    /// Waits until it stays in touch with the network through this friend, which has an address; how long that took.
    pub(crate) fn relies_on(&self, friend: &str) -> Duration {
        let start = Instant::now();
        until(|| (self.shown()["reliesOn"] == friend).then_some(()));
        start.elapsed()
    }

    /// Its public key.
    pub(crate) fn id(&self) -> String {
        self.shown()["id"].as_str().unwrap().to_owned()
    }

    /// This peer, as it shows itself.
    fn shown(&self) -> Value {
        let ended = self.run(&["ticket", "--plain", "--json"], "");
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stderr))
    }

    /// Looks at its list of peers, and goes on looking.
    pub(crate) fn watch(&self) -> Watch {
        Watch(Running::start(&mut self.command(&["peers", "--watch", "--json"])))
    }

    /// Waits until it sees another peer, and says how long that took since the younger of them was started.
    pub(crate) fn meets(&self, other: &Resident<'_>) -> Duration {
        self.watch().until(other.name, true);
        self.started.max(other.started).elapsed()
    }

    /// Makes all four kinds of call to another peer.
    pub(crate) fn calls(&self, other: &Resident<'_>) {
        let check = |arguments: &[&str], input: &str, expected: &str| {
            let arguments = [&["hello"], arguments, &["--peer", other.name]].concat();
            let ended = self.run(&arguments, input);
            let what = format!("{} to {}: {arguments:?}: {}", self.name, other.name, ended.stderr);
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), expected), "{what}");
        };
        check(&["unary", "--name", "Ana"], "", "Hello Ana\n");
        check(
            &["server", "--name", "Ana", "--count", "3", "--interval", "0"],
            "",
            "Hello Ana 1\nHello Ana 2\nHello Ana 3\n",
        );
        check(
            &["client"],
            "Ana\nBeto\n",
            "You have sent 2 messages. Please expect a delayed response.\n  Hello Ana\n  Hello Beto\n",
        );
        check(&["bidi"], "Ana\nBeto\n", "Hello Ana\nHello Beto\n");
    }
}

/// The list of peers that one of them sees, as it changes.
pub(crate) struct Watch(Running);

impl Watch {
    /// Waits until another peer is there, or no longer is; how long that took.
    pub(crate) fn until(&self, name: &str, is_there: bool) -> Duration {
        let start = Instant::now();
        loop {
            let line = self.0.stdout.next().unwrap_or_else(|| {
                panic!("{name} was never seen: {}", self.0.stderr.rest());
            });
            let list: Value = serde_json::from_str(&line).unwrap();
            let is_so =
                |seen: &Value| seen["name"] == name && (seen["presence"] == "PRESENCE_ONLINE") == is_there;
            if list["peers"].as_array().unwrap().iter().any(is_so) {
                return start.elapsed();
            }
        }
    }
}

/// Copies a data folder, as somebody does who moves to another computer.
pub(crate) fn copied(folder: &TempDir) -> TempDir {
    let copy = data_dir();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
    }
    copy
}
