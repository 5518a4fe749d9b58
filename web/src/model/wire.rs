//! The exact bytes of one frame, taken apart: each stretch with what it is.
//!
//! ```text
//! 00           flags: an ordinary message, not compressed
//! 00 00 00 12  length: 18 bytes follow
//! 0a           field 1 “name”, string
//! 0b           11 bytes long
//! 54 65 …      "Telemática"
//! ```

use std::fmt::Write;

use bridge::frame::{COMPRESSED, HEADERS, PREFIX_LEN};
use bytes::Bytes;
use contract::{Field, Message};
use percent_encoding::percent_decode_str;

use super::wire_message;

/// A frame of more spans than this is not taken apart to its end: the rest is one span. A page that shows so
/// many has little use of more.
pub(super) const MAX_SPANS: usize = 1000;

/// A stretch of bytes with one meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The bytes; a part of the frame, not a copy.
    pub bytes: Bytes,
    /// What they are.
    pub meaning: Meaning,
    /// How many messages they are inside of; 0 for the outermost and for the prefix.
    pub depth: usize,
}

/// What a stretch of bytes is. [`Meaning::explain`] says it in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// The byte a WebSocket has before what the page sends: a frame follows, or nothing more.
    Socket(u8),
    /// The first byte of the prefix.
    Flags(u8),
    /// The other four: how many bytes follow, as a big-endian number.
    Length(u32),
    /// A field's number and wire type; and the field, if the message has it.
    Tag {
        /// The number.
        number: u32,
        /// How its value is written.
        wire_type: WireType,
        /// The field of that number, if the message has one.
        field: Option<&'static Field>,
    },
    /// How many bytes the value has.
    LengthDelimiter(u64),
    /// A value, in the way it is written in code: `"Telemática"`, `42`, `true`.
    Value(String),
    /// One line of headers or trailers.
    Header {
        /// The name, in lower case.
        name: String,
        /// The value, with `%20` and the like undone in a `grpc-message`.
        value: String,
    },
    /// A compressed message.
    Compressed,
    /// Something that is no frame, no header or no protobuf, and why.
    Unknown(Unknown),
}

/// How a value is written, by the last three bits of its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireType {
    /// 0: seven bits a byte, the lowest first.
    Varint,
    /// 1: eight bytes, the lowest first.
    Fixed64,
    /// 2: a length, then as many bytes.
    LengthDelimited,
    /// 3: the start of a group, which newer protocol buffers do not use.
    StartGroup,
    /// 4: its end.
    EndGroup,
    /// 5: four bytes, the lowest first.
    Fixed32,
}

/// Why bytes could not be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// The frame ends inside its prefix.
    HalfPrefix,
    /// Fewer bytes came than were announced.
    CutOff {
        /// How many were announced.
        announced: u64,
    },
    /// Bytes after the end of the frame.
    AfterTheFrame,
    /// A tag, a length or a number that does not end.
    EndlessVarint,
    /// A tag with a field number or a wire type that does not exist.
    NoSuchTag,
    /// Text that is not UTF-8.
    NotText,
    /// Many numbers in one value that do not come out even.
    NotNumbers,
    /// A line without a colon, or of other bytes than text.
    NotAHeader,
    /// So many parts that the rest is not taken apart.
    TooMany,
}

/// What a stretch is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The flags of the prefix.
    Flags,
    /// The length in the prefix.
    Length,
    /// The tag of a field.
    Tag,
    /// The length of a value.
    LengthDelimiter,
    /// A value.
    Value,
    /// A line of headers or trailers.
    HeaderText,
    /// What was not understood.
    Unknown,
}

impl Span {
    /// What it is drawn as.
    pub fn kind(&self) -> Kind {
        match self.meaning {
            Meaning::Socket(_) | Meaning::Flags(_) => Kind::Flags,
            Meaning::Length(_) => Kind::Length,
            Meaning::Tag { .. } => Kind::Tag,
            Meaning::LengthDelimiter(_) => Kind::LengthDelimiter,
            Meaning::Value(_) => Kind::Value,
            Meaning::Header { .. } => Kind::HeaderText,
            Meaning::Compressed | Meaning::Unknown(_) => Kind::Unknown,
        }
    }

    /// The first `max_bytes` bytes in hexadecimal, `0a 0b 54`, and `…` if there are more.
    pub fn hex(&self, max_bytes: usize) -> String {
        let mut hex = String::new();
        for (place, byte) in self.bytes.iter().take(max_bytes).enumerate() {
            let space = if place == 0 { "" } else { " " };
            // Writing to a String cannot fail.
            let _ = write!(hex, "{space}{byte:02x}");
        }
        if self.bytes.len() > max_bytes {
            hex.push_str(" …");
        }
        hex
    }
}

/// Takes one frame apart, prefix included. `message` is the full name of what it holds if it is not trailers:
/// the `request` or the `response` of its [`contract::Method`].
///
/// The spans, one after the other, are exactly the frame, whatever its bytes.
pub fn take_apart(frame: &Bytes, message: &str) -> Vec<Span> {
    let mut spans = Spans::of(frame.clone());
    spans.frame(Message::of(message));
    spans.found
}

/// The spans found so far, and the bytes after them.
pub(super) struct Spans {
    pub(super) rest: Bytes,
    pub(super) found: Vec<Span>,
}

impl Spans {
    pub(super) fn of(bytes: Bytes) -> Self {
        Self {
            rest: bytes,
            found: Vec::new(),
        }
    }

    /// Takes the next `length` bytes as one span; no bytes are no span.
    pub(super) fn take(&mut self, length: usize, depth: usize, meaning: Meaning) {
        let bytes = self.rest.split_to(length.min(self.rest.len()));
        if !bytes.is_empty() {
            self.found.push(Span {
                bytes,
                meaning,
                depth,
            });
        }
    }

    /// Takes all that is left as something that cannot be understood.
    pub(super) fn give_up(&mut self, depth: usize, why: Unknown) {
        self.take(self.rest.len(), depth, Meaning::Unknown(why));
    }

    /// Whether no more spans are wanted.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= MAX_SPANS
    }

    fn frame(&mut self, message: Option<&'static Message>) {
        let Some(&[flags, a, b, c, d]) = self.rest.first_chunk::<PREFIX_LEN>() else {
            return self.give_up(0, Unknown::HalfPrefix);
        };
        let announced = u32::from_be_bytes([a, b, c, d]);
        self.take(1, 0, Meaning::Flags(flags));
        self.take(4, 0, Meaning::Length(announced));

        let length = announced as usize;
        if self.rest.len() < length {
            return self.give_up(
                0,
                Unknown::CutOff {
                    announced: announced.into(),
                },
            );
        }
        let after = self.rest.split_off(length);
        if flags & COMPRESSED != 0 {
            self.take(length, 0, Meaning::Compressed);
        } else if flags & HEADERS != 0 {
            self.headers();
        } else {
            wire_message::take_apart(self, message);
        }
        self.rest = after;
        self.give_up(0, Unknown::AfterTheFrame);
    }

    /// Takes all that is left as lines of headers.
    pub(super) fn headers(&mut self) {
        while !self.rest.is_empty() {
            if self.is_full() {
                return self.give_up(0, Unknown::TooMany);
            }
            let end = self
                .rest
                .iter()
                .position(|byte| *byte == b'\n')
                .map_or(self.rest.len(), |at| at + 1);
            let header = std::str::from_utf8(&self.rest[..end])
                .ok()
                .and_then(|line| line.split_once(':'))
                .map(|(name, value)| header(name.trim(), value.trim()));
            self.take(end, 0, header.unwrap_or(Meaning::Unknown(Unknown::NotAHeader)));
        }
    }
}

fn header(name: &str, value: &str) -> Meaning {
    let name = name.to_ascii_lowercase();
    let value = match name.as_str() {
        // What is not UTF-8 then is shown as far as it is.
        "grpc-message" => percent_decode_str(value).decode_utf8_lossy().into_owned(),
        _ => value.to_owned(),
    };
    Meaning::Header { name, value }
}
