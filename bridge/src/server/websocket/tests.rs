//! What a client that another implementation wrote sends is read as it meant it, however it is cut.

use std::io::{self, Read, Write};

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};
use tungstenite::{
    Message, WebSocket,
    protocol::{
        CloseFrame, Role,
        frame::{
            Frame,
            coding::{CloseCode, Data, OpCode},
        },
    },
};

use super::{Event, FrameReader, put_header};

/// A stream that keeps what is written.
#[derive(Default)]
struct Wire(Vec<u8>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Wire {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

/// What a client says: what to send, and what must be heard.
#[derive(Debug, Clone)]
enum Act {
    Binary(Vec<Vec<u8>>),
    Ping(Vec<u8>),
    Pong,
}

#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Binary(Vec<u8>),
    Ping(Bytes),
    Pong,
    Text,
    Close(Option<CloseCode>),
}

/// Sizes on both sides of the three ways a length is written.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        9 => vec(any::<u8>(), 0..200),
        1 => (any::<u8>(), 65_500..65_600_usize).prop_map(|(byte, len)| vec![byte; len]),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        vec(payload(), 1..4).prop_map(Act::Binary),
        vec(any::<u8>(), 0..=125).prop_map(Act::Ping),
        Just(Act::Pong),
    ]
}

fn client() -> WebSocket<Wire> {
    WebSocket::from_raw_socket(Wire::default(), Role::Client, None)
}

fn send(client: &mut WebSocket<Wire>, act: &Act) {
    match act {
        Act::Binary(fragments) => {
            for (index, fragment) in fragments.iter().enumerate() {
                let kind = if index == 0 { Data::Binary } else { Data::Continue };
                let is_last = index + 1 == fragments.len();
                let frame = Frame::message(fragment.clone(), OpCode::Data(kind), is_last);
                client.send(Message::Frame(frame)).unwrap();
            }
        }
        Act::Ping(payload) => client.send(Message::Ping(payload.clone().into())).unwrap(),
        Act::Pong => client.send(Message::Pong(Bytes::new())).unwrap(),
    }
}

/// Hears `bytes`, cut into pieces of the given sizes.
fn hear(bytes: &[u8], cuts: &[usize]) -> Result<Vec<Heard>, &'static str> {
    let mut reader = FrameReader::default();
    let mut heard = Vec::new();
    let mut message = Vec::new();
    let mut rest = bytes.to_vec();
    for &cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let mut piece: Vec<u8> = rest.drain(..cut.min(rest.len())).collect();
        let mut input = &mut piece[..];
        while let Some(event) = reader.next(&mut input)? {
            match event {
                Event::Chunk { bytes, ends_message } => {
                    message.extend_from_slice(bytes);
                    if ends_message {
                        heard.push(Heard::Binary(std::mem::take(&mut message)));
                    }
                }
                Event::Ping(payload) => heard.push(Heard::Ping(payload)),
                Event::Pong => heard.push(Heard::Pong),
                Event::Text => heard.push(Heard::Text),
                Event::Close(code) => heard.push(Heard::Close(code)),
            }
        }
        assert!(input.is_empty());
    }
    Ok(heard)
}

proptest! {
    #[test]
    fn what_another_implementation_sends_is_heard(acts in vec(act(), 0..5), cuts in vec(1..30_000_usize, 1..6)) {
        let mut client = client();
        for act in &acts {
            send(&mut client, act);
        }
        let expected: Vec<_> = acts
            .into_iter()
            .map(|act| match act {
                Act::Binary(fragments) => Heard::Binary(fragments.concat()),
                Act::Ping(payload) => Heard::Ping(payload.into()),
                Act::Pong => Heard::Pong,
            })
            .collect();
        prop_assert_eq!(hear(&client.get_ref().0, &cuts), Ok(expected));
    }

    #[test]
    fn any_bytes_are_heard_the_same_however_they_are_cut(
        bytes in vec(any::<u8>(), 0..300),
        cuts in vec(1..20_usize, 1..6),
    ) {
        // A text message is told piece by piece; that it came is all that counts.
        let heard = |cuts: &[usize]| hear(&bytes, cuts).map(|mut heard| {
            heard.dedup();
            heard
        });
        prop_assert_eq!(heard(&cuts), heard(&[bytes.len().max(1)]));
    }

    #[test]
    fn what_is_written_another_implementation_reads(payload in payload()) {
        let mut bytes = Vec::new();
        put_header(&mut bytes, OpCode::Data(Data::Binary), payload.len());
        bytes.extend_from_slice(&payload);
        let mut client = WebSocket::from_partially_read(Wire::default(), bytes, Role::Client, None);
        prop_assert_eq!(client.read().unwrap(), Message::Binary(payload.into()));
    }
}

#[test]
fn close_codes_are_heard() {
    for (frame, code) in [
        (None, None),
        (
            Some(CloseFrame {
                code: CloseCode::Normal,
                reason: "done".into(),
            }),
            Some(CloseCode::Normal),
        ),
    ] {
        let mut client = client();
        client.close(frame).unwrap();
        assert_eq!(hear(&client.get_ref().0, &[1]), Ok(vec![Heard::Close(code)]));
    }
}

#[test]
fn bad_closes_are_refused() {
    let half_a_code = [0x88, 0x81, 0, 0, 0, 0, 3];
    assert!(hear(&half_a_code, &[1]).unwrap_err().contains("half a code"));
    let [high, low] = 1005_u16.to_be_bytes();
    let reserved_code = [0x88, 0x82, 0, 0, 0, 0, high, low];
    assert!(
        hear(&reserved_code, &[1])
            .unwrap_err()
            .contains("must not be sent")
    );
}
