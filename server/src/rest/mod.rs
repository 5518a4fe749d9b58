//! REST: the calls of the contract for whoever speaks HTTP and JSON and no gRPC.
//!
//! [`routes`] is the whole interface as one table: each route is a method of the contract. A request is made into a gRPC
//! call of the same layered routes that every other road leads to, by a client in memory ([`codec`]): deadlines, limits,
//! rules and calls to other peers are decided there, once. [`input`] converts in, [`answer`] converts out, [`problem`] says
//! what went wrong. The [`document`] and the [`page`] are made from the table and from the descriptors of the contract.

mod answer;
mod codec;
mod comments;
mod document;
mod input;
mod page;
mod problem;
mod routes;
mod schema;

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Method, Request, Response, header};
use tonic::body::Body;
use tower_service::Service;

use self::{
    problem::Problem,
    routes::{Found, find},
};
use crate::grpc::LayeredRoutes;

/// Whether a path belongs here.
pub fn is_ours(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// What the door says to a request that it does not let in.
pub(crate) fn forbidden(why: impl Into<String>) -> Response<Body> {
    Problem::forbidden(why).into_response()
}

/// Answers what [`is_ours`]. Who may ask was decided by the door before.
#[derive(Debug, Clone)]
pub struct Rest {
    calls: LayeredRoutes,
    max_message_bytes: usize,
}

impl Rest {
    /// REST in front of these layered routes; no JSON object may be longer than `max_message_bytes`.
    pub fn new(calls: LayeredRoutes, max_message_bytes: usize) -> Self {
        Self {
            calls,
            max_message_bytes,
        }
    }
}

impl Service<Request<Body>> for Rest {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The calls are made ready when one is made.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let rest = self.clone();
        Box::pin(async move {
            let is_head = request.method() == Method::HEAD;
            let response = rest.answer(request).await.unwrap_or_else(Problem::into_response);
            // Dropping the body of a watch ends the watch.
            Ok(if is_head {
                response.map(|_| Body::empty())
            } else {
                response
            })
        })
    }
}

impl Rest {
    async fn answer(self, request: Request<Body>) -> Result<Response<Body>, Problem> {
        if request.uri().query().is_some_and(|query| !query.is_empty()) {
            return Err(Problem::query());
        }
        match find(request.method(), request.uri().path())? {
            Found::Document => Ok(answer::file("application/json", document::text())),
            Found::Page => {
                let mut response = answer::file("text/html; charset=utf-8", page::text());
                response
                    .headers_mut()
                    .insert(header::CONTENT_SECURITY_POLICY, page::content_security_policy());
                Ok(response)
            }
            Found::Call(route, parameters) => {
                let kind = answer::Many::wanted(request.headers());
                let (metadata, input) =
                    input::read(route, &parameters, request, self.max_message_bytes).await?;
                let output = codec::call(self.calls, route, metadata, input).await?;
                answer::of(output, kind)
            }
        }
    }
}
