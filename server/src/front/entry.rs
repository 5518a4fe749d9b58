//! Who may enter by the TCP door: the web's own checks, before anything else looks at a request.
//!
//! A web page of anyone can send requests to this machine. Three headers, which no page can forge, tell them from the
//! peer's own page: `Host` (against DNS rebinding), `Origin`, and `Sec-Fetch-Site` where a request has no `Origin`.

use std::{
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::future::{Either, Ready, ready};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use tonic::body::Body;
use tower_service::Service;

use super::OriginPattern;
use crate::rest;

/// The names by which a browser on this machine reaches the loopback interface.
const OWN_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// No origin that anybody allows is longer: a name of DNS has 253 letters at most.
const MAX_ORIGIN_BYTES: usize = 300;

/// Why a request may not enter. Who asks for another host is told nothing but the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A foreign name or port: a page whose name was pointed at this machine.
    Host,
    /// A foreign origin: a page that nobody allowed.
    Origin,
    /// No origin, but a foreign site on whose behalf a browser sends it.
    Site,
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Refusal::Host => StatusCode::MISDIRECTED_REQUEST,
            Refusal::Origin | Refusal::Site => StatusCode::FORBIDDEN,
        }
    }

    /// What whoever looks into it is told. The page that asked cannot read it: a browser shows it to no other origin.
    fn answer<B>(self, request: &Request<B>) -> Response<Body> {
        let mut response = match self {
            Refusal::Host => Response::new(Body::empty()),
            Refusal::Origin => rest::forbidden(foreign_origin(request.headers())),
            Refusal::Site => rest::forbidden(
                "a web page of another site caused this request, and a browser did not say which one: only pages of this \
                 peer may ask so; those that --allow-origin names ask by fetch, with an Origin",
            ),
        };
        *response.status_mut() = self.status();
        if request.method() == Method::HEAD {
            response = response.map(|_| Body::empty());
        }
        response
    }
}

/// Names the origin that was refused only where it is written as one, so that nothing else is repeated.
fn foreign_origin(headers: &HeaderMap) -> String {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = match (origins.next(), origins.next()) {
        (Some(origin), None) => origin.to_str().unwrap_or_default(),
        _ => return "a request has one Origin, and this one has several".to_owned(),
    };
    if origin.len() <= MAX_ORIGIN_BYTES && origin.parse::<OriginPattern>().is_ok() {
        return format!(
            "pages of the origin {origin} may not call this peer: where you trust them, start the peer with --allow-origin \
             {origin}"
        );
    }
    let what = if origin == "null" {
        "a page without an origin of its own, such as a file or a sandboxed frame,"
    } else {
        "a page whose origin is none of http:// or https://"
    };
    format!(
        "{what} may not call this peer and cannot be allowed to: serve it by HTTP, and name that in --allow-origin"
    )
}

/// The rules of one door.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    port: u16,
    allowed: Arc<[OriginPattern]>,
}

impl Rules {
    /// Rules for the door at `address`, with these origins allowed besides its own.
    pub(super) fn new(address: SocketAddr, allowed: Arc<[OriginPattern]>) -> Self {
        Self {
            port: address.port(),
            allowed,
        }
    }

    /// Decides about one request.
    pub(super) fn check<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        if !self.is_own_host(request) {
            return Err(Refusal::Host);
        }
        let mut origins = request.headers().get_all(header::ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) => {}
            (Some(origin), None) => {
                let origin = origin.to_str().map_err(|_| Refusal::Origin)?;
                if self.allows(origin) {
                    return Ok(());
                }
                if !self.is_own_origin(origin) {
                    return Err(Refusal::Origin);
                }
            }
            (Some(_), Some(_)) => return Err(Refusal::Origin),
        }
        match text(request.headers(), "sec-fetch-site") {
            None | Some("same-origin" | "none") => Ok(()),
            // A link to the page, clicked anywhere: only the page opens, in a window of its own.
            Some(_) if opens_the_page(request) => Ok(()),
            Some(_) => Err(Refusal::Site),
        }
    }

    /// Whether a page of this origin was allowed by the person of this peer.
    pub(super) fn allows(&self, origin: &str) -> bool {
        self.allowed.iter().any(|pattern| pattern.matches(origin))
    }

    fn is_own_host<B>(&self, request: &Request<B>) -> bool {
        // HTTP/2 has :authority, HTTP/1.1 has Host; where both are there, both must be ours.
        let authority = request.uri().authority().map(http::uri::Authority::as_str);
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let (host, second) = (hosts.next(), hosts.next());
        let host_is_own = match host {
            Some(host) => host.to_str().is_ok_and(|host| self.is_own_authority(host)),
            None => authority.is_some(),
        };
        second.is_none() && host_is_own && authority.is_none_or(|authority| self.is_own_authority(authority))
    }

    fn is_own_authority(&self, authority: &str) -> bool {
        OWN_NAMES.iter().any(|name| {
            let Some(rest) = authority
                .get(name.len()..)
                .filter(|_| authority[..name.len()].eq_ignore_ascii_case(name))
            else {
                return false;
            };
            match rest.strip_prefix(':') {
                Some(port) => !port.starts_with(['+', '0']) && port.parse() == Ok(self.port),
                None => rest.is_empty() && self.port == 80,
            }
        })
    }

    fn is_own_origin(&self, origin: &str) -> bool {
        origin
            .strip_prefix("http://")
            .is_some_and(|authority| self.is_own_authority(authority))
    }
}

fn opens_the_page<B>(request: &Request<B>) -> bool {
    request.method() == Method::GET
        && request.uri().path() == "/"
        && text(request.headers(), "sec-fetch-mode") == Some("navigate")
        && text(request.headers(), "sec-fetch-dest") == Some("document")
        && !request.headers().contains_key(header::UPGRADE)
        && !request.headers().contains_key(header::ORIGIN)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    // A value that is no text is as foreign as any other unknown value.
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// A service behind [`Rules`].
#[derive(Debug, Clone)]
pub(super) struct Entry<S> {
    inner: S,
    rules: Rules,
}

impl<S> Entry<S> {
    pub(super) fn new(inner: S, rules: Rules) -> Self {
        Self { inner, rules }
    }
}

impl<S, B> Service<Request<B>> for Entry<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response<Body>, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.rules.check(&request) {
            Ok(()) => Either::Left(self.inner.call(request)),
            Err(refusal) => {
                tracing::debug!(?refusal, method = %request.method(), path = request.uri().path(), "refused at the door");
                Either::Right(ready(Ok(refusal.answer(&request))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uri: &str, headers: &[(&str, &str)]) -> Result<(), Refusal> {
        let allowed = vec!["http://localhost:8080".parse().unwrap()].into();
        let rules = Rules::new("127.0.0.1:50051".parse().unwrap(), allowed);
        let mut request = Request::get(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        rules.check(&request.body(()).unwrap())
    }

    #[test]
    fn only_our_own_names_with_our_port_are_hosts() {
        for own in [
            "localhost:50051",
            "127.0.0.1:50051",
            "[::1]:50051",
            "LocalHost:50051",
        ] {
            assert_eq!(check("/", &[("host", own)]), Ok(()), "{own}");
            assert_eq!(check(&format!("http://{own}/"), &[]), Ok(()), "{own}");
        }
        for foreign in [
            "evil.example:50051",
            "localhost",
            "localhost:50052",
            "localhost:050051",
            "localhost.:50051",
            "0.0.0.0:50051",
            "localhost.evil.example:50051",
            "x@localhost:50051",
            "127.1:50051",
            "::1:50051",
            "é",
            "",
            "[::1]",
            "localhost:",
        ] {
            assert_eq!(check("/", &[("host", foreign)]), Err(Refusal::Host), "{foreign}");
        }
        assert_eq!(check("/", &[]), Err(Refusal::Host));
        assert_eq!(
            check("http://evil.example/", &[("host", "localhost:50051")]),
            Err(Refusal::Host)
        );
        assert_eq!(
            check("/", &[("host", "localhost:50051"), ("host", "localhost:50051")]),
            Err(Refusal::Host)
        );
    }

    #[test]
    fn an_origin_must_be_ours_or_allowed() {
        let host = ("host", "localhost:50051");
        for fine in [
            "http://localhost:50051",
            "http://127.0.0.1:50051",
            "http://[::1]:50051",
            "http://localhost:8080",
        ] {
            assert_eq!(check("/", &[host, ("origin", fine)]), Ok(()), "{fine}");
        }
        for foreign in [
            "null",
            "http://evil.example",
            "https://localhost:50051",
            "http://localhost:8081",
            "",
        ] {
            assert_eq!(
                check("/", &[host, ("origin", foreign)]),
                Err(Refusal::Origin),
                "{foreign}"
            );
        }
        let two = [
            host,
            ("origin", "http://localhost:50051"),
            ("origin", "http://localhost:50051"),
        ];
        assert_eq!(check("/", &two), Err(Refusal::Origin));
    }

    #[test]
    fn without_an_allowed_origin_the_site_decides() {
        let host = ("host", "localhost:50051");
        for fine in ["same-origin", "none"] {
            assert_eq!(check("/", &[host, ("sec-fetch-site", fine)]), Ok(()), "{fine}");
        }
        for foreign in ["cross-site", "same-site", "anything"] {
            assert_eq!(
                check("/", &[host, ("sec-fetch-site", foreign)]),
                Err(Refusal::Site),
                "{foreign}"
            );
        }
        let allowed = [
            host,
            ("origin", "http://localhost:8080"),
            ("sec-fetch-site", "same-site"),
        ];
        assert_eq!(check("/", &allowed), Ok(()));
    }

    #[test]
    fn a_link_from_elsewhere_may_open_the_page() {
        let link = |dest| {
            check(
                "/",
                &[
                    ("host", "localhost:50051"),
                    ("sec-fetch-site", "cross-site"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", dest),
                ],
            )
        };
        assert_eq!(link("document"), Ok(()));
        assert_eq!(link("iframe"), Err(Refusal::Site));
    }
}
