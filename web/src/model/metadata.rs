//! Metadata as a person types it: one key and one value become a header of the call, or are refused with a reason.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use tonic::metadata::{
    Ascii, AsciiMetadataKey, Binary, BinaryMetadataKey, KeyAndValueRef, MetadataMap, MetadataValue,
};

use super::target::PEER_KEY;

/// A row that can be sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Metadata {
    /// A key and visible ASCII.
    Text(AsciiMetadataKey, MetadataValue<Ascii>),
    /// A key that ends in `-bin`, and any bytes.
    Bytes(BinaryMetadataKey, MetadataValue<Binary>),
}

/// Why a row cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataError {
    /// There is a value and no key.
    NoKey,
    /// A key is lower-case letters, digits, `-`, `_` and `.`.
    BadKey,
    /// `grpc-` belongs to the protocol itself.
    Reserved,
    /// A header that the browser or the transport sets, so that a page's own is dropped or breaks the call.
    Forbidden,
    /// The page has a field of its own for this key.
    HasField,
    /// A value is visible ASCII, unless the key ends in `-bin`.
    NotAscii,
    /// The value of a `-bin` key is base64, or hexadecimal digits after `0x`.
    NotBytes,
}

/// Headers a page cannot set (the fetch standard drops them without a word), or that carry the call itself.
const FORBIDDEN: [&str; 33] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "cookie2",
    "date",
    "dnt",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "origin",
    "priority",
    "range",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-grpc-web",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-user-agent",
];

/// base64 with or without padding, as gRPC itself takes it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Metadata {
    /// The header that a row means; nothing for an empty row.
    ///
    /// # Errors
    /// Says why the row cannot be sent.
    pub fn parse(key: &str, value: &str) -> Result<Option<Self>, MetadataError> {
        // HTTP/2 has lower-case names only, and gRPC says that case does not matter.
        let key = key.trim().to_ascii_lowercase();
        let value = value.trim();
        if key.is_empty() {
            return if value.is_empty() {
                Ok(None)
            } else {
                Err(MetadataError::NoKey)
            };
        }
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        if !key.bytes().all(is_word) {
            return Err(MetadataError::BadKey);
        }
        if key.starts_with("grpc-") {
            return Err(MetadataError::Reserved);
        }
        if key.starts_with("sec-") || key.starts_with("proxy-") || FORBIDDEN.contains(&key.as_str()) {
            return Err(MetadataError::Forbidden);
        }
        if matches!(key.as_str(), "parcero-count" | "parcero-interval-ms" | PEER_KEY) {
            return Err(MetadataError::HasField);
        }
        if key.ends_with("-bin") {
            let key = BinaryMetadataKey::from_bytes(key.as_bytes()).map_err(|_| MetadataError::BadKey)?;
            let bytes = bytes_of(value).ok_or(MetadataError::NotBytes)?;
            return Ok(Some(Self::Bytes(key, MetadataValue::from_bytes(&bytes))));
        }
        let key = AsciiMetadataKey::from_bytes(key.as_bytes()).map_err(|_| MetadataError::BadKey)?;
        if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(MetadataError::NotAscii);
        }
        let value = value.parse().map_err(|_| MetadataError::NotAscii)?;
        Ok(Some(Self::Text(key, value)))
    }

    /// Adds this row to the metadata of a call.
    pub fn add_to(&self, map: &mut MetadataMap) {
        match self {
            Self::Text(key, value) => {
                map.append(key.clone(), value.clone());
            }
            Self::Bytes(key, value) => {
                map.append_bin(key.clone(), value.clone());
            }
        }
    }

    /// The bytes of a `-bin` row: how many there are.
    pub fn byte_count(&self) -> Option<usize> {
        match self {
            Self::Text(..) => None,
            Self::Bytes(_, value) => value.to_bytes().ok().map(|bytes| bytes.len()),
        }
    }
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    if let Some(digits) = text.strip_prefix("0x") {
        let digits: Vec<u8> = digits
            .chars()
            .filter(|character| !character.is_whitespace())
            .map(|digit| digit.to_digit(16).map(|value| value as u8))
            .collect::<Option<_>>()?;
        let (pairs, rest) = digits.as_chunks::<2>();
        return rest
            .is_empty()
            .then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect());
    }
    BASE64.decode(text).ok()
}

/// Every entry of a map as text, in its order; bytes as base64, as they cross.
pub fn lines(map: &MetadataMap) -> Vec<(String, String)> {
    map.iter()
        .map(|entry| match entry {
            KeyAndValueRef::Ascii(key, value) => (
                key.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            ),
            KeyAndValueRef::Binary(key, value) => (
                key.to_string(),
                String::from_utf8_lossy(value.as_encoded_bytes()).into_owned(),
            ),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(key: &str, value: &str) -> Vec<(String, String)> {
        let mut map = MetadataMap::new();
        if let Some(row) = Metadata::parse(key, value).unwrap() {
            row.add_to(&mut map);
        }
        lines(&map)
    }

    fn refused(key: &str, value: &str) -> MetadataError {
        Metadata::parse(key, value).unwrap_err()
    }

    #[test]
    fn a_key_is_sent_in_lower_case_without_the_spaces_around_it() {
        assert_eq!(
            sent(" X-Trace ", " a b "),
            [("x-trace".to_owned(), "a b".to_owned())]
        );
    }

    #[test]
    fn an_empty_row_is_no_row() {
        assert_eq!(sent("", "  "), []);
        assert_eq!(refused("", "x"), MetadataError::NoKey);
    }

    #[test]
    fn what_belongs_to_the_protocol_or_to_the_browser_is_refused() {
        assert_eq!(refused("grpc-timeout", "1S"), MetadataError::Reserved);
        assert_eq!(refused("GRPC-x", "1"), MetadataError::Reserved);
        for key in ["cookie", "Host", "sec-fetch-site", "proxy-a", "content-type"] {
            assert_eq!(refused(key, "x"), MetadataError::Forbidden, "{key}");
        }
        assert_eq!(refused("parcero-count", "3"), MetadataError::HasField);
        assert_eq!(refused("parcero-peer", "bogota"), MetadataError::HasField);
    }

    #[test]
    fn a_key_with_anything_but_letters_digits_and_three_marks_is_refused() {
        for key in ["a b", "ñ", "a:b", ":path", "a/b"] {
            assert_eq!(refused(key, "x"), MetadataError::BadKey, "{key}");
        }
        assert_eq!(sent("a.b_c-9", "x").len(), 1);
    }

    #[test]
    fn a_value_is_ascii_unless_its_key_ends_in_bin() {
        assert_eq!(refused("name", "Telemática"), MetadataError::NotAscii);
        assert_eq!(refused("name", "a\tb"), MetadataError::NotAscii);
        assert_eq!(sent("name", ""), [("name".to_owned(), String::new())]);
    }

    #[test]
    fn bytes_are_typed_as_base64_or_as_hexadecimal_digits() {
        for typed in ["AQI=", "AQI", "0x0102", "0x01 02"] {
            assert_eq!(
                sent("k-bin", typed),
                [("k-bin".to_owned(), "AQI".to_owned())],
                "{typed}"
            );
        }
        assert_eq!(sent("k-bin", ""), [("k-bin".to_owned(), String::new())]);
        for typed in ["0x1", "0xzz", "ñ", "A"] {
            assert_eq!(refused("k-bin", typed), MetadataError::NotBytes, "{typed}");
        }
    }
}
