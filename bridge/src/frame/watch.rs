//! Watching frames go by in a stream of bytes that somebody else keeps.

use super::{FrameError, PREFIX_LEN, announced_len};

/// Watches a stream of bytes go by and knows where its frames begin and end, without holding any of it.
///
/// ```
/// let mut watch = bridge::frame::FrameWatch::new(4);
/// watch.pass(&[0, 0, 0, 0, 2, b'h']).unwrap();
/// assert!(!watch.is_between_frames());
/// watch.pass(b"i").unwrap();
/// assert!(watch.is_between_frames());
/// assert!(watch.pass(&[0, 0, 0, 0, 5]).is_err());
/// ```
#[derive(Debug, Clone)]
pub struct FrameWatch {
    prefix: [u8; PREFIX_LEN],
    prefix_len: usize,
    // Of the payload, after the prefix is whole.
    missing: usize,
    max_payload_bytes: usize,
}

impl FrameWatch {
    /// A watch that refuses frames whose payload is longer than `max_payload_bytes`.
    pub fn new(max_payload_bytes: usize) -> Self {
        Self {
            prefix: [0; PREFIX_LEN],
            prefix_len: 0,
            missing: 0,
            max_payload_bytes,
        }
    }

    /// Watches the next piece of the stream.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] as soon as a prefix announces too much; the watch is of no use after that.
    pub fn pass(&mut self, mut piece: &[u8]) -> Result<(), FrameError> {
        while !piece.is_empty() {
            if self.missing > 0 {
                let passed = self.missing.min(piece.len());
                self.missing -= passed;
                piece = &piece[passed..];
                continue;
            }
            let taken = (PREFIX_LEN - self.prefix_len).min(piece.len());
            let (head, rest) = piece.split_at(taken);
            self.prefix[self.prefix_len..][..taken].copy_from_slice(head);
            self.prefix_len += taken;
            piece = rest;
            if self.prefix_len == PREFIX_LEN {
                self.missing = announced_len(self.prefix, self.max_payload_bytes)?;
                self.prefix_len = 0;
            }
        }
        Ok(())
    }

    /// Whether the stream could end here: the last frame is whole. A stream that has not begun could.
    pub fn is_between_frames(&self) -> bool {
        self.missing == 0 && self.prefix_len == 0
    }
}
