//! The server end: a tower layer in front of any service that takes gRPC-Web.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

pub use body::{BridgeBody, UnfinishedRequest};
pub use origin::Origins;
pub use sockets::Sockets;

use handshake::Judgement;
use sockets::Owner;

mod body;
mod call;
mod connection;
mod ending;
mod handshake;
mod inbound;
mod origin;
mod request;
mod response;
mod sockets;
mod websocket;
mod writer;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the bridge allows, and how long it waits.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) max_message_bytes: usize,
    pub(crate) max_header_bytes: usize,
    pub(crate) buffer_bytes: usize,
    pub(crate) handshake_timeout: Duration,
    pub(crate) ping_interval: Duration,
    pub(crate) closing_timeout: Duration,
    pub(crate) origins: Origins,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            // gRPC's own default.
            max_message_bytes: 4 * 1024 * 1024,
            // As much as HTTP/2 servers commonly take.
            max_header_bytes: 16 * 1024,
            // Enough to keep a fast handler busy; what one slow handler may cost.
            buffer_bytes: 1024 * 1024,
            handshake_timeout: Duration::from_secs(10),
            // A client that is gone is noticed within three of these: within 10 s.
            ping_interval: Duration::from_secs(3),
            // As long as the original server waits for the client's Close.
            closing_timeout: Duration::from_secs(5),
            origins: Origins::Same,
        }
    }
}

/// Puts the bridge in front of a service that takes gRPC-Web: `tonic_web::GrpcWebLayer` around tonic's routes,
/// or a proxy.
///
/// Requests that are not a `grpc-websockets` upgrade go to the service untouched.
///
/// ```
/// use bridge::server::BridgeLayer;
///
/// # fn routes() -> tonic::service::Routes { tonic::service::Routes::default() }
/// let app = tower::ServiceBuilder::new()
///     .layer(BridgeLayer::new())
///     .layer(tonic_web::GrpcWebLayer::new())
///     .service(routes());
/// # let _: axum::Router = axum::Router::new().fallback_service(app);
/// ```
///
/// Every socket belongs to this layer and what came of it: when the layer, its services and the [`Sockets`] of it
/// have all been dropped, the calls still open end with UNAVAILABLE.
#[derive(Debug, Clone, Default)]
pub struct BridgeLayer {
    options: Options,
    owner: Owner,
}

impl BridgeLayer {
    /// A bridge with the usual limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a message of the client may be. A longer one ends its call with RESOURCE_EXHAUSTED, as soon as its
    /// length is known. 4 MiB unless told otherwise.
    pub fn max_message_bytes(mut self, bytes: usize) -> Self {
        self.options.max_message_bytes = bytes;
        self
    }

    /// How long the client's headers may be, all together. 16 KiB unless told otherwise.
    pub fn max_header_bytes(mut self, bytes: usize) -> Self {
        self.options.max_header_bytes = bytes;
        self
    }

    /// How much of what the client sends is read ahead of the handler, in bytes. 1 MiB unless told otherwise.
    pub fn buffer_bytes(mut self, bytes: usize) -> Self {
        // With 0 nothing would ever be read.
        self.options.buffer_bytes = bytes.max(1);
        self
    }

    /// How long a client may take to send its headers. 10 seconds unless told otherwise.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.options.handshake_timeout = timeout;
        self
    }

    /// How often a client is asked whether it is still there. A client that is gone, or that reads nothing of what
    /// it is sent, is noticed within three of these. 3 seconds unless told otherwise.
    pub fn ping_interval(mut self, interval: Duration) -> Self {
        // A timer cannot tick every 0 seconds.
        self.options.ping_interval = interval.max(Duration::from_millis(1));
        self
    }

    /// How long to wait for the client's Close after ours. 5 seconds unless told otherwise.
    pub fn closing_timeout(mut self, timeout: Duration) -> Self {
        self.options.closing_timeout = timeout;
        self
    }

    /// Which pages may open a socket. Only those of the same origin, unless told otherwise.
    pub fn origins(mut self, origins: Origins) -> Self {
        self.options.origins = origins;
        self
    }

    /// The sockets of this bridge, to count them, to wait for them, or to end them.
    pub fn sockets(&self) -> Sockets {
        self.owner.sockets()
    }
}

impl<S> Layer<S> for BridgeLayer {
    type Service = Bridge<S>;

    fn layer(&self, inner: S) -> Bridge<S> {
        Bridge {
            inner,
            options: self.options.clone(),
            owner: self.owner.clone(),
        }
    }
}

/// A service with the bridge in front of it; made by [`BridgeLayer`].
#[derive(Debug, Clone)]
pub struct Bridge<S> {
    inner: S,
    options: Options,
    owner: Owner,
}

impl<S, B, R> Service<Request<B>> for Bridge<S>
where
    S: Service<Request<BridgeBody<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Send + 'static,
    R: Body<Data = Bytes> + Default + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let answer = match handshake::judge(&request, &self.options.origins) {
            Judgement::NotOurs => {
                let future = self.inner.call(request.map(BridgeBody::http));
                return ResponseFuture {
                    kind: Kind::Inner { future },
                };
            }
            Judgement::Refuse(refusal) => refusal.response(),
            Judgement::Accept(accepted) => {
                let upgrade = hyper::upgrade::on(&mut request);
                let (parts, _no_body) = request.into_parts();
                self.owner.spawn(|end| {
                    call::run::<S, B, R>(upgrade, parts, self.inner.clone(), self.options.clone(), end)
                });
                accepted.response()
            }
        };
        ResponseFuture {
            kind: Kind::Answer { answer: Some(answer) },
        }
    }
}

pin_project! {
    /// The response to come: the service's, or the bridge's own answer to an upgrade.
    pub struct ResponseFuture<F, R> {
        #[pin]
        kind: Kind<F, R>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<F, R> {
        Inner { #[pin] future: F },
        Answer { answer: Option<Response<R>> },
    }
}

impl<F, R, E> Future for ResponseFuture<F, R>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProjection::Inner { future } => future.poll(cx),
            KindProjection::Answer { answer } => Poll::Ready(Ok(answer
                .take()
                .expect("a future is not polled after it is ready"))),
        }
    }
}

impl<F, R> fmt::Debug for ResponseFuture<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}
