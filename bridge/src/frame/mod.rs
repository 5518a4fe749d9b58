//! Bytes ↔ frames and header blocks. Pure: no IO, no async.
//!
//! A call is a stream of *frames*: one byte of flags, four bytes of length, then a message or a header block.
//! [`FrameDecoder`] cuts a stream of bytes into frames, [`FrameWatch`] only watches them go by,
//! [`header_block`] reads and writes what a frame flagged [`HEADERS`] holds, and [`client`] is the little
//! envelope a client puts around it all on a WebSocket.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use http::HeaderMap;

pub use decoder::FrameDecoder;
pub use watch::FrameWatch;

pub mod client;
mod decoder;
pub mod header_block;
mod watch;

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
    /// A frame that holds a message which is not compressed.
    pub fn message(payload: Bytes) -> Self {
        Self { flags: 0, payload }
    }

    /// A frame that holds a header block: headers, or trailers.
    pub fn headers(headers: &HeaderMap) -> Self {
        Self {
            flags: HEADERS,
            payload: header_block::encode(headers),
        }
    }

    /// Whether this frame holds a header block.
    pub fn is_headers(&self) -> bool {
        self.flags & HEADERS != 0
    }

    /// Whether the message of this frame is compressed.
    pub fn is_compressed(&self) -> bool {
        self.flags & COMPRESSED != 0
    }

    /// The frame as bytes, prefix first.
    pub fn encode(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(PREFIX_LEN + self.payload.len());
        bytes.put_u8(self.flags);
        bytes.put_u32(self.payload.len() as u32);
        bytes.put_slice(&self.payload);
        bytes.freeze()
    }

    /// The frame that `encoded`, a whole frame as [`FrameDecoder::next_encoded`] gives it, is. Copies nothing.
    ///
    /// # Panics
    /// If `encoded` is shorter than a prefix.
    pub fn from_encoded(encoded: &Bytes) -> Self {
        Self {
            flags: encoded[0],
            payload: encoded.slice(PREFIX_LEN..),
        }
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

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { announced, limit } => {
                write!(f, "message is {announced} bytes, at most {limit} are taken")
            }
        }
    }
}

impl std::error::Error for FrameError {}

/// What a prefix announces, checked against `limit`.
fn announced_len(prefix: [u8; PREFIX_LEN], limit: usize) -> Result<usize, FrameError> {
    let announced = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize;
    if announced > limit {
        return Err(FrameError::TooLarge { announced, limit });
    }
    Ok(announced)
}
