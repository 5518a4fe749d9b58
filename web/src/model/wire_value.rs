//! Protobuf values as they are written in code: `"Telemática"`, `42`, `true`, `[1, 2]`.

use contract::FieldKind;

use super::wire::WireType;

/// A varint carries 64 bits, seven a byte.
const MAX_VARINT_BYTES: usize = 10;

/// The longest value that is written out, in characters: two or three lines of a page.
const MAX_WRITTEN: usize = 200;

impl WireType {
    /// How values of a type are written.
    pub(super) fn of(kind: FieldKind) -> Self {
        use FieldKind as K;
        match kind {
            K::Int64 | K::Uint64 | K::Int32 | K::Uint32 | K::Sint32 | K::Sint64 | K::Bool | K::Enum(_) => {
                Self::Varint
            }
            K::Double | K::Fixed64 | K::Sfixed64 => Self::Fixed64,
            K::Float | K::Fixed32 | K::Sfixed32 => Self::Fixed32,
            K::String | K::Bytes | K::Message(_) => Self::LengthDelimited,
            K::Group => Self::StartGroup,
        }
    }
}

/// The number at the start of `bytes`, and how many bytes it has; None if it does not end.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0;
    for (place, byte) in bytes.iter().take(MAX_VARINT_BYTES).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((number, place + 1));
        }
    }
    None
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "so protocol buffers read them"
)]
pub(super) fn varint_text(number: u64, kind: Option<FieldKind>) -> String {
    let unzigzag = |number: u64| (number >> 1) as i64 ^ -((number & 1) as i64);
    match kind {
        Some(FieldKind::Bool) => (number != 0).to_string(),
        Some(FieldKind::Int64) => (number as i64).to_string(),
        Some(FieldKind::Int32 | FieldKind::Enum(_)) => (number as i32).to_string(),
        Some(FieldKind::Uint32) => (number as u32).to_string(),
        Some(FieldKind::Sint32) => (unzigzag(number) as i32).to_string(),
        Some(FieldKind::Sint64) => unzigzag(number).to_string(),
        _ => number.to_string(),
    }
}

pub(super) fn fixed64_text(bytes: [u8; 8], kind: Option<FieldKind>) -> String {
    match kind {
        Some(FieldKind::Double) => f64::from_le_bytes(bytes).to_string(),
        Some(FieldKind::Sfixed64) => i64::from_le_bytes(bytes).to_string(),
        _ => u64::from_le_bytes(bytes).to_string(),
    }
}

pub(super) fn fixed32_text(bytes: [u8; 4], kind: Option<FieldKind>) -> String {
    match kind {
        Some(FieldKind::Float) => f32::from_le_bytes(bytes).to_string(),
        Some(FieldKind::Sfixed32) => i32::from_le_bytes(bytes).to_string(),
        _ => u32::from_le_bytes(bytes).to_string(),
    }
}

/// Many numbers in one value; None if they do not come out even.
pub(super) fn packed_text(mut bytes: &[u8], kind: FieldKind) -> Option<String> {
    let mut numbers = Vec::new();
    while !bytes.is_empty() {
        let (text, length) = match WireType::of(kind) {
            WireType::Fixed64 => (fixed64_text(*bytes.first_chunk()?, Some(kind)), 8),
            WireType::Fixed32 => (fixed32_text(*bytes.first_chunk()?, Some(kind)), 4),
            _ => varint(bytes).map(|(number, length)| (varint_text(number, Some(kind)), length))?,
        };
        bytes = &bytes[length..];
        // Each takes a character at least, so more would not be shown.
        if numbers.len() < MAX_WRITTEN {
            numbers.push(text);
        }
    }
    Some(shortened(&format!("[{}]", numbers.join(", "))))
}

/// A text in quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("{:?}", shortened(text))
}

/// Bytes as escaped ASCII, `\x00abc`.
pub(super) fn bytes_text(bytes: &[u8]) -> String {
    // One more than is shown, so that shortening shows that there is more.
    shortened(
        &bytes[..bytes.len().min(MAX_WRITTEN + 1)]
            .escape_ascii()
            .to_string(),
    )
}

/// At most [`MAX_WRITTEN`] characters of a text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_WRITTEN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_varint_ends_at_the_first_byte_without_its_high_bit() {
        assert_eq!(varint(&[0x00]), Some((0, 1)));
        assert_eq!(varint(&[0x96, 0x01, 0x77]), Some((150, 2)));
        assert_eq!(varint(&[0xff; 9]), None, "cut off");
        assert_eq!(varint(&[0xff; 11]), None, "longer than any number");
        let largest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(varint(&largest), Some((u64::MAX, 10)));
    }

    #[test]
    fn a_number_is_written_as_its_type_reads_it() {
        for (number, kind, text) in [
            (1, FieldKind::Bool, "true"),
            (u64::MAX, FieldKind::Int64, "-1"),
            (u64::MAX, FieldKind::Int32, "-1"),
            (u64::MAX, FieldKind::Uint64, "18446744073709551615"),
            (3, FieldKind::Sint32, "-2"),
            (4, FieldKind::Sint64, "2"),
        ] {
            assert_eq!(varint_text(number, Some(kind)), text, "{kind:?}");
        }
        assert_eq!(fixed32_text(1.5_f32.to_le_bytes(), Some(FieldKind::Float)), "1.5");
        assert_eq!(
            fixed64_text((-2.5_f64).to_le_bytes(), Some(FieldKind::Double)),
            "-2.5"
        );
    }

    #[test]
    fn packed_numbers_are_a_list_and_must_come_out_even() {
        assert_eq!(
            packed_text(&[1, 0x96, 1], FieldKind::Uint32).as_deref(),
            Some("[1, 150]")
        );
        assert_eq!(packed_text(&[1, 0x96], FieldKind::Uint32), None);
        assert_eq!(packed_text(&[1, 0, 0, 0, 2], FieldKind::Fixed32), None);
        assert_eq!(packed_text(&[], FieldKind::Fixed32).as_deref(), Some("[]"));
    }

    #[test]
    fn what_is_long_is_shortened_between_characters() {
        let long = "ñ".repeat(MAX_WRITTEN + 1);
        assert_eq!(shortened(&long), format!("{}…", "ñ".repeat(MAX_WRITTEN)));
        assert_eq!(shortened(&long[2..]), long[2..]);
        assert!(bytes_text(&[b'a'; MAX_WRITTEN + 1]).ends_with("a…"));
        assert!(bytes_text(&[b'a'; MAX_WRITTEN]).ends_with('a'));
    }
}
