//! What waits to be written to a socket: many small frames go out in one write, a large one is not copied.

use std::{
    io, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

use super::websocket::put_header;

/// With this much waiting, no more is taken from the service: a write of this size is efficient already.
const ENOUGH: usize = 32 * 1024;
/// From here on a payload is written from where it lies.
const LARGE: usize = 16 * 1024;
/// A buffer that grew beyond this is given back once it is empty: 10,000 idle sockets would keep 10,000 of them.
const KEPT: usize = 2 * 1024;

#[derive(Debug, Default)]
pub(super) struct Writer {
    small: Vec<u8>,
    /// How much of `small` is written.
    small_written: usize,
    /// A large payload that comes after `small`.
    large: Bytes,
    /// What the client wants echoed; only its latest ping counts.
    pong: Option<Bytes>,
    has_closed: bool,
    /// Something was written since this was last asked.
    has_progressed: bool,
}

impl Writer {
    /// Whether another message may be put.
    pub(super) fn has_room(&self) -> bool {
        self.large.is_empty() && self.small.len() < ENOUGH
    }

    pub(super) fn is_empty(&self) -> bool {
        self.large.is_empty() && self.small.is_empty()
    }

    /// Whether something was written since the last time this was asked.
    pub(super) fn take_progress(&mut self) -> bool {
        mem::take(&mut self.has_progressed)
    }

    /// One binary message.
    pub(super) fn put_message(&mut self, payload: Bytes) {
        if !self.large.is_empty() {
            let large = mem::take(&mut self.large);
            self.small.extend_from_slice(&large);
        }
        put_header(&mut self.small, OpCode::Data(Data::Binary), payload.len());
        if payload.len() < LARGE {
            self.small.extend_from_slice(&payload);
        } else {
            self.large = payload;
        }
    }

    /// Asks the client whether it is there; what waits already asks as well.
    pub(super) fn put_ping(&mut self) {
        if self.is_empty() && !self.has_closed {
            put_header(&mut self.small, OpCode::Control(Control::Ping), 0);
        }
    }

    pub(super) fn put_pong(&mut self, payload: Bytes) {
        self.pong = Some(payload);
    }

    /// The last frame. Pings and pongs put after it are not sent.
    pub(super) fn put_close(&mut self, code: Option<CloseCode>) {
        if mem::replace(&mut self.has_closed, true) {
            return;
        }
        let large = mem::take(&mut self.large);
        self.small.extend_from_slice(&large);
        let code = code.map(|code| u16::from(code).to_be_bytes());
        let payload = code.as_ref().map_or(&[][..], |code| &code[..]);
        put_header(&mut self.small, OpCode::Control(Control::Close), payload.len());
        self.small.extend_from_slice(payload);
    }

    /// Ready when everything is written.
    pub(super) fn poll_write(
        &mut self,
        io: &mut (impl AsyncWrite + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let mut io = Pin::new(io);
        loop {
            if self.large.is_empty()
                && !self.has_closed
                && let Some(payload) = self.pong.take()
            {
                put_header(&mut self.small, OpCode::Control(Control::Pong), payload.len());
                self.small.extend_from_slice(&payload);
            }
            let small = &self.small[self.small_written..];
            let part = if small.is_empty() { &self.large[..] } else { small };
            if part.is_empty() {
                break;
            }
            let is_small = !small.is_empty();
            let written = ready!(io.as_mut().poll_write(cx, part))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.has_progressed = true;
            if is_small {
                self.small_written += written;
            } else {
                self.large.advance(written);
            }
        }
        self.small.clear();
        self.small_written = 0;
        if self.small.capacity() > KEPT {
            self.small = Vec::new();
        }
        self.large = Bytes::new();
        io.poll_flush(cx)
    }
}

#[cfg(test)]
mod tests;
