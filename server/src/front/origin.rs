//! Origins a person allows besides the page's own: `http://localhost:8080`, or `http://localhost:*`.

use std::{fmt, net::Ipv6Addr, str::FromStr};

/// One origin, or all ports of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginPattern {
    scheme: String,
    host: String,
    port: Port,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Port {
    Any,
    /// As an origin is written: the scheme's own port is left out.
    Default,
    Number(u16),
}

/// Why a text is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an origin: write scheme, host and port, as in http://localhost:8080 or http://localhost:*"
)]
pub struct InvalidOrigin(String);

impl FromStr for OriginPattern {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let invalid = || InvalidOrigin(text.to_owned());
        let (scheme, authority) = text.split_once("://").ok_or_else(invalid)?;
        if scheme != "http" && scheme != "https" {
            return Err(invalid());
        }
        let (host, port) = split_port(authority);
        let port = match port {
            None => Port::Default,
            Some("*") => Port::Any,
            Some(digits) => match digits.parse().map_err(|_| invalid())? {
                number if Some(number) == default_port(scheme) => Port::Default,
                number => Port::Number(number),
            },
        };
        let bracketed = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .is_some_and(|host| host.parse::<Ipv6Addr>().is_ok());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
        if host.is_empty() || !(bracketed || host.bytes().all(plain)) {
            return Err(invalid());
        }
        Ok(Self {
            scheme: scheme.to_owned(),
            host: host.to_ascii_lowercase(),
            port,
        })
    }
}

impl OriginPattern {
    /// Whether the value of an `Origin` header is this origin.
    pub fn matches(&self, origin: &str) -> bool {
        let Some((scheme, authority)) = origin.split_once("://") else {
            return false;
        };
        let (host, port) = split_port(authority);
        let port_fits = match (&self.port, port) {
            (Port::Any, None) | (Port::Default, None) => true,
            (Port::Any, Some(digits)) => digits.parse::<u16>().is_ok(),
            (Port::Number(number), Some(digits)) => digits.parse() == Ok(*number),
            (Port::Number(_), None) | (Port::Default, Some(_)) => false,
        };
        scheme == self.scheme && host == self.host && port_fits
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        match self.port {
            Port::Any => f.write_str(":*"),
            Port::Default => Ok(()),
            Port::Number(number) => write!(f, ":{number}"),
        }
    }
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, origin: &str) -> bool {
        pattern.parse::<OriginPattern>().unwrap().matches(origin)
    }

    #[test]
    fn an_origin_matches_itself_and_nothing_else() {
        assert!(matches("http://localhost:8080", "http://localhost:8080"));
        for other in [
            "http://localhost:8081",
            "https://localhost:8080",
            "http://localhost",
            "http://localhost:8080.evil.example",
            "http://evil.example:8080",
            "http://localhost.evil.example:8080",
            "http://x@localhost:8080",
            "null",
            "",
        ] {
            assert!(!matches("http://localhost:8080", other), "{other}");
        }
    }

    #[test]
    fn a_star_stands_for_any_port_of_that_host_only() {
        assert!(matches("http://localhost:*", "http://localhost:1"));
        assert!(matches("http://localhost:*", "http://localhost"));
        assert!(matches("http://[::1]:*", "http://[::1]:8080"));
        for other in [
            "http://localhost:99999",
            "http://localhost:x",
            "http://127.0.0.1:1",
            "http://localhost.evil:1",
        ] {
            assert!(!matches("http://localhost:*", other), "{other}");
        }
    }

    #[test]
    fn the_default_port_is_the_same_as_none() {
        assert!(matches("https://example.org:443", "https://example.org"));
        assert!(!matches("https://example.org", "https://example.org:444"));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for bad in [
            "",
            "*",
            "localhost:8080",
            "http://",
            "http://*:80",
            "ftp://a:1",
            "http://a:b",
            "http://a/b",
            "http://a b",
            "http://[]",
            "http://[<b>]:80",
            "http://[::1",
        ] {
            assert!(bad.parse::<OriginPattern>().is_err(), "{bad}");
        }
    }
}
