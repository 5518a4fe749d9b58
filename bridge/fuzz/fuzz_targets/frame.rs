//! Any bytes, cut into any pieces: nothing panics, and every way of reading them agrees.

#![no_main]

use bridge::frame::{
    FrameDecoder, FrameWatch,
    client::{ClientMessages, Said},
    header_block,
};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

/// Small enough for random prefixes to be on both sides of it.
const LIMIT: usize = 1000;

fuzz_target!(|input: &[u8]| {
    // The first byte says how long the pieces are.
    let Some((&len, bytes)) = input.split_first() else {
        return;
    };
    let len = usize::from(len).max(1);

    frames(bytes, len);
    headers(bytes);
    client(bytes, len);
});

fn frames(bytes: &[u8], len: usize) {
    let mut decoder = FrameDecoder::new(LIMIT);
    let mut watch = FrameWatch::new(LIMIT);
    for piece in bytes.chunks(len) {
        decoder.push(Bytes::copy_from_slice(piece));
        let decoded = loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => assert!(frame.payload.len() <= LIMIT),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        assert_eq!(decoded, watch.pass(piece));
        if decoded.is_err() {
            return;
        }
        assert_eq!(decoder.pending_bytes() == 0, watch.is_between_frames());
    }
}

fn headers(bytes: &[u8]) {
    if let Ok(headers) = header_block::parse(bytes, LIMIT) {
        let again = header_block::encode(&headers);
        header_block::parse(&again, usize::MAX).expect("what was read can be written and read again");
    }
}

fn client(bytes: &[u8], len: usize) {
    let mut whole = ClientMessages::default();
    let mut cut = ClientMessages::default();
    let mut data = Vec::new();
    for piece in bytes.chunks(len) {
        if let Some(Said::Data(more)) = cut.take(piece, false) {
            data.extend_from_slice(more);
        }
    }
    let has_finished = cut.take(&[], true) == Some(Said::Finished);
    match whole.take(bytes, true) {
        Some(Said::Data(expected)) => assert_eq!(data, expected),
        Some(Said::Finished) => assert!(has_finished),
        None => assert!(data.is_empty() && !has_finished),
    }
}
