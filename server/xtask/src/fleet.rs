//! Whole peers in processes of their own, started as a person starts them; nothing of them leaves the loopback interface.

use std::{fs, path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context, ensure};
use contract::parcero::v1::{
    ListPeersRequest, PeerInfo, Presence, SelfReply, SelfRequest, network_client::NetworkClient,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};
use tonic::transport::{Channel, Endpoint};

use crate::usage;

/// How long a peer may take to start or to stop: many times what it takes, for a machine that is very busy.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often to look again for what is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The data folder of a peer. It goes with this value.
#[derive(Debug)]
pub(crate) struct Founded {
    folder: TempDir,
}

impl Founded {
    /// A new folder.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            folder: tempfile::tempdir()?,
        })
    }

    /// Where the peer keeps its own. It makes this folder itself.
    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What the peer logs.
    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

/// A running peer. It is killed with this value.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    address: std::net::SocketAddr,
    network: NetworkClient<Channel>,
}

/// One that has a folder of its own for as long as it runs.
#[derive(Debug)]
pub(crate) struct Member {
    /// The peer.
    pub(crate) program: Program,
    /// Its folder.
    pub(crate) founded: Founded,
}

impl Member {
    /// Starts one with a new folder.
    pub(crate) async fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        let founded = Founded::new()?;
        let program = Program::start(&founded, arguments).await?;
        Ok(Self { program, founded })
    }
}

impl Program {
    /// Starts a peer that looks for nobody, and waits until it says where it is.
    pub(crate) async fn start(founded: &Founded, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        for (name, _) in std::env::vars_os() {
            // What a person prefers is not what is measured.
            if name.to_string_lossy().starts_with("PARCERO_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .args([
                "parcero",
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--peer-listen",
                "127.0.0.1:0",
            ])
            .args(["--no-discovery", "--data-dir"])
            .arg(founded.data())
            .args(arguments)
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // Fifty peers have much to tell that nobody asked for.
            .stderr(fs::File::create(founded.log())?)
            .kill_on_drop(true)
            .spawn()
            .context("cannot run this program again as a peer")?;
        let stdout = child.stdout.take().context("the peer has no standard output")?;
        let mut line = String::new();
        timeout(PATIENCE, BufReader::new(stdout).read_line(&mut line)).await??;
        let port = line
            .trim_end()
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok());
        let port: u16 = port.with_context(|| {
            let log = fs::read_to_string(founded.log()).unwrap_or_default();
            format!("the peer did not say where it is, but {log:?}")
        })?;
        let channel = Endpoint::try_from(format!("http://127.0.0.1:{port}"))?.connect_lazy();
        Ok(Self {
            child,
            address: ([127, 0, 0, 1], port).into(),
            network: NetworkClient::new(channel),
        })
    }

    /// Where it listens for callers of this machine.
    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    /// Its network, to be asked and told.
    pub(crate) fn network(&self) -> NetworkClient<Channel> {
        self.network.clone()
    }

    /// The peer, as it shows itself.
    pub(crate) async fn shown(&self) -> anyhow::Result<SelfReply> {
        Ok(self.network().self_(SelfRequest {}).await?.into_inner())
    }

    /// How many others it lists as online.
    pub(crate) async fn online(&self) -> anyhow::Result<usize> {
        let list = self.network().list_peers(ListPeersRequest {}).await?.into_inner();
        let is_online = |peer: &&PeerInfo| peer.presence() == Presence::Online;
        Ok(list.peers.iter().filter(is_online).count())
    }

    /// Waits until it lists so many others as online.
    pub(crate) async fn sees(&self, others: usize, within: Duration) -> anyhow::Result<()> {
        let end = Instant::now() + within;
        loop {
            let online = self.online().await?;
            if online >= others {
                return Ok(());
            }
            ensure!(
                Instant::now() < end,
                "a peer lists {online} of {others} others as online after {within:?}"
            );
            sleep(LOOK_EVERY).await;
        }
    }

    /// The memory it holds, in bytes. Known on Linux.
    pub(crate) fn memory(&self) -> Option<u64> {
        usage::memory(self.child.id()?)
    }

    /// The processor time it has used. Known on Linux.
    pub(crate) fn cpu(&self) -> Option<Duration> {
        usage::cpu(self.child.id()?)
    }

    /// Asks it to stop, as Ctrl-C does, and waits until it has.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        #[cfg(unix)]
        if let Some(id) = self.child.id().and_then(|id| i32::try_from(id).ok()) {
            use rustix::process::{Pid, Signal, kill_process};
            let process = Pid::from_raw(id).context("a process has a number")?;
            kill_process(process, Signal::TERM)?;
        }
        #[cfg(not(unix))]
        self.child.start_kill()?;
        timeout(PATIENCE, self.child.wait())
            .await
            .context("a peer does not stop")??;
        Ok(())
    }

    /// Ends it at once, as a power cut does.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// Many peers, all of which were told of the first one and of no other.
#[derive(Debug)]
pub(crate) struct Fleet {
    /// All of them, the first one first.
    pub(crate) members: Vec<Member>,
    /// When the last one had started.
    pub(crate) started: Instant,
}

impl Fleet {
    /// Starts so many.
    pub(crate) async fn start(peers: usize) -> anyhow::Result<Self> {
        let hub = Member::start(&["--name", "peer-0"]).await?;
        // Without an invitation: they stay strangers, which is all that a list needs.
        let ticket = hub.program.shown().await?.ticket;
        let mut members = vec![hub];
        for number in 1..peers {
            let name = format!("peer-{number}");
            members.push(Member::start(&["--name", &name, "--primary", &ticket]).await?);
        }
        Ok(Self {
            members,
            started: Instant::now(),
        })
    }

    /// Waits until every one lists all others as online, and tells how long after the last start that was.
    pub(crate) async fn complete(&self, within: Duration) -> anyhow::Result<Duration> {
        let others = self.members.len() - 1;
        let end = self.started + within;
        loop {
            let mut short = Vec::new();
            for (number, member) in self.members.iter().enumerate() {
                let online = member.program.online().await?;
                if online < others {
                    short.push((number, online));
                }
            }
            if short.is_empty() {
                return Ok(self.started.elapsed());
            }
            ensure!(
                Instant::now() < end,
                "after {within:?} {} peers do not list all {others} others as online; (number, online): {short:?}",
                short.len()
            );
            sleep(LOOK_EVERY).await;
        }
    }

    /// Asks all of them to stop.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        // Each has its folder until it has stopped.
        let stops = self
            .members
            .into_iter()
            .map(|Member { program, founded }| async move {
                let stopped = program.stop().await;
                drop(founded);
                stopped
            });
        futures_util::future::try_join_all(stops).await?;
        Ok(())
    }
}
