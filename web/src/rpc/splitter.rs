//! Follows the messages of a body: to the trailers of a gRPC-Web answer, or to one over the limit. Pure: no IO, no async.

use bridge::frame::{Frame, FrameDecoder, HEADERS, PREFIX_LEN};
use bytes::Bytes;

/// Trailers longer than this are refused: they are a few lines, and clients have been seen to break at 64 KiB.
pub(super) const MAX_TRAILER_BYTES: usize = 64 * 1024;

/// What one piece of the body held.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    /// Message frames, whole or not, with their prefixes: a part of the piece, shared and not copied.
    pub(super) messages: Bytes,
    /// What came after them.
    pub(super) end: Option<End>,
}

/// Where the messages end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At the trailers.
    Trailers(Frame),
    /// At a frame over its limit.
    TooLarge { announced: usize, limit: usize },
}

/// Follows the frames of a body through pieces of any size.
///
/// Only prefixes are looked at, as the decoder behind this one cuts the messages: so their bytes are not copied.
#[derive(Debug)]
pub(super) struct Splitter {
    max_message_bytes: usize,
    place: Place,
    trailers: FrameDecoder,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// Inside a prefix of which `seen` bytes came; `length` is what they say so far.
    Prefix { seen: usize, length: usize },
    /// Inside a message with this many bytes to come, never 0.
    Message { missing: usize },
    /// Inside the trailers, or after them.
    Trailers,
}

const FRAME_BEGINS: Place = Place::Prefix { seen: 0, length: 0 };

impl Splitter {
    pub(super) fn new(max_message_bytes: usize) -> Self {
        Self {
            max_message_bytes,
            place: FRAME_BEGINS,
            trailers: FrameDecoder::new(MAX_TRAILER_BYTES),
        }
    }

    /// Takes the next piece. After an [`End`] nothing more is to be pushed.
    pub(super) fn push(&mut self, piece: Bytes) -> Split {
        let mut at = 0;
        while at < piece.len() {
            match self.place {
                Place::Trailers => return self.push_trailers(piece, at),
                Place::Message { missing } => {
                    let step = missing.min(piece.len() - at);
                    at += step;
                    self.place = match missing - step {
                        0 => FRAME_BEGINS,
                        missing => Place::Message { missing },
                    };
                }
                Place::Prefix { seen: 0, .. } if piece[at] & HEADERS != 0 => self.place = Place::Trailers,
                Place::Prefix { seen, length } => {
                    let length = if seen == 0 {
                        0
                    } else {
                        length << 8 | usize::from(piece[at])
                    };
                    at += 1;
                    self.place = match (seen + 1, length) {
                        (PREFIX_LEN, 0) => FRAME_BEGINS,
                        (PREFIX_LEN, announced) if announced > self.max_message_bytes => {
                            let end = End::TooLarge {
                                announced,
                                limit: self.max_message_bytes,
                            };
                            let messages = piece.slice(..at.saturating_sub(PREFIX_LEN));
                            return Split {
                                messages,
                                end: Some(end),
                            };
                        }
                        (PREFIX_LEN, missing) => Place::Message { missing },
                        (seen, length) => Place::Prefix { seen, length },
                    };
                }
            }
        }
        Split {
            messages: piece,
            end: None,
        }
    }

    fn push_trailers(&mut self, mut messages: Bytes, at: usize) -> Split {
        self.trailers.push(messages.split_off(at));
        let end = match self.trailers.next_frame() {
            Ok(frame) => frame.map(End::Trailers),
            Err(bridge::frame::FrameError::TooLarge { announced, limit }) => {
                Some(End::TooLarge { announced, limit })
            }
        };
        Split { messages, end }
    }

    /// Whether no frame has begun, or all that began have come whole.
    pub(super) fn is_between_frames(&self) -> bool {
        matches!(self.place, Place::Prefix { seen: 0, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(flags: u8, payload: &'static [u8]) -> Bytes {
        Frame {
            flags,
            payload: Bytes::from_static(payload),
        }
        .encode()
    }

    fn answer() -> (Vec<u8>, Vec<u8>) {
        let messages = [frame(0, b"one"), frame(0, b""), frame(1, b"three")].concat();
        let all = [messages.clone(), frame(0x80, b"grpc-status: 0\r\n").to_vec()].concat();
        (messages, all)
    }

    #[test]
    fn messages_and_trailers_come_out_the_same_however_the_body_is_cut() {
        let (messages, all) = answer();
        for size in 1..=all.len() {
            let mut splitter = Splitter::new(5);
            let mut out = Vec::new();
            let mut end = None;
            for piece in all.chunks(size) {
                let split = splitter.push(Bytes::copy_from_slice(piece));
                out.extend_from_slice(&split.messages);
                assert!(end.is_none(), "nothing follows the trailers");
                end = split.end;
            }
            assert_eq!(out, messages, "cut every {size} bytes");
            let trailers = Frame {
                flags: 0x80,
                payload: Bytes::from_static(b"grpc-status: 0\r\n"),
            };
            assert_eq!(end, Some(End::Trailers(trailers)), "cut every {size} bytes");
        }
    }

    #[test]
    fn the_messages_of_a_piece_are_shared_with_it() {
        let (_, all) = answer();
        let piece = Bytes::from(all);
        let split = Splitter::new(5).push(piece.clone());
        assert_eq!(split.messages.as_ptr(), piece.as_ptr());
    }

    #[test]
    fn a_message_of_the_limit_passes_and_one_byte_more_does_not() {
        let at_limit = Bytes::from([frame(0, b"12345"), frame(0, b"123456")].concat());
        let split = Splitter::new(5).push(at_limit);
        assert_eq!(split.messages, frame(0, b"12345"));
        assert_eq!(
            split.end,
            Some(End::TooLarge {
                announced: 6,
                limit: 5
            })
        );
    }

    #[test]
    fn it_knows_whether_a_body_ended_inside_a_frame() {
        let (messages, _) = answer();
        let whole_after = |bytes: usize| {
            let mut splitter = Splitter::new(5);
            splitter.push(Bytes::copy_from_slice(&messages[..bytes]));
            splitter.is_between_frames()
        };
        assert!(whole_after(0), "nothing came");
        assert!(!whole_after(1), "a part of a prefix");
        assert!(!whole_after(PREFIX_LEN), "a prefix alone");
        assert!(!whole_after(PREFIX_LEN + 2), "a part of a message");
        assert!(whole_after(PREFIX_LEN + 3), "a whole message");
        assert!(
            whole_after(PREFIX_LEN + 3 + PREFIX_LEN),
            "a whole message without bytes"
        );
    }
}
