//! Servers in processes of their own: this program, run again. What they cost is read from outside.

use std::{net::SocketAddr, process::Stdio, time::Duration};

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
    transport::{
        Identity, ServerTlsConfig,
        server::{Server, TcpIncoming},
    },
};
use tonic_web::GrpcWebLayer;

use crate::{
    peers::Home,
    raw,
    service::{Bench, BenchServer},
    usage,
};

/// What a server process serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// The measuring service behind the peer's own front.
    Front,
    /// The same, of a peer that has a network. Its identity is a ticket with an invitation.
    Linked,
    /// The measuring service behind tonic and tonic-web alone, with their default settings.
    Plain,
    /// The measuring service behind tonic alone, by TLS. Its identity is its certificate.
    Tls,
    /// A whole peer without its page.
    Peer,
    /// WebSockets, and no gRPC at all.
    Raw,
}

/// Serves until the parent process closes our standard input. Says on which port and as whom, on a line of its own.
pub(crate) async fn serve(kind: Kind, friend: Option<String>) -> anyhow::Result<()> {
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
    if kind == Kind::Tls {
        return serve_tls(any_port).await;
    }
    if kind == Kind::Raw {
        return raw::serve(any_port, parent_is_gone()).await;
    }
    // The page that measures a browser comes from a port of its own.
    let door = Door::bind(&[any_port], vec!["http://localhost:*".parse()?]).await?;
    let home = match kind {
        Kind::Linked => Some(Home::start(friend.as_deref()).await?),
        _ => None,
    };
    let ticket = match &home {
        Some(home) => home.invitation().await?,
        None => String::new(),
    };
    println!("{} {ticket}", door.addresses()[0].port());
    let settings = Settings {
        name: "xtask".into(),
        max_message_bytes: DEFAULT_MAX_MESSAGE_BYTES,
    };
    let peer = Peer::new(settings, home.as_ref().map(|home| home.network().clone()));
    if kind == Kind::Peer {
        return Ok(door.serve(peer, parent_is_gone(), |_| {}).await?);
    }
    let services = Routes::new(Guarded::new(BenchServer::new(Bench), Rule::AnyCaller));
    door.serve_services(peer, services, parent_is_gone(), |_| {})
        .await;
    Ok(())
}

async fn serve_tls(address: SocketAddr) -> anyhow::Result<()> {
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["localhost".into()])?;
    let incoming = TcpIncoming::bind(address)?.with_nodelay(Some(true));
    let certificate = cert.pem();
    // One line: the pieces of the certificate have no blanks inside but in its first and last line.
    println!(
        "{} {}",
        incoming.local_addr()?.port(),
        certificate.trim().replace('\n', "|")
    );
    let identity = Identity::from_pem(certificate, signing_key.serialize_pem());
    Ok(Server::builder()
        .tls_config(ServerTlsConfig::new().identity(identity))?
        .add_service(BenchServer::new(Bench))
        .serve_with_incoming_shutdown(incoming, parent_is_gone())
        .await?)
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
    identity: String,
}

impl Process {
    /// Starts one and waits until it listens.
    pub(crate) async fn start(kind: Kind) -> anyhow::Result<Self> {
        Self::start_with(kind, &[]).await
    }

    /// Starts a peer that becomes a friend of another one.
    pub(crate) async fn start_linked(friend: &str) -> anyhow::Result<Self> {
        Self::start_with(Kind::Linked, &["--friend", friend]).await
    }

    async fn start_with(kind: Kind, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", &format!("{kind:?}").to_lowercase()])
            .args(arguments)
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
        let (port, identity) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        Ok(Self {
            child,
            port: port.parse().context("the server did not say its port")?,
            identity: identity.replace('|', "\n"),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// What its clients need to know besides: its ticket, or its certificate.
    pub(crate) fn identity(&self) -> &str {
        &self.identity
    }

    /// The memory it holds, in bytes. Known on Linux.
    pub(crate) fn memory(&self) -> Option<u64> {
        usage::memory(self.child.id()?)
    }

    /// The processor time it has used. Known on Linux.
    pub(crate) fn cpu(&self) -> Option<Duration> {
        usage::cpu(self.child.id()?)
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
