//! JSON Schema of the messages of the contract, as proto3 JSON writes them.

use std::collections::BTreeMap;

use prost_reflect::{Cardinality, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::comments::Commented;

/// Schemas of messages that are answered, by name, with all they are made of.
#[derive(Debug, Default)]
pub(super) struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    /// A reference to the schema of a message, which is added with what it is made of.
    pub(super) fn answer(&mut self, message: &MessageDescriptor) -> Value {
        if let Some(known) = well_known(message.full_name()) {
            return known;
        }
        if !self.0.contains_key(message.name()) {
            // First, so that a message inside itself comes to an end.
            self.0.insert(message.name().to_owned(), Value::Null);
            let fields: Vec<_> = message.fields().collect();
            let properties: Map<_, _> = fields
                .iter()
                .map(|field| (field.json_name().to_owned(), self.field(field)))
                .collect();
            // Every field is written, also an empty one; only a message inside may be absent.
            let required: Vec<_> = fields
                .iter()
                .filter(|field| !field.supports_presence())
                .map(FieldDescriptor::json_name)
                .collect();
            let schema = object(message.comment(), &properties, &required);
            self.0.insert(message.name().to_owned(), schema);
        }
        reference(message.name())
    }

    fn field(&mut self, field: &FieldDescriptor) -> Value {
        let one = match field.kind() {
            Kind::Message(message) => self.answer(&message),
            Kind::Enum(values) => {
                self.0
                    .entry(values.name().to_owned())
                    .or_insert_with(|| enumeration(&values));
                reference(values.name())
            }
            scalar => value(&scalar),
        };
        described(field, one)
    }

    /// All of them.
    pub(super) fn into_value(self) -> Value {
        self.0.into_iter().collect::<Map<_, _>>().into()
    }
}

/// The schema of a request, without the fields that stand in the path.
///
/// A field that is left out, or null, has its empty value: that is how proto3 JSON is read.
pub(super) fn request(message: &MessageDescriptor, in_path: &[&str]) -> Value {
    let properties: Map<_, _> = message
        .fields()
        .filter(|field| !in_path.contains(&field.name()))
        .map(|field| {
            let one = match field.kind() {
                Kind::Message(message) => {
                    well_known(message.full_name()).unwrap_or_else(|| request(&message, &[]))
                }
                Kind::Enum(values) => enumeration(&values),
                scalar => value(&scalar),
            };
            (field.json_name().to_owned(), described(&field, or_null(one)))
        })
        .collect();
    let mut schema = object(message.comment(), &properties, &[]);
    // An unknown field is refused.
    schema["additionalProperties"] = false.into();
    schema
}

fn object(description: &str, properties: &Map<String, Value>, required: &[&str]) -> Value {
    let mut schema = json!({ "type": "object", "properties": properties });
    if !description.is_empty() {
        schema["description"] = description.into();
    }
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn or_null(mut schema: Value) -> Value {
    if let Some(kind) = schema.get("type").cloned() {
        schema["type"] = json!([kind, "null"]);
    }
    schema
}

/// The schema of a field: a list of it, and with its comment, where it is one or has one.
fn described(field: &FieldDescriptor, one: Value) -> Value {
    let mut schema = match field.cardinality() {
        Cardinality::Repeated => json!({ "type": "array", "items": one }),
        Cardinality::Optional | Cardinality::Required => one,
    };
    if !field.comment().is_empty() {
        schema["description"] = field.comment().into();
    }
    schema
}

fn enumeration(values: &EnumDescriptor) -> Value {
    let names: Vec<_> = values.values().map(|value| value.name().to_owned()).collect();
    let said: Vec<_> = values
        .values()
        .filter(|value| !value.comment().is_empty())
        .map(|value| format!("{}: {}", value.name(), value.comment()))
        .collect();
    let comment = [&[values.comment().to_owned()][..], &said].concat().join("\n\n");
    json!({ "type": "string", "enum": names, "description": comment.trim() })
}

/// Messages that have a form of their own in JSON.
fn well_known(name: &str) -> Option<Value> {
    match name {
        "google.protobuf.Timestamp" => Some(json!({ "type": "string", "format": "date-time" })),
        "google.protobuf.Duration" => Some(json!({
            "type": "string",
            "pattern": r"^-?[0-9]{1,9}(\.[0-9]{1,9})?s$",
            "examples": ["1.5s"],
        })),
        _ => None,
    }
}

fn value(kind: &Kind) -> Value {
    match kind {
        Kind::String => json!({ "type": "string" }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
        Kind::Double | Kind::Float => json!({ "type": "number" }),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX })
        }
        Kind::Uint32 | Kind::Fixed32 => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
        // As text: most readers of JSON know no numbers of 64 bits.
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            json!({ "type": "string", "pattern": "^-?[0-9]{1,19}$" })
        }
        Kind::Uint64 | Kind::Fixed64 => json!({ "type": "string", "pattern": "^[0-9]{1,20}$" }),
        // Both have schemas of their own, made by whoever asks.
        Kind::Message(_) | Kind::Enum(_) => json!({}),
    }
}
