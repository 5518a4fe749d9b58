//! What a client says on a WebSocket after its headers: `0x00` and bytes, or `0x01` for "I have finished".

use bytes::{BufMut, Bytes, BytesMut};

/// The message that says a client has finished sending: this one byte and nothing else.
pub const FINISH: u8 = 0x01;

/// The first byte of every message that carries data.
pub const DATA: u8 = 0x00;

/// The message that carries `bytes`, whole frames as a rule.
pub fn data(bytes: &[u8]) -> Bytes {
    let mut message = BytesMut::with_capacity(1 + bytes.len());
    message.put_u8(DATA);
    message.put_slice(bytes);
    message.freeze()
}

/// What a chunk of a client's message means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<'a> {
    /// More of the stream of frames.
    Data(&'a [u8]),
    /// The client has finished sending.
    Finished,
}

/// Reads a client's messages while they are still arriving.
///
/// A message is a piece of a byte stream: a frame may be split over several messages, and one may hold several
/// frames. The first byte is taken off whatever it is, as the original server does; only a message that is
/// exactly [`FINISH`] finishes. Empty messages say nothing.
#[derive(Debug, Default)]
pub struct ClientMessages {
    is_begun: bool,
    is_lone_finish: bool,
}

impl ClientMessages {
    /// Takes the next `chunk` of a message; `ends_message` when it is the last one.
    pub fn take<'a>(&mut self, chunk: &'a [u8], ends_message: bool) -> Option<Said<'a>> {
        let mut data = chunk;
        if !self.is_begun
            && let Some((&first, rest)) = chunk.split_first()
        {
            self.is_begun = true;
            self.is_lone_finish = first == FINISH;
            data = rest;
        }
        if !data.is_empty() {
            self.is_lone_finish = false;
        }
        let has_finished = ends_message && self.is_lone_finish;
        if ends_message {
            *self = Self::default();
        }
        if has_finished {
            Some(Said::Finished)
        } else if data.is_empty() {
            None
        } else {
            Some(Said::Data(data))
        }
    }
}
