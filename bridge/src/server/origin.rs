//! Which pages may open a socket. A browser lets any page open one to anywhere: only the server can say no.

use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderValue, header};

/// Says yes or no to an origin; gets all headers of the request as well.
type Judge = dyn Fn(&HeaderValue, &HeaderMap) -> bool + Send + Sync;

/// Which pages may open a socket, judged by the `Origin` every browser sends with an upgrade.
///
/// A request without `Origin` comes from no page and is always let in.
#[derive(Clone)]
pub enum Origins {
    /// Only pages that came from the host and port the request is for.
    Same,
    /// Whatever the function says yes to.
    Judged(Arc<Judge>),
    /// Any page of any site. Right only where something in front of the bridge has judged already.
    Any,
}

impl Origins {
    /// Origins that `judge` says yes to; it gets the origin and all headers of the request.
    pub fn judged(judge: impl Fn(&HeaderValue, &HeaderMap) -> bool + Send + Sync + 'static) -> Self {
        Self::Judged(Arc::new(judge))
    }

    pub(super) fn allow(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return true;
        };
        match self {
            Self::Same => is_same_origin(origin, headers),
            Self::Judged(judge) => judge(origin, headers),
            Self::Any => true,
        }
    }
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Same => "Same",
            Self::Judged(_) => "Judged",
            Self::Any => "Any",
        })
    }
}

fn is_same_origin(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let (Ok(origin), Some(Ok(host))) = (
        origin.to_str(),
        headers.get(header::HOST).map(HeaderValue::to_str),
    ) else {
        return false;
    };
    match origin.split_once("://") {
        Some((_scheme, authority)) => authority.eq_ignore_ascii_case(host),
        // `null`: a sandboxed frame, a file, a redirect across sites.
        None => false,
    }
}
