//! What holds for frames and header blocks, whatever the bytes. `PROPTEST_CASES` says how many rounds.

use bridge::frame::{
    Frame, FrameDecoder, FrameError, FrameWatch,
    client::{self, ClientMessages, Said},
    header_block,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::{collection::vec, prelude::*};

/// Small enough for random prefixes to be on both sides of it.
const LIMIT: usize = 300;

fn frame() -> impl Strategy<Value = Frame> {
    (any::<u8>(), vec(any::<u8>(), 0..=LIMIT)).prop_map(|(flags, payload)| Frame {
        flags,
        payload: payload.into(),
    })
}

/// Bytes cut into pieces wherever the cuts say; some pieces are empty.
fn pieces(bytes: &[u8], cuts: &[usize]) -> Vec<Bytes> {
    let mut rest = Bytes::copy_from_slice(bytes);
    let mut pieces = Vec::new();
    for &cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        pieces.push(rest.split_to(cut.min(rest.len())));
    }
    pieces
}

/// Sizes of pieces, never all of them 0.
fn cuts() -> impl Strategy<Value = Vec<usize>> {
    (1..700_usize, vec(prop_oneof![0..8_usize, 0..700_usize], 0..8)).prop_map(|(first, mut cuts)| {
        cuts.push(first);
        cuts
    })
}

/// Every frame a decoder finds, and how it ended.
fn decode(pieces: Vec<Bytes>, is_lazy: bool) -> (Vec<Frame>, Result<usize, FrameError>) {
    let mut decoder = FrameDecoder::new(LIMIT);
    let mut frames = Vec::new();
    let mut take = |decoder: &mut FrameDecoder| loop {
        match decoder.next_frame() {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => return Ok(()),
            Err(error) => return Err(error),
        }
    };
    for piece in pieces {
        decoder.push(piece);
        if !is_lazy && let Err(error) = take(&mut decoder) {
            return (frames, Err(error));
        }
    }
    let end = take(&mut decoder).map(|()| decoder.pending_bytes());
    (frames, end)
}

proptest! {
    #[test]
    fn frames_survive_every_way_of_cutting_their_bytes(
        frames in vec(frame(), 0..6),
        cuts in cuts(),
        is_lazy: bool,
    ) {
        let bytes: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
        prop_assert_eq!(decode(pieces(&bytes, &cuts), is_lazy), (frames, Ok(0)));
    }

    #[test]
    fn a_frame_cut_off_is_pending_to_the_last_byte(frame in frame(), cuts in cuts(), missing in 1..400_usize) {
        let encoded = frame.encode();
        let kept = encoded.len().saturating_sub(missing);
        prop_assert_eq!(decode(pieces(&encoded[..kept], &cuts), false), (vec![], Ok(kept)));
    }

    #[test]
    fn any_bytes_are_decoded_the_same_however_they_are_cut(bytes in vec(any::<u8>(), 0..2000), cuts in cuts()) {
        let whole = decode(vec![Bytes::copy_from_slice(&bytes)], false);
        prop_assert_eq!(decode(pieces(&bytes, &cuts), false), whole.clone());
        prop_assert_eq!(decode(pieces(&bytes, &cuts), true), whole);
    }

    #[test]
    fn a_watch_and_a_decoder_agree(
        frames in vec(frame(), 0..4),
        tail in vec(any::<u8>(), 0..20),
        cuts in cuts(),
    ) {
        let mut bytes: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
        bytes.extend(tail);
        let (_, decoded) = decode(pieces(&bytes, &cuts), false);
        let mut watch = FrameWatch::new(LIMIT);
        let watched = pieces(&bytes, &cuts).iter().try_for_each(|piece| watch.pass(piece));
        match (decoded, watched) {
            (Ok(pending), Ok(())) => prop_assert_eq!(watch.is_between_frames(), pending == 0),
            (Err(decoded), Err(watched)) => prop_assert_eq!(decoded, watched),
            (decoded, watched) => prop_assert!(false, "{decoded:?} but {watched:?}"),
        }
    }

    #[test]
    fn headers_survive_their_block(headers in vec(("[a-z][a-z0-9-]{0,10}[a-z]", "[!-~]([ -~]{0,20}[!-~])?"), 0..20)) {
        let mut map = HeaderMap::new();
        for (name, value) in &headers {
            // A `-bin` name has rules of its own.
            let name: HeaderName = format!("x{}", name.replace("-bin", "-b")).parse().unwrap();
            map.append(name, value.parse().unwrap());
        }
        let block = header_block::encode(&map);
        prop_assert_eq!(header_block::parse(&block, block.len()).unwrap(), map);
    }

    #[test]
    fn any_value_becomes_printable(value in vec(any::<u8>(), 0..100)) {
        let Ok(value) = HeaderValue::from_bytes(&value) else { return Ok(()) };
        let mut map = HeaderMap::new();
        map.insert("grpc-message", value);
        let block = header_block::encode(&map);
        let (line, end) = block.split_at(block.len() - 2);
        prop_assert_eq!(end, b"\r\n");
        prop_assert!(line.iter().all(|byte| (b' '..=b'~').contains(byte)));
    }

    #[test]
    fn any_bytes_are_headers_or_an_error(block in vec(prop_oneof![any::<u8>(), Just(b':'), Just(b'\n')], 0..200)) {
        if let Ok(headers) = header_block::parse(&block, 200) {
            let again = header_block::encode(&headers);
            // What was read can be written and read again.
            prop_assert!(header_block::parse(&again, usize::MAX).is_ok());
        }
    }

    #[test]
    fn a_block_over_the_limit_is_refused_and_one_of_it_is_not(len in 4..300_usize) {
        let block = format!("a:{}", "b".repeat(len - 2));
        prop_assert!(header_block::parse(block.as_bytes(), len).is_ok());
        prop_assert!(header_block::parse(block.as_bytes(), len - 1).is_err());
    }

    #[test]
    fn what_a_client_says_does_not_depend_on_how_its_messages_are_cut(
        messages in vec(vec(prop_oneof![Just(0_u8), Just(1_u8), any::<u8>()], 0..20), 0..10),
        cuts in cuts(),
    ) {
        let mut whole = ClientMessages::default();
        let mut cut = ClientMessages::default();
        let mut heard_whole = (Vec::new(), Vec::new());
        let mut heard_cut = (Vec::new(), Vec::new());
        for (index, message) in messages.iter().enumerate() {
            hear(&mut heard_whole, index, whole.take(message, true));
            for piece in pieces(message, &cuts) {
                hear(&mut heard_cut, index, cut.take(&piece, false));
            }
            hear(&mut heard_cut, index, cut.take(&[], true));
        }
        prop_assert_eq!(&heard_cut, &heard_whole);
        let finishes: Vec<_> = (0..messages.len()).filter(|&index| messages[index] == [client::FINISH]).collect();
        prop_assert_eq!(heard_whole.1, finishes);
    }
}

/// Collects the data a client said, and in which messages it finished.
fn hear(heard: &mut (Vec<u8>, Vec<usize>), index: usize, said: Option<Said<'_>>) {
    match said {
        Some(Said::Data(data)) => heard.0.extend_from_slice(data),
        Some(Said::Finished) => heard.1.push(index),
        None => {}
    }
}

#[test]
fn the_messages_of_real_clients_are_read_as_they_are_meant() {
    // As both npm clients send them.
    let block = b"k: v1, v2\r\nkx-bin: AQI=\r\ncontent-type: application/grpc-web+proto\r\nx-grpc-web: 1\r\n";
    let headers = header_block::parse(block, 1000).unwrap();
    assert_eq!(headers["k"], "v1, v2");
    assert_eq!(headers["kx-bin"], "AQI=");
    let mut messages = ClientMessages::default();
    let data = messages.take(&[0, 0, 0, 0, 0, 2, b'h', b'i'], true);
    assert_eq!(data, Some(Said::Data(&[0, 0, 0, 0, 2, b'h', b'i'])));
    assert_eq!(messages.take(&[1], true), Some(Said::Finished));
}
