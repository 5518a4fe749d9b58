//! One socket: reads what may be read, writes what waits, and notices when nobody is there any more.

use std::{
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::HeaderMap;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};
use tungstenite::protocol::frame::coding::CloseCode;

use super::{
    Options,
    body::Feed,
    ending::Ending,
    inbound::Inbound,
    websocket::{Event, FrameReader},
    writer::Writer,
};
use crate::frame::Frame;

/// How much one read takes at most. It lies on the stack: an idle socket keeps nothing.
const READ_BYTES: usize = 16 * 1024;
/// After this many ticks in a row without a sign of life nobody is there. With the tick before them, the one in
/// which the last sign came, that makes three.
const PATIENCE: u32 = 2;

/// Why a call stops.
#[derive(Debug)]
pub(super) enum Stop {
    /// It gets these trailers and this close code.
    Ended(Ending),
    /// The client has closed the socket.
    Closed(Option<CloseCode>),
    /// There is no socket any more; why.
    Lost(String),
}

pub(super) struct Connection<IO> {
    io: IO,
    reader: FrameReader,
    /// The reader has failed; what arrives has no meaning any more.
    is_garbled: bool,
    /// The client's Close has arrived.
    has_closed: bool,
    inbound: Inbound,
    headers: Option<HeaderMap>,
    feed: Feed,
    buffer_bytes: usize,
    pub(super) writer: Writer,
    ticks: Interval,
    silent_ticks: u32,
    stalled_ticks: u32,
    /// Something arrived since the last tick, or could not because nobody was reading.
    is_excused: bool,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Connection<IO> {
    pub(super) fn new(io: IO, feed: Feed, options: &Options) -> Self {
        let mut ticks = interval_at(Instant::now() + options.ping_interval, options.ping_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            io,
            reader: FrameReader::default(),
            is_garbled: false,
            has_closed: false,
            inbound: Inbound::new(options),
            headers: None,
            feed,
            buffer_bytes: options.buffer_bytes,
            writer: Writer::default(),
            ticks,
            silent_ticks: 0,
            stalled_ticks: 0,
            is_excused: false,
        }
    }

    /// The headers of the call, once they have arrived.
    pub(super) fn take_headers(&mut self) -> Option<HeaderMap> {
        self.headers.take()
    }

    /// Reads once. Pending when nothing arrived, or when the handler has enough to do with what is there.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        while self.ticks.poll_tick(cx).is_ready() {
            self.tick()?;
        }
        if self.feed.poll_room(cx, self.buffer_bytes).is_pending() {
            self.is_excused = true;
            return Poll::Pending;
        }
        let mut scratch = [const { MaybeUninit::uninit() }; READ_BYTES];
        let mut buffer = ReadBuf::uninit(&mut scratch);
        if let Err(error) = ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer)) {
            return Poll::Ready(Err(Stop::Lost(error.to_string())));
        }
        if buffer.filled().is_empty() {
            let reason = "the connection ended without a Close".to_owned();
            return Poll::Ready(Err(Stop::Lost(reason)));
        }
        self.is_excused = true;
        Poll::Ready(self.take(buffer.filled_mut(), cx))
    }

    /// Writes. Ready when all that waited is written.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        self.writer
            .poll_write(&mut self.io, cx)
            .map_err(|error| Stop::Lost(error.to_string()))
    }

    /// Sends this end's "no more" below the WebSocket.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // The call is over: there is nobody left to tell that it failed.
        Pin::new(&mut self.io).poll_shutdown(cx).map(drop)
    }

    /// Whether the client's Close has arrived. Nothing may follow it.
    pub(super) fn has_closed(&self) -> bool {
        self.has_closed
    }

    /// From now on whatever arrives is dropped; a handler that still reads is told why.
    pub(super) fn stop_listening(&mut self, reason: &str) {
        self.inbound = Inbound::Over;
        self.feed.break_off(reason.to_owned());
    }

    /// Puts the trailers and our Close behind whatever waits to be written.
    pub(super) fn put_ending(&mut self, ending: &Ending) {
        self.writer.put_message(Frame::headers(&ending.trailers).encode());
        self.writer.put_close(Some(ending.close));
    }

    fn take(&mut self, mut input: &mut [u8], cx: &Context<'_>) -> Result<(), Stop> {
        let Self {
            reader,
            is_garbled,
            has_closed,
            inbound,
            headers,
            feed,
            writer,
            ..
        } = self;
        if *is_garbled {
            return Ok(());
        }
        let mut stop = None;
        feed.fill(cx.waker(), |queue| {
            loop {
                let ending = match reader.next(&mut input) {
                    Ok(None) => break,
                    Ok(Some(Event::Chunk { bytes, ends_message })) => {
                        match inbound.take(bytes, ends_message, queue) {
                            Ok(Some(arrived)) => {
                                *headers = Some(arrived);
                                continue;
                            }
                            Ok(None) => continue,
                            Err(ending) => ending,
                        }
                    }
                    Ok(Some(Event::Text)) if matches!(inbound, Inbound::Over) => continue,
                    Ok(Some(Event::Text)) => Ending::text_message(),
                    Ok(Some(Event::Ping(payload))) => {
                        writer.put_pong(payload);
                        continue;
                    }
                    Ok(Some(Event::Pong)) => continue,
                    Ok(Some(Event::Close(code))) => {
                        stop.get_or_insert(Stop::Closed(code));
                        *has_closed = true;
                        break;
                    }
                    Err(violation) => {
                        *is_garbled = true;
                        stop.get_or_insert(Stop::Ended(Ending::protocol_violation(violation)));
                        break;
                    }
                };
                // The rest is read on, so that a Close in it is seen.
                *inbound = Inbound::Over;
                stop.get_or_insert(Stop::Ended(ending));
            }
        });
        stop.map_or(Ok(()), Err)
    }

    fn tick(&mut self) -> Result<(), Stop> {
        let has_progressed = self.writer.take_progress();
        self.stalled_ticks = if self.writer.is_empty() || has_progressed {
            0
        } else {
            self.stalled_ticks + 1
        };
        if self.stalled_ticks >= PATIENCE {
            return Err(Stop::Lost(
                "the client reads nothing of what it is sent".to_owned(),
            ));
        }
        self.silent_ticks = if std::mem::take(&mut self.is_excused) {
            0
        } else {
            self.silent_ticks + 1
        };
        if self.silent_ticks >= PATIENCE {
            return Err(Stop::Lost("the client no longer answers pings".to_owned()));
        }
        self.writer.put_ping();
        Ok(())
    }
}
