//! Header blocks: `name: value\r\n`, as often as there are values, and nothing else.
//!
//! Both a client's first message and the payload of a frame flagged [`HEADERS`](super::HEADERS) are one.

use std::fmt;

use base64::{Engine as _, alphabet, engine};
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Senders pad base64 or do not; both are right.
const BASE64: engine::GeneralPurpose = engine::GeneralPurpose::new(
    &alphabet::STANDARD,
    engine::GeneralPurposeConfig::new().with_decode_padding_mode(engine::DecodePaddingMode::Indifferent),
);

/// The block for `headers`.
///
/// A byte that is not printable ASCII is percent-encoded: real clients refuse the whole call for one such byte.
pub fn encode(headers: &HeaderMap) -> Bytes {
    let mut block = BytesMut::new();
    for (name, value) in headers {
        block.put_slice(name.as_str().as_bytes());
        block.put_slice(b": ");
        for &byte in value.as_bytes() {
            if matches!(byte, b' '..=b'~') {
                block.put_u8(byte);
            } else {
                block.put_slice(format!("%{byte:02X}").as_bytes());
            }
        }
        block.put_slice(b"\r\n");
    }
    block.freeze()
}

/// The headers in `block`.
///
/// Lenient where senders differ: a lone `\n` ends a line too, space around a value goes, names may be in capitals,
/// and a `-bin` value may be padded or not, and may hold several values with commas between them.
///
/// # Errors
/// A [`HeaderBlockError`] that says what is wrong with which line.
pub fn parse(block: &[u8], max_bytes: usize) -> Result<HeaderMap, HeaderBlockError> {
    if block.len() > max_bytes {
        return Err(HeaderBlockError::TooLarge { limit: max_bytes });
    }
    let mut headers = HeaderMap::new();
    for (index, line) in block.split(|&byte| byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let number = index + 1;
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            return Err(HeaderBlockError::NoColon { line: number });
        };
        let name = HeaderName::from_bytes(line[..colon].trim_ascii())
            .map_err(|_| HeaderBlockError::BadName { line: number })?;
        let value = line[colon + 1..].trim_ascii();
        if is_binary(&name) {
            for value in value.split(|&byte| byte == b',') {
                let value = value.trim_ascii();
                BASE64
                    .decode(value)
                    .map_err(|_| HeaderBlockError::NotBase64 { line: number })?;
                append(&mut headers, &name, value, number)?;
            }
        } else {
            append(&mut headers, &name, value, number)?;
        }
    }
    Ok(headers)
}

fn is_binary(name: &HeaderName) -> bool {
    name.as_str().ends_with("-bin")
}

fn append(
    headers: &mut HeaderMap,
    name: &HeaderName,
    value: &[u8],
    line: usize,
) -> Result<(), HeaderBlockError> {
    let value = HeaderValue::from_bytes(value).map_err(|_| HeaderBlockError::BadValue { line })?;
    headers
        .try_append(name, value)
        .map_err(|_| HeaderBlockError::TooMany)?;
    Ok(())
}

/// A header block that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderBlockError {
    /// The block is longer than the limit.
    TooLarge {
        /// What is allowed, in bytes.
        limit: usize,
    },
    /// There are more headers than a map of them can hold.
    TooMany,
    /// A line has no colon.
    NoColon {
        /// Counted from 1.
        line: usize,
    },
    /// What stands before the colon is no header name.
    BadName {
        /// Counted from 1.
        line: usize,
    },
    /// What stands behind the colon holds control characters.
    BadValue {
        /// Counted from 1.
        line: usize,
    },
    /// The value of a name that ends in `-bin` is not base64.
    NotBase64 {
        /// Counted from 1.
        line: usize,
    },
}

impl fmt::Display for HeaderBlockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(f, "headers are longer than the {limit} bytes that are taken"),
            Self::TooMany => write!(f, "there are too many headers"),
            Self::NoColon { line } => write!(f, "line {line} of the headers has no colon"),
            Self::BadName { line } => write!(f, "line {line} of the headers has no valid name"),
            Self::BadValue { line } => write!(
                f,
                "line {line} of the headers has control characters in its value"
            ),
            Self::NotBase64 { line } => {
                write!(
                    f,
                    "line {line} of the headers is named -bin and its value is not base64"
                )
            }
        }
    }
}

impl std::error::Error for HeaderBlockError {}
