//! Reads one direction of a call, frame by frame.
//!
//! Messages come out whole, so that a call which is ended between two of them is not cut in the middle of one: whoever
//! reads a status after half a message takes that for a fault.

use bridge::frame::{HEADERS, PREFIX_LEN};
use bytes::{Bytes, BytesMut};
use iroh::endpoint::{ReadError, RecvStream};

use super::MAX_HEAD_BYTES;

/// The most taken from the stream at once.
const PIECE: usize = 64 * 1024;
/// The longest message that is held until it is whole: what gRPC implementations take by default.
const HOLD_BYTES: usize = 4 * 1024 * 1024;

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Messages, their prefixes included. Whole ones, unless one is longer than what is held here.
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

/// Cuts bytes into [`Next`]. Holds one head or one message.
#[derive(Debug)]
struct Cutter {
    piece: Bytes,
    /// A frame that is not whole yet.
    partial: BytesMut,
    /// Bytes still to come of a message that is too long to be held.
    rest: usize,
    /// The longest message that is held until it is whole.
    hold: usize,
}

impl Cutter {
    fn new(hold: usize) -> Self {
        Self {
            piece: Bytes::new(),
            partial: BytesMut::new(),
            rest: 0,
            hold,
        }
    }

    /// Takes the next piece, once [`Cutter::next`] has nothing more.
    fn push(&mut self, piece: Bytes) {
        debug_assert!(self.piece.is_empty());
        self.piece = piece;
    }

    /// What can be told by now.
    fn next(&mut self) -> Result<Option<Next>, Broken> {
        if self.partial.is_empty() && self.rest == 0 {
            // As much as possible at once: a piece may hold hundreds of small messages.
            let whole = self.whole();
            if whole > 0 {
                return Ok(Some(Next::Messages(self.piece.split_to(whole))));
            }
        }
        loop {
            if self.rest > 0 {
                let step = self.rest.min(self.piece.len());
                self.rest -= step;
                return Ok((step > 0).then(|| Next::Messages(self.piece.split_to(step))));
            }
            let wanted = match self.partial.first_chunk::<PREFIX_LEN>() {
                None => PREFIX_LEN,
                Some(prefix) => {
                    let (is_head, length) = (prefix[0] & HEADERS != 0, announced(*prefix));
                    if is_head && length > MAX_HEAD_BYTES {
                        return Err(Broken::LongHead(length));
                    }
                    if !is_head && length > self.hold {
                        // Passed on as it comes; whoever is behind this counts it, and refuses it or not.
                        self.rest = length;
                        return Ok(Some(Next::Messages(self.partial.split().freeze())));
                    }
                    PREFIX_LEN + length
                }
            };
            if self.partial.len() == wanted {
                let frame = self.partial.split().freeze();
                return Ok(Some(match frame[0] & HEADERS {
                    0 => Next::Messages(frame),
                    _ => Next::Block(frame.slice(PREFIX_LEN..)),
                }));
            }
            if self.piece.is_empty() {
                return Ok(None);
            }
            let step = (wanted - self.partial.len()).min(self.piece.len());
            self.partial.extend_from_slice(&self.piece.split_to(step));
        }
    }

    /// The bytes of the whole messages at the beginning of the piece.
    fn whole(&self) -> usize {
        let mut whole = 0;
        while let Some(prefix) = self.piece[whole..].first_chunk::<PREFIX_LEN>() {
            let end = whole + PREFIX_LEN + announced(*prefix);
            if prefix[0] & HEADERS != 0 || end > self.piece.len() {
                break;
            }
            whole = end;
        }
        whole
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
            cutter: Cutter::new(HOLD_BYTES),
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

    /// What messages of these tests are held up to.
    const HOLD: usize = 100;

    proptest! {
        #[test]
        fn however_a_stream_is_cut_the_same_messages_and_blocks_come_out_whole(
            frames in proptest::collection::vec(frame(), 0..20),
            cuts in proptest::collection::vec(1_usize..300, 1..20),
        ) {
            let stream: Vec<u8> = frames.iter().flat_map(|frame| frame.encode().to_vec()).collect();
            let mut cutter = Cutter::new(HOLD);
            let (mut messages, mut blocks) = (Vec::new(), Vec::new());
            // Where a call may be ended without cutting a message that is held.
            let mut fine = std::collections::BTreeSet::from([0]);
            let mut end = 0;
            for frame in frames.iter().filter(|frame| !frame.is_headers()) {
                let length = PREFIX_LEN + frame.payload.len();
                if frame.payload.len() > HOLD {
                    fine.extend(end..end + length);
                }
                end += length;
                fine.insert(end);
            }
            let mut rest = &stream[..];
            let mut cuts = cuts.iter().cycle();
            while !rest.is_empty() {
                let (piece, after) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                rest = after;
                cutter.push(Bytes::copy_from_slice(piece));
                while let Some(next) = cutter.next().unwrap() {
                    match next {
                        Next::Messages(bytes) => {
                            messages.extend_from_slice(&bytes);
                            prop_assert!(fine.contains(&messages.len()), "cut at {}", messages.len());
                        }
                        Next::Block(block) => blocks.push(block),
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
        fn no_bytes_make_it_panic_or_hold_more_than_a_frame(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..100), 0..50),
        ) {
            let mut cutter = Cutter::new(HOLD);
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
        let mut cutter = Cutter::new(HOLD);
        cutter.push(Bytes::from_static(&[HEADERS, 0, 1, 0, 1]));
        assert!(matches!(cutter.next(), Err(Broken::LongHead(65_537))));
    }
}
