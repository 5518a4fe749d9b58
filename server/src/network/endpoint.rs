//! The QUIC endpoint: quiet on the wire, and quick to notice that a peer has gone.

use std::{
    io,
    mem::ManuallyDrop,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use iroh::{
    Endpoint, NetReportConfig, RelayMode, RelayUrl, SecretKey,
    endpoint::{BindError, BindOpts, PortmapperConfig, QuicTransportConfig, VarInt, presets},
};
use tokio::time::timeout;

use super::{StartError, store::Store};

/// A peer that says nothing for so long has gone; with the time until the next sign of life would have come, that makes
/// less than five seconds. The defaults take 30.
const SILENCE: Duration = Duration::from_secs(3);
/// How often a connection shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(1);
/// How long it may take to close an endpoint that nobody is connected to.
const UNUSED_TIME: Duration = Duration::from_secs(1);
/// Streams the other end may open on a connection at first: what is never read is held all the same. Those who may make
/// calls get more once they are let in.
const FIRST_STREAMS: u32 = 1;
/// What a stream may send before it is read, in bytes. Small calls wait behind what a large stream on the same connection
/// has in flight: with 1.25 MB, which is noq's default, one in a hundred waited several times as long, at the same
/// throughput on one network. Over a line with a round trip of 80 ms it is 3 MB a second and stream. It is also what a peer
/// holds of each stream that nobody reads.
const STREAM_WINDOW: u32 = 256 * 1024;

/// Ways beyond the networks this machine is in. Only a person opens them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Internet {
    /// Relays to be reached by, and to reach others by. Empty for none.
    pub relays: Vec<RelayUrl>,
}

/// Opens the endpoint of the peer whose key this is. Without `internet`, nothing leaves the networks of this machine: no
/// relay, no DNS, no asking routers for a port. Addresses are never published.
///
/// # Errors
/// Where the address cannot be taken.
async fn open(
    key: SecretKey,
    listen: SocketAddr,
    internet: Option<&Internet>,
    alpns: Vec<Vec<u8>>,
) -> Result<Endpoint, BindError> {
    let (relays, ports) = match internet {
        None => (RelayMode::Disabled, PortmapperConfig::Disabled),
        Some(Internet { relays }) if relays.is_empty() => (RelayMode::Disabled, PortmapperConfig::default()),
        Some(Internet { relays }) => (
            RelayMode::custom(relays.iter().cloned()),
            PortmapperConfig::default(),
        ),
    };
    let mut net_report = NetReportConfig::minimal();
    // A relay is chosen once it has answered. Asked by QUIC alone, one that is reached by TCP only would never be, and
    // nobody would reach this peer by it.
    net_report.https_probes = internet.is_some_and(|internet| !internet.relays.is_empty());
    let transport = QuicTransportConfig::builder()
        .max_concurrent_bidi_streams(VarInt::from_u32(FIRST_STREAMS))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        // Nothing here reads datagrams; they would be held, a megabyte a connection.
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(SILENCE.try_into().ok())
        .keep_alive_interval(KEEP_ALIVE)
        .default_path_max_idle_timeout(SILENCE)
        .default_path_keep_alive_interval(KEEP_ALIVE)
        .build();
    let builder = Endpoint::builder(presets::Minimal)
        .secret_key(key)
        .alpns(alpns)
        .relay_mode(relays)
        .portmapper_config(ports)
        .net_report_config(net_report)
        .transport_config(transport)
        .clear_ip_transports();
    let builder = match listen {
        // Everywhere, by both versions of IP, on one port.
        SocketAddr::V6(address) if *address.ip() == Ipv6Addr::UNSPECIFIED => builder
            .bind_addr(SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port())))
            // Some machines have no IPv6.
            .and_then(|builder| {
                builder.bind_addr_with_opts(listen, BindOpts::default().set_is_required(false))
            }),
        _ => builder.bind_addr(listen),
    };
    match builder {
        Ok(builder) => builder.bind().await,
        Err(_) => unreachable!("a socket address is a socket address"),
    }
}

/// Opens the socket; where any port will do, the one it had before, so that tickets stay good.
pub(super) async fn open_kept(
    store: &Store,
    key: &SecretKey,
    listen: SocketAddr,
    internet: Option<&Internet>,
    alpns: Vec<Vec<u8>>,
) -> Result<Endpoint, StartError> {
    let opened = async |port: u16| {
        let listen = SocketAddr::new(listen.ip(), port);
        open(key.clone(), listen, internet, alpns.clone())
            .await
            .map_err(|error| StartError::Socket {
                listen,
                why: error.to_string(),
            })
    };
    if listen.port() != 0 {
        return opened(listen.port()).await;
    }
    if let Some(port) = store.port().await? {
        match opened(port).await {
            Ok(endpoint) => return Ok(endpoint),
            // It is kept: whoever has it now may be gone next time, and tickets are good again.
            Err(error) => {
                tracing::warn!(port, %error, "the UDP port of last time cannot be had: tickets do not work for now");
                return opened(free_port(listen.ip())?).await;
            }
        }
    }
    let port = free_port(listen.ip())?;
    let endpoint = opened(port).await?;
    if let Err(error) = store.keep_port(port).await {
        close(&endpoint, UNUSED_TIME).await;
        return Err(error.into());
    }
    Ok(endpoint)
}

/// Closes the endpoint: whether it was, within so long. After that it goes on closing by itself.
pub(super) async fn close(endpoint: &Endpoint, within: Duration) -> bool {
    // One that is dropped before it is closed complains in the log. This one is dropped so only by a runtime that ends,
    // and then the process does, too: the system takes its socket back.
    let endpoint = ManuallyDrop::new(endpoint.clone());
    // No handle keeps it: it ends when every connection has, within seconds.
    let closing = tokio::spawn(async move {
        endpoint.close().await;
        drop(ManuallyDrop::into_inner(endpoint));
    });
    timeout(within, closing).await.is_ok()
}

/// A UDP port that is free at the moment.
///
/// # Errors
/// What the system says.
fn free_port(ip: IpAddr) -> io::Result<u16> {
    // Where everything is meant, by the version of IP that every machine has.
    let ip = match ip {
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        ip => ip,
    };
    Ok(UdpSocket::bind((ip, 0))?.local_addr()?.port())
}
