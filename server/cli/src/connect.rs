//! The peer a client command calls: the one with the data folder, or the one named by `--url`.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use clap::Args;
use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint};

use super::{
    Shared,
    failure::{Failure, root_cause},
};
use parcero::data_dir::DataDir;

/// A peer on this machine answers in a millisecond; one behind a tunnel within a second or two.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Which peer a client command calls.
#[derive(Debug, Args)]
pub(super) struct PeerOptions {
    /// Call the peer at this address instead of the one that runs with the data folder
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "PARCERO_URL",
        help_heading = "Global options"
    )]
    url: Option<String>,
}

/// A connection to a peer.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    /// Where it leads to.
    pub url: String,
    /// What carries the calls.
    pub channel: Channel,
}

impl Connection {
    pub(super) async fn open(shared: &Shared, options: &PeerOptions) -> Result<Self, Failure> {
        let (uri, url) = match &options.url {
            Some(url) => (parse(url)?, url.clone()),
            None => {
                let data_dir = DataDir::locate(shared.data_dir.clone())?;
                let record = data_dir.running()?.ok_or_else(|| no_peer(&data_dir))?;
                (parse(&record.call_url())?, record.url)
            }
        };
        match connect(uri).await {
            Ok(channel) => Ok(Connection { url, channel }),
            Err(error) => Err(
                Failure::wrong(format!("no peer answers at {url}: {}", root_cause(&error)))
                    .hint("start one with `parcero`, or look at the address"),
            ),
        }
    }
}

async fn connect(uri: Uri) -> Result<Channel, tonic::transport::Error> {
    let local = loopback_addresses(&uri);
    let endpoint = Endpoint::from(uri)
        .connect_timeout(CONNECT_WITHIN)
        .user_agent(concat!("parcero/", env!("CARGO_PKG_VERSION")))?;
    match local {
        None => endpoint.connect().await,
        Some(addresses) => {
            let connector = tower::service_fn(move |_: Uri| async move {
                let stream = TcpStream::connect(&addresses[..]).await?;
                // A message is sent when it is there: small ones are not held back to travel together.
                stream.set_nodelay(true)?;
                Ok::<_, io::Error>(TokioIo::new(stream))
            });
            endpoint.connect_with_connector(connector).await
        }
    }
}

/// What `localhost` means here, to be tried in turn: on many machines the system itself knows only one of the two.
fn loopback_addresses(uri: &Uri) -> Option<[SocketAddr; 2]> {
    let port = uri.port_u16().unwrap_or(80);
    uri.host()
        .filter(|host| host.eq_ignore_ascii_case("localhost"))
        .map(|_| {
            [
                (Ipv4Addr::LOCALHOST, port).into(),
                (Ipv6Addr::LOCALHOST, port).into(),
            ]
        })
}

fn no_peer(data_dir: &DataDir) -> Failure {
    Failure::wrong(format!(
        "no peer is running with the data folder {}",
        data_dir.path().display()
    ))
    .hint("start one with `parcero`, or name one with --url")
}

fn parse(url: &str) -> Result<Uri, Failure> {
    let wrong = |why: &str| {
        Failure::wrong(format!("the address {url:?} cannot be called: {why}"))
            .hint("try --url http://localhost:50051")
    };
    let uri: Uri = url.parse().map_err(|error| wrong(&format!("{error}")))?;
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") => return Err(wrong("a peer speaks plain http, to its own machine only")),
        Some(_) => return Err(wrong("it must begin with http://")),
        None => return Err(wrong("it has no http:// in front")),
    }
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err(wrong("it names an account, and a peer has none"));
    }
    if uri.path_and_query().is_some_and(|path| path.as_str() != "/") {
        return Err(wrong("it goes on after the host and the port"));
    }
    Ok(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_http_a_host_and_a_port() {
        for url in [
            "http://localhost:50051",
            "http://[::1]:7/",
            "http://127.0.0.1:7",
            "http://host",
        ] {
            assert!(parse(url).is_ok(), "{url}");
        }
        for (url, why) in [
            ("https://localhost:50051", "plain http"),
            ("ftp://localhost", "begin with http://"),
            ("localhost:50051", "no http://"),
            ("localhost", "no http://"),
            ("http://localhost:50051/hello", "goes on"),
            ("http://ana@localhost:50051", "account"),
            ("http://local host", "invalid"),
            ("", "empty"),
        ] {
            let Err(Failure::Wrong { sentence, hint }) = parse(url) else {
                panic!("{url} was taken")
            };
            assert!(sentence.contains(why), "{sentence}");
            assert!(hint.is_some());
        }
    }
}
