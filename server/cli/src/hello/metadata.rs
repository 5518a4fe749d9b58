//! `--metadata KEY=VALUE`.

use std::str::FromStr;

use base64::{Engine, engine::general_purpose::STANDARD};
use tonic::metadata::{
    Ascii, AsciiMetadataKey, AsciiMetadataValue, Binary, BinaryMetadataKey, BinaryMetadataValue, MetadataKey,
    MetadataMap,
};

/// Headers that gRPC or HTTP itself sets.
const RESERVED: [&str; 5] = ["content-type", "te", "host", "connection", "user-agent"];

/// One entry of the metadata of a call.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    Text(AsciiMetadataKey, AsciiMetadataValue),
    Bytes(BinaryMetadataKey, BinaryMetadataValue),
}

impl Entry {
    pub(super) fn add_to(&self, metadata: &mut MetadataMap) {
        match self {
            Entry::Text(key, value) => {
                metadata.append(key.clone(), value.clone());
            }
            Entry::Bytes(key, value) => {
                metadata.append_bin(key.clone(), value.clone());
            }
        }
    }
}

impl FromStr for Entry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, value) = text
            .split_once('=')
            .ok_or("there is no `=` between a key and a value")?;
        let key = key.to_ascii_lowercase();
        if key.starts_with("grpc-") || RESERVED.contains(&key.as_str()) {
            return Err(format!("the key {key} is set by gRPC itself"));
        }
        if key.ends_with("-bin") {
            let bytes = STANDARD
                .decode(value)
                .map_err(|_| "the value is not base64, as that of every key that ends in -bin must be")?;
            let key = MetadataKey::<Binary>::from_str(&key).map_err(|_| wrong_key(&key))?;
            return Ok(Entry::Bytes(key, BinaryMetadataValue::from_bytes(&bytes)));
        }
        // A header could carry more, but gRPC allows no more than this.
        if !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(
                "the value may hold visible ASCII only; bytes go under a key that ends in -bin".into(),
            );
        }
        let value = value
            .parse()
            .map_err(|_| format!("{value:?} cannot be the value of a header"))?;
        let key = MetadataKey::<Ascii>::from_str(&key).map_err(|_| wrong_key(&key))?;
        Ok(Entry::Text(key, value))
    }
}

fn wrong_key(key: &str) -> String {
    format!("the key {key:?} may hold letters, digits, `-`, `_` and `.` only")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_equals_sign_parts_key_and_value() {
        let mut metadata = MetadataMap::new();
        for text in ["Colour=a=b", "empty=", "raw-bin=AP8="] {
            text.parse::<Entry>().unwrap().add_to(&mut metadata);
        }
        assert_eq!(metadata.get("colour").unwrap(), "a=b");
        assert_eq!(metadata.get("empty").unwrap(), "");
        assert_eq!(
            metadata.get_bin("raw-bin").unwrap().to_bytes().unwrap().as_ref(),
            [0, 255]
        );
    }

    #[test]
    fn what_cannot_be_metadata_is_refused() {
        for text in [
            "colour",
            "=blue",
            "two words=1",
            "grpc-timeout=1S",
            "TE=x",
            "raw-bin=!",
            "a=b\nc",
            "a=ñ",
            "a=\x1b[m",
        ] {
            assert!(text.parse::<Entry>().is_err(), "{text:?}");
        }
    }
}
