//! Messages on a control stream: each with its length before it, as protobuf writes delimited messages.

use std::io;

use contract::parcero::v1::{Control, control::Say};
use iroh::endpoint::{SendStream, WriteError};
use prost::Message;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The longest message: 64 introductions are some 20 KiB.
const MAX_BYTES: usize = 64 * 1024;

/// Why nothing more is said on a control stream.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("{0}")]
    Read(#[from] io::Error),
    #[error("{0}")]
    Write(#[from] WriteError),
    #[error("a message of {0} bytes, at most {MAX_BYTES} are taken")]
    TooLong(usize),
    #[error("what came is no message: {0}")]
    Garbled(#[from] prost::DecodeError),
}

/// Writes one message.
pub(super) async fn say(stream: &mut SendStream, say: Say) -> Result<(), WireError> {
    Ok(stream.write_all(&encoded(say)).await?)
}

fn encoded(say: Say) -> Vec<u8> {
    Control { say: Some(say) }.encode_length_delimited_to_vec()
}

/// Reads one message; `None` for one of a kind that a newer peer knows.
pub(super) async fn hear(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<Say>, WireError> {
    let mut length = 0;
    for place in 0.. {
        let byte = stream.read_u8().await?;
        length |= usize::from(byte & 0x7f) << (7 * place);
        if length > MAX_BYTES {
            return Err(WireError::TooLong(length));
        }
        if byte & 0x80 == 0 {
            break;
        }
        // A varint of zeros that never ends.
        if place >= 3 {
            return Err(WireError::TooLong(usize::MAX));
        }
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    Ok(Control::decode(&bytes[..])?.say)
}

#[cfg(test)]
mod tests {
    use contract::parcero::v1::{
        Acquaintances, Admitted, Card, FriendAnswer, FriendRequest, FriendshipEnded, Greeting, Introduction,
        Ping, Pong, Proof, Refused, UseInvitation,
    };
    use proptest::prelude::*;

    use super::*;

    /// What is read of these bytes.
    fn heard(mut bytes: &[u8]) -> Result<Option<Say>, WireError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(hear(&mut bytes))
    }

    /// A message of each kind.
    fn every_kind() -> Vec<Say> {
        let text = || "Ana".to_owned();
        let introduction = Introduction {
            card: Card {
                id: vec![1; 2],
                name: text(),
                addresses: vec!["127.0.0.1:1".to_owned()],
                made: 300,
            }
            .encode_to_vec(),
            signature: vec![2; 2],
        };
        vec![
            Say::Greeting(Greeting {
                nonce: vec![3; 2],
                network: vec![4; 2],
            }),
            Say::Proof(Proof { mac: vec![5; 2] }),
            Say::Admitted(Admitted {
                is_friend: true,
                name: text(),
                version: "1".to_owned(),
            }),
            Say::Refused(Refused { why: text() }),
            Say::Ping(Ping { number: 300 }),
            Say::Pong(Pong { number: 300 }),
            Say::Acquaintances(Acquaintances {
                peers: vec![introduction],
            }),
            Say::FriendRequest(FriendRequest {}),
            Say::FriendAnswer(FriendAnswer { accepted: true }),
            Say::UseInvitation(UseInvitation { secret: vec![6; 2] }),
            Say::FriendshipEnded(FriendshipEnded {}),
        ]
    }

    /// Peers of other versions speak this: where it changes, so must the name of the protocol.
    #[test]
    fn the_bytes_of_each_message_are_those_of_parcero_control_1() {
        let hexadecimal = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let bytes: Vec<_> = every_kind()
            .into_iter()
            .map(|say| hexadecimal(encoded(say)))
            .collect();
        assert_eq!(
            bytes,
            [
                "0a0a080a02030312020404",
                "0612040a020505",
                "0c1a0a08011203416e611a0131",
                "0722050a03416e61",
                "052a0308ac02",
                "05320308ac02",
                "233a210a1f0a190a0201011203416e611a0b3132372e302e302e313a3120ac0212020202",
                "024200",
                "044a020801",
                "0652040a020606",
                "025a00",
            ]
        );
    }

    #[test]
    fn what_is_said_is_what_is_heard() {
        for say in every_kind() {
            assert_eq!(heard(&encoded(say.clone())).unwrap(), Some(say));
        }
    }

    #[test]
    fn a_message_may_be_64_kibibytes_long_and_not_a_byte_longer() {
        // The length, and a field of bytes that nobody knows which fills the rest: its own length takes three.
        let message = |length: usize| {
            let mut bytes = Vec::new();
            prost::encoding::encode_varint(length as u64, &mut bytes);
            bytes.extend([0xfa, 0x06]);
            prost::encoding::encode_varint(length as u64 - 5, &mut bytes);
            bytes.resize(bytes.len() + length - 5, 7);
            bytes
        };
        assert_eq!(heard(&message(MAX_BYTES)).unwrap(), None);
        let refused = heard(&message(MAX_BYTES + 1)).unwrap_err();
        assert!(matches!(refused, WireError::TooLong(length) if length == MAX_BYTES + 1));
        // Before anything is read of it, or kept for it.
        assert!(matches!(
            heard(&[0xff, 0xff, 0xff, 0x7f]),
            Err(WireError::TooLong(_))
        ));
        for endless in [[0x80; 16], [0xff; 16]] {
            assert!(matches!(heard(&endless), Err(WireError::TooLong(_))));
        }
        assert_eq!(heard(&[0]).unwrap(), None);
        assert!(matches!(heard(&[]), Err(WireError::Read(_))));
    }

    proptest! {
        #[test]
        fn bytes_of_anybody_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            // Whatever comes of it.
            let _ = heard(&bytes);
        }

        #[test]
        fn a_message_with_a_few_bytes_changed_is_read_without_harm(
            kind in 0..11_usize,
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let mut bytes = encoded(every_kind().swap_remove(kind));
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if let Ok(Some(Say::Acquaintances(Acquaintances { peers }))) = heard(&bytes) {
                for introduction in peers {
                    prop_assert_eq!(super::super::card::Card::check(introduction), None);
                }
            }
        }
    }
}
