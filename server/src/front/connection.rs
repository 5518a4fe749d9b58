//! One connection by TCP: its timers and windows.
//!
//! hyper's own header timer is not enough: it does not see a connection that says nothing at all, half of an HTTP/2
//! preface, or a preface with no request after it. [`Watched`] sees every byte and every request.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response, Version};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, watch},
    time::Instant,
};
use tonic::body::Body;
use tower_service::Service;

/// How long a request's head may take, and a new connection to make its first request.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a connection may stay open with no call on it.
const IDLE_TIME: Duration = Duration::from_secs(120);
/// How often a connection is looked at. Closing is late by at most this much.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long a connection has to say goodbye once it is over time.
const GOODBYE: Duration = Duration::from_secs(1);

/// HTTP/2 pings a silent caller this often…
const PING_EVERY: Duration = Duration::from_secs(20);
/// …and gives it this long to answer.
const PING_TIME: Duration = Duration::from_secs(20);
/// Calls at once on one HTTP/2 connection.
const MAX_STREAMS: u32 = 100;
/// What one call may send ahead of its handler, in bytes. In tiny messages this costs memory: about 430 bytes for each
/// DATA frame, so some 4 MB for a stream of 7-byte frames, and a hundred times that for a connection.
const STREAM_WINDOW: u32 = 64 * 1024;
/// The largest there is: a smaller one would let a few calls that nobody reads stall all others on the connection, and
/// h2 takes half of it as its budget for small frames, past which it ends the connection.
const CONNECTION_WINDOW: u32 = (1 << 31) - 1;
/// What h2 takes in headers before it answers 431 itself. The limit on metadata (16 KiB) is checked behind it, so that
/// the caller gets a gRPC status.
const MAX_HEADER_LIST: u32 = 64 * 1024;
/// Streams a caller may open and reset before the server has looked at them.
const MAX_PENDING_RESETS: usize = 50;

/// Serves one connection until it ends, is over time, or `stopping` turns true and its calls are done.
pub(super) async fn serve<S>(
    stream: TcpStream,
    permit: OwnedSemaphorePermit,
    service: S,
    mut stopping: watch::Receiver<bool>,
) where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = std::convert::Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
{
    let activity = Activity::default();
    let io = TokioIo::new(Watched {
        stream,
        activity: activity.clone(),
        _permit: permit,
    });
    let service = Counted {
        inner: service,
        activity: activity.clone(),
    };
    let service = hyper_util::service::TowerToHyperService::new(service);

    let builder = builder();
    let connection = builder.serve_connection_with_upgrades(io, service);
    let mut connection = std::pin::pin!(connection);
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut closing_since: Option<Instant> = None;
    let mut told = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    // Nothing to do about it: callers go away, and send what is no HTTP.
                    tracing::debug!(%error, "a connection ended");
                }
                return;
            }
            _ = look.tick() => {
                let over_time = activity.over_time();
                if let Some(why) = over_time && closing_since.is_none() {
                    tracing::debug!(why, "closing a connection");
                    closing_since = Some(Instant::now());
                    connection.as_mut().graceful_shutdown();
                }
                if closing_since.is_some_and(|since| over_time.is_some() && since.elapsed() >= GOODBYE) {
                    return;
                }
            }
            changed = stopping.changed(), if !told => {
                // An error means the door itself is gone, which is a stop as well.
                if changed.is_err() || *stopping.borrow() {
                    told = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_TIME)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_LIST)
        .max_pending_accept_reset_streams(MAX_PENDING_RESETS);
    builder
}

/// What is going on on a connection.
#[derive(Debug, Clone, Default)]
struct Activity(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Requests whose answer is not whole yet.
    open: AtomicUsize,
    clock: Mutex<Clock>,
}

#[derive(Debug)]
struct Clock {
    /// When the last request came or ended; the start of the connection at first.
    last: Instant,
    /// When the first byte of a request's head came that is not whole yet.
    head: Option<Instant>,
    /// The version of the requests so far, if any.
    version: Option<Version>,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            last: Instant::now(),
            head: None,
            version: None,
        }
    }
}

impl Activity {
    fn clock(&self) -> std::sync::MutexGuard<'_, Clock> {
        self.0.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes came in.
    fn heard(&self) {
        if self.0.open.load(Ordering::Relaxed) == 0 {
            let mut clock = self.clock();
            // On an HTTP/2 connection in use these may be pings and window updates: no head to wait for.
            if clock.head.is_none() && clock.version != Some(Version::HTTP_2) {
                clock.head = Some(Instant::now());
            }
        }
    }

    fn request(&self, version: Version) -> Open {
        self.0.open.fetch_add(1, Ordering::Relaxed);
        let mut clock = self.clock();
        clock.head = None;
        clock.version = Some(version);
        Open(self.clone())
    }

    /// Why the connection has to go, if it has.
    fn over_time(&self) -> Option<&'static str> {
        if self.0.open.load(Ordering::Relaxed) > 0 {
            return None;
        }
        let clock = self.clock();
        match clock.version {
            None if clock.last.elapsed() >= HEAD_TIME => Some("no request came"),
            Some(_) if clock.head.is_some_and(|since| since.elapsed() >= HEAD_TIME) => {
                Some("the head of a request took too long")
            }
            Some(_) if clock.last.elapsed() >= IDLE_TIME => Some("nothing was asked for too long"),
            None | Some(_) => None,
        }
    }
}

/// A request that is under way.
#[derive(Debug)]
struct Open(Activity);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.clock().last = Instant::now();
        self.0.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A socket that tells when bytes come in. It holds the connection's place among all connections, also after an
/// upgrade.
struct Watched {
    stream: TcpStream,
    activity: Activity,
    _permit: OwnedSemaphorePermit,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.activity.heard();
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// A service that counts the requests under way on its connection.
#[derive(Debug, Clone)]
struct Counted<S> {
    inner: S,
    activity: Activity,
}

impl<S> Service<Request<Incoming>> for Counted<S>
where
    S: Service<Request<Incoming>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<CountedBody>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let open = self.activity.request(request.version());
        let answer = self.inner.call(request);
        Box::pin(async move { Ok(answer.await?.map(|body| CountedBody { body, _open: open })) })
    }
}

/// A response body that counts as an open request while it lives.
struct CountedBody {
    body: Body,
    _open: Open,
}

impl HttpBody for CountedBody {
    type Data = bytes::Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
