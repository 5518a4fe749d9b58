//! One connection by TCP: its timers and windows.
//!
//! hyper's own header timer is not enough: it does not see a connection that says nothing at all, half of an HTTP/2
//! preface, or a preface with no request after it. [`Watched`] sees every byte and every request.

use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, watch},
    time::Instant,
};
use tonic::body::Body;
use tower_service::Service;

use super::{
    activity::Activity,
    limits::Limits,
    watched::{Counted, Watched},
};

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
/// How many headers HTTP/1.1 takes. So many fit into the limit on metadata, where the shortest counts 34 bytes.
const MAX_HEADERS: usize = 16 * 1024 / 34;
/// Streams a caller may open and reset before the server has looked at them.
const MAX_PENDING_RESETS: usize = 50;

/// Serves one connection until it ends, is over time, or `stopping` turns true and its calls are done.
pub(super) async fn serve<S>(
    stream: TcpStream,
    permit: OwnedSemaphorePermit,
    service: S,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
) where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = std::convert::Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
{
    let activity = Activity::new(limits.idle_time);
    let io = TokioIo::new(Watched::new(stream, activity.clone(), permit));
    let service = Counted::new(service, activity.clone());
    let service = hyper_util::service::TowerToHyperService::new(service);

    let builder = builder();
    let connection = builder.serve_connection_with_upgrades(io, service);
    let mut connection = std::pin::pin!(connection);
    let mut look = tokio::time::interval(limits.look_every);
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
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_headers(MAX_HEADERS);
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
