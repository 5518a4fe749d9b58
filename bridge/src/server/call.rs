//! One call over one socket, from the upgrade to the last Close: one task, no channels.

use std::{
    convert::Infallible,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, request::Parts};
use http_body::Body;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tower_service::Service;

use super::{
    BoxError, BridgeBody, Options,
    body::{Incoming, request_body},
    connection::{Connection, Stop},
    ending::Ending,
    request,
    response::{self, ResponseFrames},
};

/// Takes the socket when the upgrade is done, carries the call, and closes the socket.
pub(super) async fn run<S, B, R>(
    upgrade: OnUpgrade,
    parts: Parts,
    inner: S,
    options: Options,
    end: CancellationToken,
) where
    S: Service<Request<BridgeBody<B>>, Response = Response<R>>,
    S::Error: Into<BoxError>,
    R: Body<Data = Bytes>,
    R::Error: Into<BoxError>,
{
    let path = parts.uri.path().to_owned();
    let io = match timeout(options.handshake_timeout, upgrade).await {
        Ok(Ok(upgraded)) => TokioIo::new(upgraded),
        Ok(Err(error)) => {
            tracing::warn!(%path, %error, "no socket came of an upgrade; does this HTTP server do upgrades?");
            return;
        }
        // The client was gone before it had our answer.
        Err(_) => return,
    };
    let (feed, incoming) = request_body();
    let mut connection = Connection::new(io, feed, &options);
    let stop = tokio::select! {
        biased;
        stop = converse(&mut connection, parts, inner, incoming, &options) => stop,
        () = end.cancelled() => Stop::Ended(Ending::shutting_down()),
    };
    tracing::debug!(%path, ?stop, "call over a socket ended");
    finish(connection, stop, &options).await;
}

/// The call itself. When this is done, the handler has been dropped.
async fn converse<IO, S, B, R>(
    connection: &mut Connection<IO>,
    parts: Parts,
    mut inner: S,
    incoming: Incoming,
    options: &Options,
) -> Stop
where
    IO: AsyncRead + AsyncWrite + Unpin,
    S: Service<Request<BridgeBody<B>>, Response = Response<R>>,
    S::Error: Into<BoxError>,
    R: Body<Data = Bytes>,
    R::Error: Into<BoxError>,
{
    let headers = match timeout(options.handshake_timeout, receive_headers(connection)).await {
        Ok(Ok(headers)) => headers,
        Ok(Err(stop)) => return stop,
        Err(_) => {
            return Stop::Ended(Ending::no_headers_in_time(
                options.handshake_timeout.as_secs_f32(),
            ));
        }
    };
    let request = request::build(parts, headers, incoming);
    let called = async {
        poll_fn(|cx| inner.poll_ready(cx)).await?;
        inner.call(request).await
    };
    let response = match alongside(connection, called).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Stop::Ended(response::failed(&error.into())),
        Err(stop) => return stop,
    };
    let (head, body) = response.into_parts();
    match response::head_frame(&head) {
        Ok(frame) => connection.writer.put_message(frame),
        Err(ending) => return Stop::Ended(ending),
    }
    forward(connection, body).await
}

async fn receive_headers<IO>(connection: &mut Connection<IO>) -> Result<HeaderMap, Stop>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    poll_fn(|cx| {
        loop {
            let has_read = connection.poll_read(cx)?.is_ready();
            if let Some(headers) = connection.take_headers() {
                return Poll::Ready(Ok(headers));
            }
            if !has_read {
                break;
            }
        }
        // Pings and pongs; the call does not wait for them.
        let _ = connection.poll_write(cx)?;
        Poll::Pending
    })
    .await
}

/// Drives `future` while the socket is read and written.
async fn alongside<IO, F>(connection: &mut Connection<IO>, future: F) -> Result<F::Output, Stop>
where
    IO: AsyncRead + AsyncWrite + Unpin,
    F: Future,
{
    let mut future = pin!(future);
    poll_fn(|cx| {
        loop {
            let has_read = connection.poll_read(cx)?.is_ready();
            if let Poll::Ready(output) = guarded(|| future.as_mut().poll(cx))? {
                return Poll::Ready(Ok(output));
            }
            // Pings and pongs; the call does not wait for them.
            let _ = connection.poll_write(cx)?;
            if !has_read {
                return Poll::Pending;
            }
        }
    })
    .await
}

/// Carries the response to the client while the request is still arriving. Gives how the call ended.
async fn forward<IO, R>(connection: &mut Connection<IO>, body: R) -> Stop
where
    IO: AsyncRead + AsyncWrite + Unpin,
    R: Body<Data = Bytes>,
    R::Error: Into<BoxError>,
{
    let mut body = pin!(body);
    let mut frames = ResponseFrames::new();
    let Err(stop) = poll_fn(|cx| -> Poll<Result<Infallible, Stop>> {
        // The handler may run in this very task: it is polled again whenever it was given something to read.
        let mut may_have_more = true;
        loop {
            let has_read = connection.poll_read(cx)?.is_ready();
            may_have_more |= has_read;
            while may_have_more && connection.writer.has_room() {
                match pull(&mut frames, body.as_mut(), cx)? {
                    Poll::Ready(message) => connection.writer.put_message(message),
                    Poll::Pending => may_have_more = false,
                }
            }
            // When it is full, the loop goes on once there is room.
            let _ = connection.poll_write(cx)?;
            let can_write_more = may_have_more && connection.writer.has_room();
            if !has_read && !can_write_more {
                return Poll::Pending;
            }
        }
    })
    .await;
    stop
}

/// The next whole message of the response, or how the call ends.
fn pull<R>(
    frames: &mut ResponseFrames,
    mut body: Pin<&mut R>,
    cx: &mut Context<'_>,
) -> Result<Poll<Bytes>, Stop>
where
    R: Body<Data = Bytes>,
    R::Error: Into<BoxError>,
{
    loop {
        if let Some(message) = frames.next_message().map_err(Stop::Ended)? {
            return Ok(Poll::Ready(message));
        }
        match guarded(|| body.as_mut().poll_frame(cx))? {
            Poll::Ready(frame) => frames.take(frame).map_err(Stop::Ended)?,
            Poll::Pending => return Ok(Poll::Pending),
        }
    }
}

/// Polls the service. A handler that panics ends its own call and nothing else.
fn guarded<T>(poll: impl FnOnce() -> T) -> Result<T, Stop> {
    // What panicked is dropped and not used again.
    catch_unwind(AssertUnwindSafe(poll)).map_err(|_| Stop::Ended(Ending::panicked()))
}

/// Says how the call ended and closes the socket, in bounded time.
async fn finish<IO>(mut connection: Connection<IO>, stop: Stop, options: &Options)
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    match stop {
        Stop::Ended(ending) => {
            connection.stop_listening("the call is over");
            connection.put_ending(&ending);
            // A slow client may take its time, one that takes nothing is noticed by the ticks.
            if !flush(&mut connection).await {
                return;
            }
            // Closing with unread bytes would reset the connection and destroy the trailers on their way.
            // Past the timeout the client had its chance.
            let _ = timeout(options.closing_timeout, drain(&mut connection)).await;
        }
        Stop::Closed(code) => {
            connection.stop_listening(&match code {
                Some(code) => format!("the client closed the socket (close code {code})"),
                None => "the client closed the socket".to_owned(),
            });
            connection.writer.put_close(code);
            // The client has gone its way: the echo is a courtesy.
            let _ = timeout(options.closing_timeout, flush(&mut connection)).await;
        }
        Stop::Lost(reason) => {
            connection.stop_listening(&reason);
            return;
        }
    }
    // As above: nobody is left who waits for it.
    let _ = timeout(
        options.closing_timeout,
        poll_fn(|cx| connection.poll_shutdown(cx)),
    )
    .await;
}

/// Writes all that waits; what arrives is dropped. False when the client is gone.
async fn flush<IO>(connection: &mut Connection<IO>) -> bool
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    poll_fn(|cx| {
        // Past its Close nothing comes any more; what waits is written all the same.
        while !connection.has_closed() {
            match connection.poll_read(cx) {
                Poll::Ready(Err(Stop::Lost(_))) => return Poll::Ready(false),
                Poll::Ready(_) => {}
                Poll::Pending => break,
            }
        }
        connection.poll_write(cx).map(|written| written.is_ok())
    })
    .await
}

/// Reads and drops until the client's Close, or the end.
async fn drain<IO>(connection: &mut Connection<IO>)
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    poll_fn(|cx| {
        loop {
            if connection.has_closed() {
                return Poll::Ready(());
            }
            match connection.poll_read(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await;
}
