//! Every route, as one table: a method of HTTP, a path, and the method of the contract it calls.
//!
//! What stands in braces in a path is a field of the request. A POST takes the rest of the request as a JSON object, or
//! as many of them as the method of the contract does; so does a PUT. POST asks for `application/json`, which no web page
//! of another origin can send unasked, and PUT and DELETE are methods that none can.

use std::sync::LazyLock;

use http::Method;
use matchit::Router;
use percent_encoding::percent_decode_str;
use prost_reflect::MethodDescriptor;

use super::problem::Problem;
use crate::json;

/// Where the page about all this is.
pub(super) const PAGE: &str = "/api/v1/";
/// Where the document is that programs read.
pub(super) const DOCUMENT: &str = "/api/v1/openapi.json";

/// One route.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// The path of a call, `/package.Service/Method`.
    pub(super) call: &'static str,
}

const fn route(method: Method, path: &'static str, call: &'static str) -> Route {
    Route { method, path, call }
}

/// The table, in the order of the document.
#[rustfmt::skip]
pub(super) const ROUTES: &[Route] = &[
    route(Method::POST,   "/api/v1/hello/unary",                      "/greet.Greeter/OnlyResponse"),
    route(Method::POST,   "/api/v1/hello/server",                     "/greet.Greeter/ServerStreaming"),
    route(Method::POST,   "/api/v1/hello/client",                     "/greet.Greeter/ClientStreaming"),
    route(Method::GET,    "/api/v1/network",                          "/parcero.v1.Network/Self"),
    route(Method::GET,    "/api/v1/network/peers",                    "/parcero.v1.Network/ListPeers"),
    route(Method::GET,    "/api/v1/network/watch",                    "/parcero.v1.Network/WatchPeers"),
    route(Method::POST,   "/api/v1/network/tickets/inspect",          "/parcero.v1.Network/InspectTicket"),
    route(Method::POST,   "/api/v1/network/friends",                  "/parcero.v1.Network/AddFriend"),
    route(Method::DELETE, "/api/v1/network/friends/{peer}",           "/parcero.v1.Network/RemoveFriend"),
    route(Method::DELETE, "/api/v1/network/peers/{peer}",             "/parcero.v1.Network/ForgetPeer"),
    route(Method::POST,   "/api/v1/network/peers/{peer}/ask",         "/parcero.v1.Network/AskFriend"),
    route(Method::POST,   "/api/v1/network/peers/{peer}/accept",      "/parcero.v1.Network/AcceptFriend"),
    route(Method::POST,   "/api/v1/network/peers/{peer}/decline",     "/parcero.v1.Network/DeclineFriend"),
    route(Method::PUT,    "/api/v1/network/peers/{peer}/name",        "/parcero.v1.Network/NamePeer"),
    route(Method::PUT,    "/api/v1/network/peers/{peer}/block",       "/parcero.v1.Network/BlockPeer"),
    route(Method::DELETE, "/api/v1/network/peers/{peer}/block",       "/parcero.v1.Network/UnblockPeer"),
    route(Method::POST,   "/api/v1/network/peers/{peer}/ping",        "/parcero.v1.Network/Ping"),
    route(Method::POST,   "/api/v1/network/peers/{peer}/diagnose",    "/parcero.v1.Network/Diagnose"),
    route(Method::GET,    "/api/v1/network/invitations",              "/parcero.v1.Network/ListInvitations"),
    route(Method::POST,   "/api/v1/network/invitations",              "/parcero.v1.Network/CreateInvitation"),
    route(Method::DELETE, "/api/v1/network/invitations/{id}",         "/parcero.v1.Network/RevokeInvitation"),
];

/// Where a person looks for the one call of the Greeter that is not in the table, and that call. The document is silent
/// about the path and tells of the call.
const NOT_HERE: (&str, &str) = ("/api/v1/hello/bidi", "greet.Greeter/BidirectionalStreaming");

impl Route {
    /// The method of the contract.
    pub(super) fn descriptor(&self) -> MethodDescriptor {
        json::method(self.call).expect("a test looks up every call of the table")
    }

    /// The fields of the request that stand in the path.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Whether the request has a body.
    pub(super) fn takes_body(&self) -> bool {
        self.method == Method::POST || self.method == Method::PUT
    }
}

/// What is at a path.
pub(super) enum Found {
    Document,
    Page,
    /// A call, with the fields of its request that stand in the path.
    Call(&'static Route, Vec<(&'static str, String)>),
}

/// What can be at a path, whatever the method.
#[derive(Debug)]
enum Place {
    Document,
    Page,
    Calls(Vec<&'static Route>),
}

static PLACES: LazyLock<Router<Place>> = LazyLock::new(|| {
    let mut places = Router::new();
    let mut add = |path, place| {
        places
            .insert(path, place)
            .expect("a test builds this table, and no two of its paths are one");
    };
    add(DOCUMENT, Place::Document);
    add(PAGE, Place::Page);
    add(PAGE.trim_end_matches('/'), Place::Page);
    let mut paths: Vec<_> = ROUTES.iter().map(|route| route.path).collect();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let routes = ROUTES.iter().filter(|route| route.path == path);
        add(path, Place::Calls(routes.collect()));
    }
    places
});

/// Finds what a request is for.
pub(super) fn find(method: &Method, path: &str) -> Result<Found, Problem> {
    let (not_here, call) = NOT_HERE;
    if path == not_here {
        return Err(Problem::not_by_rest(call));
    }
    let found = PLACES.at(path).map_err(|_| Problem::nothing_here())?;
    // HEAD is GET without the body.
    let asked = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let routes = match found.value {
        Place::Document if asked == Method::GET => return Ok(Found::Document),
        Place::Page if asked == Method::GET => return Ok(Found::Page),
        Place::Document | Place::Page => return Err(Problem::method(&[Method::GET])),
        Place::Calls(routes) => routes,
    };
    let Some(route) = routes.iter().find(|route| route.method == asked) else {
        let methods: Vec<_> = routes.iter().map(|route| route.method.clone()).collect();
        return Err(Problem::method(&methods));
    };
    let parameters = route.parameters().map(|name| {
        let text = found.params.get(name).unwrap_or_default();
        let text = percent_decode_str(text).decode_utf8();
        let text = text.map_err(|_| Problem::malformed(format!("`{name}` in the path is no UTF-8 text")))?;
        Ok::<_, Problem>((name, text.into_owned()))
    });
    Ok(Found::Call(route, parameters.collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_calls_a_method_of_the_contract_with_fields_it_has() {
        for route in ROUTES {
            let request = route.descriptor().input();
            for name in route.parameters() {
                assert!(request.get_field_by_name(name).is_some(), "{route:?}");
            }
            assert!(find(&route.method, route.path).is_ok(), "{route:?}");
        }
    }

    #[test]
    fn the_whole_service_network_is_here_and_of_the_greeter_all_but_bidi() {
        for method in contract::METHODS {
            let is_here = ROUTES.iter().any(|route| route.call == method.path);
            let should = method.path.starts_with("/parcero.v1.Network/")
                || (method.path.starts_with("/greet.")
                    && !(method.client_streaming && method.server_streaming));
            assert_eq!(is_here, should, "{}", method.path);
        }
    }

    #[test]
    fn what_stands_in_the_path_is_decoded_once() {
        let Ok(Found::Call(_, parameters)) =
            find(&Method::DELETE, "/api/v1/network/peers/a%2Fb%20%C3%B1%2525")
        else {
            panic!("nothing found")
        };
        assert_eq!(parameters, [("peer", "a/b ñ%25".to_owned())]);
        assert!(find(&Method::DELETE, "/api/v1/network/peers/%ff").is_err());
        assert!(find(&Method::DELETE, "/api/v1/network/peers/").is_err());
    }
}
