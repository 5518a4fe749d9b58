//! Which way a request goes once it is in, and the stack of services of one door.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use bridge::server::{Bridge, BridgeLayer};
use futures_util::future::{Either, Ready, ready};
use http::{Request, Response, header};
use tonic::body::Body;
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower::Layer;
use tower_service::Service;

use super::{
    cross_origin::CrossOrigin,
    drain::{Drain, is_grpc_web},
    entry::{Entry, Rules},
    headers::Headers,
    page::Page,
};
use crate::{
    access::Caller,
    grpc::LayeredRoutes,
    rest::{self, Rest},
};

/// How much of an unwanted request is read before it is answered, besides one message in its longest form (base64).
const EARLY_ANSWER_BYTES: usize = 1024 * 1024;

/// Everything behind one listening socket.
pub(super) type Stack = Drain<Headers<Entry<CrossOrigin<Roads>>>>;

/// Puts the stack of one door together.
pub(super) fn stack(
    routes: LayeredRoutes,
    bridge: &BridgeLayer,
    page: Page,
    rules: Rules,
    max_message_bytes: usize,
) -> Stack {
    let roads = Roads {
        rest: Rest::new(routes.clone(), max_message_bytes),
        grpc: bridge.layer(GrpcWebLayer::new().layer(routes)),
        page,
    };
    Drain::new(
        Headers::new(Entry::new(CrossOrigin::new(roads, rules.clone()), rules)),
        EARLY_ANSWER_BYTES + max_message_bytes.div_ceil(3) * 4,
    )
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Road {
    /// A call: native gRPC, gRPC-Web, or a WebSocket for the bridge.
    Call,
    /// The same calls by HTTP and JSON.
    Rest,
    /// A file of the page.
    Page,
}

impl Road {
    fn of<B>(request: &Request<B>) -> Self {
        let starts = |name, what: &[u8]| {
            request.headers().get(name).is_some_and(|value| {
                value
                    .as_bytes()
                    .get(..what.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(what))
            })
        };
        let is_call =
            starts(header::CONTENT_TYPE, b"application/grpc") || starts(header::UPGRADE, b"websocket");
        if is_call {
            Road::Call
        } else if rest::is_ours(request.uri().path()) {
            Road::Rest
        } else {
            Road::Page
        }
    }
}

/// The three roads.
#[derive(Debug, Clone)]
pub(super) struct Roads {
    grpc: Calls,
    rest: Rest,
    page: Page,
}

/// The bridge in front of the gRPC-Web layer in front of the routes. Native gRPC passes both untouched.
type Calls = Bridge<GrpcWebService<LayeredRoutes>>;

impl Service<Request<Body>> for Roads {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<
        <Calls as Service<Request<Body>>>::Future,
        Either<<Rest as Service<Request<Body>>>::Future, Ready<Result<Response<Body>, Infallible>>>,
    >;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        <Calls as Service<Request<Body>>>::poll_ready(&mut self.grpc, cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        match Road::of(&request) {
            Road::Call => {
                request.extensions_mut().insert(Caller::Local);
                if is_grpc_web(request.headers()) {
                    // Clients of gRPC-Web cannot unpack, not even those that say so: a browser hides it from them.
                    request.headers_mut().remove("grpc-accept-encoding");
                }
                Either::Left(self.grpc.call(request))
            }
            Road::Rest => Either::Right(Either::Left(self.rest.call(request))),
            Road::Page => Either::Right(Either::Right(ready(Ok(self.page.answer(&request))))),
        }
    }
}
