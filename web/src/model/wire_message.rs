//! A protobuf message taken apart, field by field, into the messages inside it.

use contract::{Field, FieldKind, Message};

use super::{
    wire::{Meaning, Spans, Unknown, WireType},
    wire_value::{bytes_text, fixed32_text, fixed64_text, packed_text, quoted, varint, varint_text},
};

/// Messages inside messages are followed so deep and no deeper, so that no bytes can exhaust the stack.
const MAX_DEPTH: usize = 32;

/// The largest number a field can have.
const MAX_FIELD_NUMBER: u64 = (1 << 29) - 1;

/// Takes all that is left in `spans` apart, as a `message`.
pub(super) fn take_apart(spans: &mut Spans, message: Option<&'static Message>) {
    fields(spans, message, 0);
}

fn fields(spans: &mut Spans, message: Option<&'static Message>, depth: usize) {
    while !spans.rest.is_empty() {
        if spans.is_full() {
            return spans.give_up(depth, Unknown::TooMany);
        }
        let Some((tag, length)) = varint(&spans.rest) else {
            return spans.give_up(depth, Unknown::EndlessVarint);
        };
        let Some((number, wire_type)) = parts_of(tag) else {
            return spans.give_up(depth, Unknown::NoSuchTag);
        };
        let field = message.and_then(|message| message.field(number));
        spans.take(
            length,
            depth,
            Meaning::Tag {
                number,
                wire_type,
                field,
            },
        );
        // A value written otherwise than its field says is shown by how it is written.
        let kind = field
            .filter(|field| fits(field, wire_type))
            .map(|field| field.kind);
        value(spans, wire_type, kind, depth);
    }
}

/// The field number and the wire type of a tag.
fn parts_of(tag: u64) -> Option<(u32, WireType)> {
    let number = tag >> 3;
    if number == 0 || number > MAX_FIELD_NUMBER {
        return None;
    }
    let wire_type = match tag & 7 {
        0 => WireType::Varint,
        1 => WireType::Fixed64,
        2 => WireType::LengthDelimited,
        3 => WireType::StartGroup,
        4 => WireType::EndGroup,
        5 => WireType::Fixed32,
        _ => return None,
    };
    Some((u32::try_from(number).ok()?, wire_type))
}

fn fits(field: &Field, wire_type: WireType) -> bool {
    let packed = field.repeated && wire_type == WireType::LengthDelimited;
    WireType::of(field.kind) == wire_type || packed
}

fn value(spans: &mut Spans, wire_type: WireType, kind: Option<FieldKind>, depth: usize) {
    match wire_type {
        WireType::Varint => match varint(&spans.rest) {
            Some((number, length)) => spans.take(length, depth, Meaning::Value(varint_text(number, kind))),
            None => spans.give_up(depth, Unknown::EndlessVarint),
        },
        WireType::Fixed64 => match spans.rest.first_chunk().map(|bytes| fixed64_text(*bytes, kind)) {
            Some(text) => spans.take(8, depth, Meaning::Value(text)),
            None => spans.give_up(depth, Unknown::CutOff { announced: 8 }),
        },
        WireType::Fixed32 => match spans.rest.first_chunk().map(|bytes| fixed32_text(*bytes, kind)) {
            Some(text) => spans.take(4, depth, Meaning::Value(text)),
            None => spans.give_up(depth, Unknown::CutOff { announced: 4 }),
        },
        WireType::LengthDelimited => length_delimited(spans, kind, depth),
        // Between the two are fields again. No message of the contract has groups.
        WireType::StartGroup | WireType::EndGroup => {}
    }
}

fn length_delimited(spans: &mut Spans, kind: Option<FieldKind>, depth: usize) {
    let Some((announced, length)) = varint(&spans.rest) else {
        return spans.give_up(depth, Unknown::EndlessVarint);
    };
    spans.take(length, depth, Meaning::LengthDelimiter(announced));
    let Some(length) = usize::try_from(announced)
        .ok()
        .filter(|length| *length <= spans.rest.len())
    else {
        return spans.give_up(depth, Unknown::CutOff { announced });
    };

    let after = spans.rest.split_off(length);
    let meaning = match kind {
        Some(FieldKind::Message(name)) if depth < MAX_DEPTH => {
            fields(spans, Message::of(name), depth + 1);
            spans.rest = after;
            return;
        }
        Some(FieldKind::String) => match std::str::from_utf8(&spans.rest) {
            Ok(text) => Meaning::Value(quoted(text)),
            Err(_) => Meaning::Unknown(Unknown::NotText),
        },
        Some(FieldKind::Bytes | FieldKind::Message(_) | FieldKind::Group) => {
            Meaning::Value(bytes_text(&spans.rest))
        }
        Some(numbers) => match packed_text(&spans.rest, numbers) {
            Some(text) => Meaning::Value(text),
            None => Meaning::Unknown(Unknown::NotNumbers),
        },
        // A field nobody here knows: what looks like text most likely is.
        None => match std::str::from_utf8(&spans.rest) {
            Ok(text) if !text.contains(char::is_control) => Meaning::Value(quoted(text)),
            _ => Meaning::Value(bytes_text(&spans.rest)),
        },
    };
    spans.take(length, depth, meaning);
    spans.rest = after;
}
