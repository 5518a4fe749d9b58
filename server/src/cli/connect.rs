//! The peer a client command calls: the one with the data folder, or the one named by `--url`.

use std::time::Duration;

use http::Uri;
use tonic::transport::{Channel, Endpoint};

use super::{
    Shared,
    failure::{Failure, causes},
};
use crate::data_dir::DataDir;

/// A peer on this machine answers in a millisecond; one behind a tunnel within a second or two.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// A connection to a peer.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    /// Where it leads to.
    pub url: String,
    /// What carries the calls.
    pub channel: Channel,
}

impl Connection {
    pub(super) async fn open(shared: &Shared) -> Result<Self, Failure> {
        let (url, shown) = match &shared.url {
            Some(url) => (parse(url)?, url.clone()),
            None => {
                let data_dir = DataDir::locate(shared.data_dir.clone())?;
                let record = data_dir.running()?.ok_or_else(|| no_peer(&data_dir))?;
                (parse(&record.call_url())?, record.url)
            }
        };
        let channel = Endpoint::from(url)
            .connect_timeout(CONNECT_WITHIN)
            .user_agent(concat!("parcero/", env!("CARGO_PKG_VERSION")))
            .expect("a version is a valid header value")
            .connect()
            .await
            .map_err(|error| {
                Failure::wrong(format!("no peer answers at {shown}: {}", causes(&error)))
                    .hint("start one with `parcero`, or look at the address")
            })?;
        Ok(Connection { url: shown, channel })
    }
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
