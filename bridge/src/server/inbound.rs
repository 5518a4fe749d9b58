//! What a client's messages mean, one after the other: headers, then data, then "I have finished".

use bytes::BytesMut;
use http::HeaderMap;

use super::{Options, body::Queue, ending::Ending};
use crate::frame::{
    FrameWatch,
    client::{ClientMessages, Said},
    header_block::{self, HeaderBlockError},
};

/// Where in its call a client is.
#[derive(Debug)]
pub(super) enum Inbound {
    /// Message 1, as far as it has arrived.
    Headers { block: BytesMut, options: Limits },
    /// Data, until the client finishes.
    Data {
        messages: ClientMessages,
        watch: FrameWatch,
    },
    /// Whatever comes now is dropped.
    Over,
}

/// What a client may send.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    max_header_bytes: usize,
    max_message_bytes: usize,
}

impl Inbound {
    pub(super) fn new(options: &Options) -> Self {
        Self::Headers {
            block: BytesMut::new(),
            options: Limits {
                max_header_bytes: options.max_header_bytes,
                max_message_bytes: options.max_message_bytes,
            },
        }
    }

    /// Takes the next chunk of a binary message. Gives the headers when they are whole.
    pub(super) fn take(
        &mut self,
        chunk: &[u8],
        ends_message: bool,
        queue: &mut Queue,
    ) -> Result<Option<HeaderMap>, Ending> {
        match self {
            Self::Headers { block, options } => {
                if block.len() + chunk.len() > options.max_header_bytes {
                    let limit = options.max_header_bytes;
                    return Err(Ending::bad_headers(&HeaderBlockError::TooLarge { limit }));
                }
                block.extend_from_slice(chunk);
                if !ends_message {
                    return Ok(None);
                }
                let headers = header_block::parse(block, options.max_header_bytes)
                    .map_err(|error| Ending::bad_headers(&error))?;
                *self = Self::Data {
                    messages: ClientMessages::default(),
                    watch: FrameWatch::new(options.max_message_bytes),
                };
                Ok(Some(headers))
            }
            Self::Data { messages, watch } => {
                match messages.take(chunk, ends_message) {
                    Some(Said::Data(data)) => {
                        watch
                            .pass(data)
                            .map_err(|error| Ending::message_too_large(&error))?;
                        queue.push(data);
                    }
                    Some(Said::Finished) if watch.is_between_frames() => {
                        queue.finish();
                        *self = Self::Over;
                    }
                    Some(Said::Finished) => return Err(Ending::half_a_message()),
                    None => {}
                }
                Ok(None)
            }
            Self::Over => Ok(None),
        }
    }
}
