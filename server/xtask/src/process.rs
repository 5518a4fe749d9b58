//! Servers in processes of their own: this program, run again. What they cost is read from outside.

use std::{fs, net::SocketAddr, process::Stdio, time::Duration};

use anyhow::Context;
use parcero::{
    access::{Guarded, Rule},
    config::DEFAULT_MAX_MESSAGE_BYTES,
    front::Door,
    peer::{Peer, Settings},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};
use tonic::{
    service::Routes,
    transport::server::{Server, TcpIncoming},
};
use tonic_web::GrpcWebLayer;

use crate::{
    raw,
    service::{Bench, BenchServer},
};

/// What a server process serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// The measuring service behind the peer's own front.
    Front,
    /// The measuring service behind tonic and tonic-web alone, with their default settings.
    Plain,
    /// A whole peer without its page.
    Peer,
    /// WebSockets, and no gRPC at all.
    Raw,
}

/// Serves until the parent process closes our standard input. Says on which port, on a line of its own.
pub(crate) async fn serve(kind: Kind) -> anyhow::Result<()> {
    raise_open_files()?;
    let any_port: SocketAddr = ([127, 0, 0, 1], 0).into();
    if kind == Kind::Plain {
        let incoming = TcpIncoming::bind(any_port)?.with_nodelay(Some(true));
        println!("{}", incoming.local_addr()?.port());
        return Ok(Server::builder()
            .accept_http1(true)
            .layer(GrpcWebLayer::new())
            .add_service(BenchServer::new(Bench))
            .serve_with_incoming_shutdown(incoming, parent_is_gone())
            .await?);
    }
    if kind == Kind::Raw {
        return raw::serve(any_port, parent_is_gone()).await;
    }
    // The page that measures a browser comes from a port of its own.
    let door = Door::bind(&[any_port], vec!["http://localhost:*".parse()?]).await?;
    println!("{}", door.addresses()[0].port());
    let settings = Settings {
        name: "xtask".into(),
        max_message_bytes: DEFAULT_MAX_MESSAGE_BYTES,
    };
    let peer = Peer::new(settings, None);
    if kind == Kind::Peer {
        return Ok(door.serve(peer, parent_is_gone(), |_| {}).await?);
    }
    let services = Routes::new(Guarded::new(BenchServer::new(Bench), Rule::AnyCaller));
    door.serve_services(peer, services, parent_is_gone(), |_| {})
        .await;
    Ok(())
}

async fn parent_is_gone() {
    // Whether it ends or fails: there is nobody left to serve.
    let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
}

/// A server process. It ends with this value.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    port: u16,
}

impl Process {
    /// Starts one and waits until it listens.
    pub(crate) async fn start(kind: Kind) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", &format!("{kind:?}").to_lowercase()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot run this program again as a server")?;
        let stdout = child.stdout.take().context("the server has no standard output")?;
        let mut line = String::new();
        // Starting takes milliseconds; ten seconds are for a machine that is very busy.
        timeout(
            Duration::from_secs(10),
            BufReader::new(stdout).read_line(&mut line),
        )
        .await??;
        let port = line.trim().parse().context("the server did not say its port")?;
        Ok(Self { child, port })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// The memory it holds (VmRSS), in bytes. Known on Linux.
    pub(crate) fn memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib * 1024)
    }

    /// The processor time it has used. Known on Linux.
    pub(crate) fn cpu(&self) -> Option<Duration> {
        let mut sum = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()?)).ok()? {
            // A thread that has just ended has no file any more.
            let Ok(schedule) = fs::read_to_string(thread.ok()?.path().join("schedstat")) else {
                continue;
            };
            sum += schedule.split_whitespace().next()?.parse::<u64>().ok()?;
        }
        Some(Duration::from_nanos(sum))
    }
}

/// Lets this process open as many files as the system allows: ten thousand sockets are a measurement.
pub(crate) fn raise_open_files() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        setrlimit(Resource::Nofile, limit).context("cannot raise the limit of open files")?;
    }
    Ok(())
}
