//! RFC 6455 frames as a server reads and writes them. Pure: no IO, no async.
//!
//! A payload is handed on while it is still arriving. So a message that is too long is refused when its gRPC
//! prefix arrives, not when it has been collected, and a socket that is idle holds no read buffer.

use std::io::Cursor;

use bytes::{BufMut, Bytes, BytesMut};
use tungstenite::protocol::frame::{
    FrameHeader,
    coding::{CloseCode, Control, Data, OpCode},
};

/// The longest header a frame can have, and the longest payload of a control frame.
const MAX_HEADER_LEN: usize = 14;
const MAX_CONTROL_LEN: u64 = 125;

/// What arrived.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// Some of a binary message; the last of it if `ends_message`.
    Chunk {
        bytes: &'a [u8],
        ends_message: bool,
    },
    /// The beginning of a text message.
    Text,
    Ping(Bytes),
    Pong,
    Close(Option<CloseCode>),
}

/// Reads frames from bytes that arrive in pieces of any size.
#[derive(Debug, Default)]
pub(super) struct FrameReader {
    /// The beginning of a header whose end has not arrived.
    header: [u8; MAX_HEADER_LEN],
    header_len: usize,
    frame: Option<CurrentFrame>,
    /// A message has begun and not ended.
    is_within_message: bool,
    control: BytesMut,
}

#[derive(Debug)]
struct CurrentFrame {
    opcode: OpCode,
    is_final: bool,
    mask: [u8; 4],
    missing: u64,
}

impl FrameReader {
    /// The next event in `input`, which is left with what comes after. `None` when `input` is used up.
    ///
    /// # Errors
    /// A sentence about what the client did against the RFC. The reader is of no use after that.
    pub(super) fn next<'a>(&mut self, input: &mut &'a mut [u8]) -> Result<Option<Event<'a>>, &'static str> {
        loop {
            let mut frame = match self.frame.take() {
                Some(frame) => frame,
                None => match self.read_header(input)? {
                    Some(frame) => frame,
                    None => return Ok(None),
                },
            };
            if frame.missing > 0 && input.is_empty() {
                self.frame = Some(frame);
                return Ok(None);
            }
            let payload = take_payload(&mut frame, input);
            match frame.opcode {
                OpCode::Data(kind) => {
                    let ends_message = frame.is_final && frame.missing == 0;
                    self.is_within_message = !ends_message;
                    if frame.missing > 0 {
                        self.frame = Some(frame);
                    }
                    return Ok(Some(match kind {
                        Data::Text => Event::Text,
                        _ => Event::Chunk {
                            bytes: payload,
                            ends_message,
                        },
                    }));
                }
                OpCode::Control(kind) => {
                    self.control.put_slice(payload);
                    if frame.missing > 0 {
                        self.frame = Some(frame);
                        continue;
                    }
                    let payload = std::mem::take(&mut self.control).freeze();
                    return Ok(Some(match kind {
                        Control::Ping => Event::Ping(payload),
                        Control::Close => Event::Close(close_code(&payload)?),
                        _ => Event::Pong,
                    }));
                }
            }
        }
    }

    fn read_header(&mut self, input: &mut &mut [u8]) -> Result<Option<CurrentFrame>, &'static str> {
        let held = self.header_len;
        let copied = (MAX_HEADER_LEN - held).min(input.len());
        self.header[held..held + copied].copy_from_slice(&input[..copied]);

        let mut cursor = Cursor::new(&self.header[..held + copied]);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| "a frame of an unknown kind arrived")?;
        let Some((header, len)) = parsed else {
            self.header_len += copied;
            *input = &mut [];
            return Ok(None);
        };
        let used = cursor.position() as usize - held;
        advance(input, used);
        self.header_len = 0;
        self.check(&header, len)?;
        let Some(mask) = header.mask else {
            return Err("a frame arrived without the mask a client must use");
        };
        Ok(Some(CurrentFrame {
            opcode: header.opcode,
            is_final: header.is_final,
            mask,
            missing: len,
        }))
    }

    fn check(&self, header: &FrameHeader, len: u64) -> Result<(), &'static str> {
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err("a frame arrived that uses an extension nobody agreed on");
        }
        match header.opcode {
            OpCode::Control(_) if !header.is_final => Err("a control frame arrived in pieces"),
            OpCode::Control(_) if len > MAX_CONTROL_LEN => Err("a control frame is longer than 125 bytes"),
            OpCode::Data(Data::Continue) if !self.is_within_message => {
                Err("a continuation arrived and no message had begun")
            }
            OpCode::Data(Data::Text | Data::Binary) if self.is_within_message => {
                Err("a message began before the last one had ended")
            }
            _ => Ok(()),
        }
    }
}

/// Takes what `input` holds of the payload of `frame`, and takes the mask off.
fn take_payload<'a>(frame: &mut CurrentFrame, input: &mut &'a mut [u8]) -> &'a [u8] {
    let len = usize::try_from(frame.missing).map_or(input.len(), |missing| missing.min(input.len()));
    let (payload, rest) = std::mem::take(input).split_at_mut(len);
    *input = rest;
    frame.missing -= len as u64;

    let (words, tail) = payload.as_chunks_mut::<4>();
    for word in words {
        for (byte, mask) in word.iter_mut().zip(frame.mask) {
            *byte ^= mask;
        }
    }
    for (byte, mask) in tail.iter_mut().zip(frame.mask) {
        *byte ^= mask;
    }
    // The next piece goes on where this one stopped.
    frame.mask.rotate_left(len % 4);
    payload
}

fn advance(input: &mut &mut [u8], used: usize) {
    let (_, rest) = std::mem::take(input).split_at_mut(used);
    *input = rest;
}

fn close_code(payload: &[u8]) -> Result<Option<CloseCode>, &'static str> {
    match payload {
        [] => Ok(None),
        [_] => Err("a Close arrived with half a code"),
        [high, low, ..] => {
            let code = CloseCode::from(u16::from_be_bytes([*high, *low]));
            if code.is_allowed() {
                Ok(Some(code))
            } else {
                Err("a Close arrived with a code that must not be sent")
            }
        }
    }
}

/// Writes the header of a frame whose payload is `len` bytes.
pub(super) fn put_header(out: &mut Vec<u8>, opcode: OpCode, len: usize) {
    let header = FrameHeader {
        opcode,
        ..FrameHeader::default()
    };
    header
        .format(len as u64, out)
        .expect("writing into memory does not fail");
}

#[cfg(test)]
mod tests;
