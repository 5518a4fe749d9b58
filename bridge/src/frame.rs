//! Bytes ↔ frames and header blocks. Pure: no IO, no async.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Set in a frame's flags when its message is compressed.
pub const COMPRESSED: u8 = 0x01;
/// Set in a frame's flags when it holds a header block (headers or trailers), not a message.
pub const HEADERS: u8 = 0x80;
/// Bytes before the payload of every frame: the flags, and the length as a big-endian u32.
pub const PREFIX_LEN: usize = 5;

/// One gRPC-Web frame: a message, or a block of headers or trailers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// [`COMPRESSED`] and [`HEADERS`].
    pub flags: u8,
    /// The message or the header block, without the prefix.
    pub payload: Bytes,
}

impl Frame {
    /// Whether this frame holds a header block.
    pub fn is_headers(&self) -> bool {
        self.flags & HEADERS != 0
    }

    /// The frame as bytes, prefix first.
    pub fn encode(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(PREFIX_LEN + self.payload.len());
        bytes.put_u8(self.flags);
        bytes.put_u32(self.payload.len() as u32);
        bytes.put_slice(&self.payload);
        bytes.freeze()
    }
}

/// A frame that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameError {
    /// The frame announces more bytes than the limit.
    TooLarge {
        /// What the prefix says, in bytes.
        announced: usize,
        /// What is allowed, in bytes.
        limit: usize,
    },
}

/// Cuts a stream of bytes, arriving in pieces of any size, into frames.
#[derive(Debug)]
pub struct FrameDecoder {
    buffer: BytesMut,
    max_payload_bytes: usize,
}

impl FrameDecoder {
    /// A decoder that refuses frames whose payload is longer than `max_payload_bytes`.
    pub fn new(max_payload_bytes: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            max_payload_bytes,
        }
    }

    /// Takes the next piece of the stream.
    pub fn push(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
    }

    /// The next whole frame, if there is one.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] as soon as a prefix announces too much; the decoder is of no use after that.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.buffer.len() < PREFIX_LEN {
            return Ok(None);
        }
        let announced =
            u32::from_be_bytes([self.buffer[1], self.buffer[2], self.buffer[3], self.buffer[4]]) as usize;
        if announced > self.max_payload_bytes {
            return Err(FrameError::TooLarge {
                announced,
                limit: self.max_payload_bytes,
            });
        }
        if self.buffer.len() < PREFIX_LEN + announced {
            return Ok(None);
        }
        let flags = self.buffer[0];
        self.buffer.advance(PREFIX_LEN);
        Ok(Some(Frame {
            flags,
            payload: self.buffer.split_to(announced).freeze(),
        }))
    }

    /// Bytes of a frame that is not whole yet. At the end of a stream this must be 0.
    pub fn pending_bytes(&self) -> usize {
        self.buffer.len()
    }
}
