//! Cutting a stream of bytes into frames, copying only what arrives in more than one piece.

use std::mem;

use bytes::{Bytes, BytesMut};

use super::{Frame, FrameError, PREFIX_LEN, announced_len};

/// Cuts a stream of bytes, arriving in pieces of any size, into frames.
///
/// A frame that lies whole in one piece is shared with it, not copied; one that does not is copied once.
#[derive(Debug)]
pub struct FrameDecoder {
    /// The beginning of a frame whose end has not arrived.
    partial: BytesMut,
    /// The piece being cut.
    piece: Bytes,
    /// What was pushed before `piece` was used up. Empty whenever `piece` is.
    waiting: BytesMut,
    max_payload_bytes: usize,
}

impl FrameDecoder {
    /// A decoder that refuses frames whose payload is longer than `max_payload_bytes`.
    pub fn new(max_payload_bytes: usize) -> Self {
        Self {
            partial: BytesMut::new(),
            piece: Bytes::new(),
            waiting: BytesMut::new(),
            max_payload_bytes,
        }
    }

    /// Takes the next piece of the stream. Cheapest when every frame of the last piece was taken before.
    pub fn push(&mut self, piece: Bytes) {
        if self.piece.is_empty() {
            self.piece = piece;
        } else {
            self.waiting.extend_from_slice(&piece);
        }
    }

    /// The next whole frame, if there is one.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] as soon as a prefix announces too much; the decoder is of no use after that.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        Ok(self.next_encoded()?.map(|encoded| Frame::from_encoded(&encoded)))
    }

    /// The next whole frame as the bytes that crossed, its prefix included.
    ///
    /// # Errors
    /// As [`FrameDecoder::next_frame`].
    pub fn next_encoded(&mut self) -> Result<Option<Bytes>, FrameError> {
        if self.partial.is_empty()
            && let Some(len) = self.frame_len(&self.piece)?
            && len <= self.piece.len()
        {
            let frame = self.piece.split_to(len);
            self.refill();
            return Ok(Some(frame));
        }
        while !self.piece.is_empty() {
            let wanted = self.frame_len(&self.partial)?.unwrap_or(PREFIX_LEN);
            let taken = (wanted - self.partial.len()).min(self.piece.len());
            self.partial.extend_from_slice(&self.piece.split_to(taken));
            self.refill();
            if self.frame_len(&self.partial)? == Some(self.partial.len()) {
                return Ok(Some(mem::take(&mut self.partial).freeze()));
            }
        }
        Ok(None)
    }

    /// Bytes of a frame that is not whole yet. At the end of a stream this must be 0.
    pub fn pending_bytes(&self) -> usize {
        self.partial.len() + self.piece.len() + self.waiting.len()
    }

    /// How long the frame that `bytes` begin with is, prefix included; `None` before the prefix is whole.
    fn frame_len(&self, bytes: &[u8]) -> Result<Option<usize>, FrameError> {
        match bytes.first_chunk() {
            Some(prefix) => Ok(Some(PREFIX_LEN + announced_len(*prefix, self.max_payload_bytes)?)),
            None => Ok(None),
        }
    }

    fn refill(&mut self) {
        if self.piece.is_empty() && !self.waiting.is_empty() {
            self.piece = self.waiting.split().freeze();
        }
    }
}
