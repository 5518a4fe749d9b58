//! Reads one direction of a call: heads and trailers whole, messages in whatever pieces they come.

use bridge::frame::{HEADERS, PREFIX_LEN};
use bytes::{Bytes, BytesMut};
use iroh::endpoint::{ReadError, RecvStream};

use super::MAX_HEAD_BYTES;

/// The most taken from the stream at once.
const PIECE: usize = 64 * 1024;

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Bytes of messages, their prefixes included, cut anywhere.
    Messages(Bytes),
    /// A whole head, or the whole trailers.
    Block(Bytes),
}

/// Why nothing more comes.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("the stream ended before its last frame")]
    Early,
    #[error("a head of {0} bytes, at most {MAX_HEAD_BYTES} are taken")]
    LongHead(usize),
    #[error("{}", words(.0))]
    Stream(#[from] ReadError),
}

/// Why a stream cannot be read, with the reason of whoever closed its connection.
fn words(error: &ReadError) -> String {
    match error {
        ReadError::ConnectionLost(why) => format!("the connection has ended: {why}"),
        other => other.to_string(),
    }
}

/// Cuts bytes into [`Next`]. Holds at most a head.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    piece: Bytes,
    /// A prefix or a block that is not whole yet.
    partial: BytesMut,
    /// Bytes still to come of the message under way.
    message_rest: usize,
}

impl Cutter {
    /// Takes the next piece, once [`Cutter::next`] has nothing more.
    pub(super) fn push(&mut self, piece: Bytes) {
        debug_assert!(self.piece.is_empty());
        self.piece = piece;
    }

    /// What can be told by now.
    pub(super) fn next(&mut self) -> Result<Option<Next>, Broken> {
        // As much as possible at once: a piece may hold hundreds of small messages.
        let mut run = 0;
        while self.partial.is_empty() && run < self.piece.len() {
            if self.message_rest > 0 {
                let step = self.message_rest.min(self.piece.len() - run);
                self.message_rest -= step;
                run += step;
                continue;
            }
            match self.piece[run..].first_chunk::<PREFIX_LEN>() {
                Some(prefix) if prefix[0] & HEADERS == 0 => {
                    self.message_rest = announced(*prefix);
                    run += PREFIX_LEN;
                }
                Some(_) | None => break,
            }
        }
        if run > 0 {
            return Ok(Some(Next::Messages(self.piece.split_to(run))));
        }
        self.block()
    }

    /// A prefix that came in parts, or a block.
    fn block(&mut self) -> Result<Option<Next>, Broken> {
        loop {
            let wanted = match self.partial.first_chunk::<PREFIX_LEN>() {
                None => PREFIX_LEN,
                Some(prefix) if prefix[0] & HEADERS == 0 => {
                    self.message_rest = announced(*prefix);
                    return Ok(Some(Next::Messages(self.partial.split().freeze())));
                }
                Some(prefix) => {
                    let length = announced(*prefix);
                    if length > MAX_HEAD_BYTES {
                        return Err(Broken::LongHead(length));
                    }
                    PREFIX_LEN + length
                }
            };
            if self.partial.len() == wanted {
                let block = self.partial.split().freeze();
                return Ok(Some(Next::Block(block.slice(PREFIX_LEN..))));
            }
            if self.piece.is_empty() {
                return Ok(None);
            }
            let step = (wanted - self.partial.len()).min(self.piece.len());
            self.partial.extend_from_slice(&self.piece.split_to(step));
        }
    }

    /// Whether a message is cut off here.
    pub(super) fn is_inside_message(&self) -> bool {
        self.message_rest > 0
    }
}

fn announced(prefix: [u8; PREFIX_LEN]) -> usize {
    u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize
}

/// A stream being read.
#[derive(Debug)]
pub(super) struct Frames {
    stream: RecvStream,
    cutter: Cutter,
}

impl Frames {
    pub(super) fn new(stream: RecvStream) -> Self {
        Self {
            stream,
            cutter: Cutter::default(),
        }
    }

    /// What comes next.
    ///
    /// # Errors
    /// [`Broken`], also where the stream ends: a direction that is whole is not asked again.
    pub(super) async fn next(&mut self) -> Result<Next, Broken> {
        loop {
            if let Some(next) = self.cutter.next()? {
                return Ok(next);
            }
            match self.stream.read_chunk(PIECE).await? {
                Some(piece) => self.cutter.push(piece),
                None => return Err(Broken::Early),
            }
        }
    }

    /// Whether the last frame came in the middle of a message.
    pub(super) fn is_inside_message(&self) -> bool {
        self.cutter.is_inside_message()
    }

    /// Tells the other side that nobody reads on.
    pub(super) fn stop(&mut self, why: super::Gone) {
        // An error means that it has ended by itself.
        let _ = self.stream.stop(why.code());
    }
}

#[cfg(test)]
mod tests {
    use bridge::frame::Frame;
    use proptest::prelude::*;

    use super::*;

    fn frame() -> impl Strategy<Value = Frame> {
        let payload = proptest::collection::vec(any::<u8>(), 0..200);
        (prop_oneof![Just(0_u8), Just(1), Just(HEADERS)], payload).prop_map(|(flags, payload)| Frame {
            flags,
            payload: payload.into(),
        })
    }

    proptest! {
        #[test]
        fn however_a_stream_is_cut_the_same_messages_and_blocks_come_out(
            frames in proptest::collection::vec(frame(), 0..20),
            cuts in proptest::collection::vec(1_usize..300, 1..20),
        ) {
            let stream: Vec<u8> = frames.iter().flat_map(|frame| frame.encode().to_vec()).collect();
            let mut cutter = Cutter::default();
            let (mut messages, mut blocks) = (Vec::new(), Vec::new());
            let mut rest = &stream[..];
            let mut cuts = cuts.iter().cycle();
            while !rest.is_empty() {
                let (piece, after) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                rest = after;
                cutter.push(Bytes::copy_from_slice(piece));
                while let Some(next) = cutter.next().unwrap() {
                    match next {
                        Next::Messages(bytes) => messages.extend_from_slice(&bytes),
                        Next::Block(block) => {
                            prop_assert!(!cutter.is_inside_message());
                            blocks.push(block);
                        }
                    }
                }
            }
            let (expected_blocks, expected): (Vec<_>, Vec<_>) = frames.iter().partition(|frame| frame.is_headers());
            let expected: Vec<u8> = expected.iter().flat_map(|frame| frame.encode().to_vec()).collect();
            prop_assert_eq!(messages, expected);
            let expected_blocks: Vec<_> = expected_blocks.iter().map(|frame| frame.payload.clone()).collect();
            prop_assert_eq!(blocks, expected_blocks);
        }

        #[test]
        fn no_bytes_make_it_panic_or_hold_more_than_a_head(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..100), 0..50),
        ) {
            let mut cutter = Cutter::default();
            'all: for piece in pieces {
                cutter.push(piece.into());
                loop {
                    match cutter.next() {
                        Ok(Some(_)) => {}
                        Ok(None) => break,
                        Err(_) => break 'all,
                    }
                }
                prop_assert!(cutter.partial.len() <= MAX_HEAD_BYTES + PREFIX_LEN);
            }
        }
    }

    #[test]
    fn a_head_that_announces_too_much_is_refused_before_it_comes() {
        let mut cutter = Cutter::default();
        cutter.push(Bytes::from_static(&[HEADERS, 0, 1, 0, 1]));
        assert!(matches!(cutter.next(), Err(Broken::LongHead(65_537))));
    }
}
