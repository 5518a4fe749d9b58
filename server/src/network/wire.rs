//! Messages on a control stream: each with its length before it, as protobuf writes delimited messages.

use contract::parcero::v1::{Control, control::Say};
use iroh::endpoint::{ReadExactError, RecvStream, SendStream, WriteError};
use prost::Message;

/// The longest message: 64 introductions are some 20 KiB.
const MAX_BYTES: usize = 64 * 1024;

/// Why nothing more is said on a control stream.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("{0}")]
    Read(#[from] ReadExactError),
    #[error("{0}")]
    Write(#[from] WriteError),
    #[error("a message of {0} bytes, at most {MAX_BYTES} are taken")]
    TooLong(usize),
    #[error("what came is no message: {0}")]
    Garbled(#[from] prost::DecodeError),
}

/// Writes one message.
pub(super) async fn say(stream: &mut SendStream, say: Say) -> Result<(), WireError> {
    let message = Control { say: Some(say) };
    Ok(stream
        .write_all(&message.encode_length_delimited_to_vec())
        .await?)
}

/// Reads one message; `None` for one of a kind that a newer peer knows.
pub(super) async fn hear(stream: &mut RecvStream) -> Result<Option<Say>, WireError> {
    let mut length = 0;
    for place in 0.. {
        let mut byte = [0];
        stream.read_exact(&mut byte).await?;
        length |= usize::from(byte[0] & 0x7f) << (7 * place);
        if length > MAX_BYTES {
            return Err(WireError::TooLong(length));
        }
        if byte[0] & 0x80 == 0 {
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
