//! gRPC frames cut out of a stream of bytes, and header blocks.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The flag of a frame that holds trailers or headers.
pub(super) const HEADERS: u8 = 0x80;
/// Flags and length.
const PREFIX: usize = 5;

/// Takes pieces of any size, gives whole frames.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// A piece that begins with a frame, while nothing is left over from before.
    piece: Bytes,
    /// The beginning of a frame whose end has not come.
    partial: BytesMut,
}

impl Frames {
    /// Takes a piece. Call only once [`Frames::next`] has nothing more.
    pub(super) fn push(&mut self, piece: Bytes) {
        if self.partial.is_empty() {
            self.piece = piece;
        } else {
            self.partial.extend_from_slice(&piece);
        }
    }

    /// The next whole frame: its flags and what it holds.
    pub(super) fn next(&mut self) -> Option<(u8, Bytes)> {
        if let Some(length) = length(&self.partial) {
            let mut frame = self.partial.split_to(PREFIX + length);
            let flags = frame.get_u8();
            frame.advance(PREFIX - 1);
            return Some((flags, frame.freeze()));
        }
        if let Some(length) = length(&self.piece) {
            let mut frame = self.piece.split_to(PREFIX + length);
            let flags = frame.get_u8();
            frame.advance(PREFIX - 1);
            return Some((flags, frame));
        }
        if !self.piece.is_empty() {
            self.partial.extend_from_slice(&self.piece);
            self.piece = Bytes::new();
        }
        None
    }

    /// Whether nothing is left over.
    pub(super) fn is_empty(&self) -> bool {
        self.piece.is_empty() && self.partial.is_empty()
    }
}

/// The length of what the first frame holds, if the frame is whole.
fn length(bytes: &[u8]) -> Option<usize> {
    let prefix = bytes.get(1..PREFIX)?;
    let length = u32::from_be_bytes(prefix.try_into().ok()?) as usize;
    (bytes.len() >= PREFIX + length).then_some(length)
}

/// Writes a message with its prefix.
pub(super) fn put(bytes: &mut BytesMut, message: &[u8]) {
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    bytes.put_slice(message);
}

/// Reads `name: value` lines. Lines that are no header are left out: their absence is noticed.
pub(super) fn headers(block: &[u8]) -> HeaderMap {
    block
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = HeaderName::from_bytes(line[..colon].trim_ascii()).ok()?;
            let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
            Some((name, value))
        })
        .collect()
}
