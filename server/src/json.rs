//! Messages of the contract as JSON, in the proto3 mapping, made from the descriptors of the contract itself.

use std::sync::LazyLock;

use prost_reflect::{
    DescriptorPool, DynamicMessage, FileDescriptor, MessageDescriptor, MethodDescriptor, SerializeOptions,
};

static CONTRACT: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(contract::FILE_DESCRIPTOR_SET)
        .expect("the build wrote this set from files it had just compiled")
});

/// Why a message could not become JSON.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The type is not one of the contract's.
    #[error("the contract has no message type {0}")]
    UnknownType(String),
    /// The type in the contract reads these bytes differently: the two were built from different files.
    #[error("the message does not fit its own description")]
    Decode(#[from] prost::DecodeError),
    /// A value that JSON cannot hold.
    #[error("a value of the message cannot be written as JSON")]
    Serialize(#[from] serde_json::Error),
}

/// One message as one line of proto3 JSON: names in lowerCamelCase, every field printed even when it is empty,
/// 64-bit numbers as text.
///
/// ```
/// let reply = contract::greet::HelloReply { message: "Hello Ana".into() };
/// assert_eq!(parcero::json::to_line(&reply)?, r#"{"message":"Hello Ana"}"#);
/// # Ok::<(), parcero::json::JsonError>(())
/// ```
pub fn to_line<M: prost::Message + prost::Name>(message: &M) -> Result<String, JsonError> {
    let descriptor = CONTRACT
        .get_message_by_name(&M::full_name())
        .ok_or_else(|| JsonError::UnknownType(M::full_name()))?;
    let mut dynamic = DynamicMessage::new(descriptor);
    dynamic.transcode_from(message)?;
    Ok(line(&dynamic)?)
}

/// The same of a message that is known by its descriptor.
pub(crate) fn line(message: &DynamicMessage) -> Result<String, serde_json::Error> {
    let mut line = Vec::new();
    message.serialize_with_options(
        &mut serde_json::Serializer::new(&mut line),
        &SerializeOptions::new().skip_default_fields(false),
    )?;
    Ok(String::from_utf8(line).expect("JSON is UTF-8"))
}

/// The message in this proto3 JSON, and nothing else in it. A field that is not known is an error that names it.
pub(crate) fn read(descriptor: &MessageDescriptor, text: &[u8]) -> Result<DynamicMessage, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let message = DynamicMessage::deserialize(descriptor.clone(), &mut json)?;
    json.end()?;
    Ok(message)
}

/// The method of the contract with this path, `/package.Service/Method`.
pub(crate) fn method(path: &str) -> Option<MethodDescriptor> {
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    let service = CONTRACT.get_service_by_name(service)?;
    service.methods().find(|known| known.name() == method)
}

/// The files of the contract.
pub(crate) fn files() -> impl Iterator<Item = FileDescriptor> {
    CONTRACT.files()
}

#[cfg(test)]
mod tests {
    use contract::{
        greet::{DelayedReply, HelloReply, HelloRequest},
        parcero::v1::{AboutReply, CallFigures},
    };

    use super::*;

    #[test]
    fn empty_fields_are_printed() {
        assert_eq!(to_line(&HelloReply::default()).unwrap(), r#"{"message":""}"#);
        assert_eq!(
            to_line(&DelayedReply::default()).unwrap(),
            r#"{"message":"","request":[]}"#
        );
    }

    #[test]
    fn repeated_messages_become_a_list() {
        let reply = DelayedReply {
            message: "1".into(),
            request: vec![HelloRequest {
                name: "Ana".into(),
                greeting: "¡Quiubo!".into(),
            }],
        };
        assert_eq!(
            to_line(&reply).unwrap(),
            r#"{"message":"1","request":[{"name":"Ana","greeting":"¡Quiubo!"}]}"#
        );
    }

    #[test]
    fn names_are_in_lower_camel_case_and_64_bit_numbers_are_text() {
        let about = AboutReply {
            max_message_bytes: u64::MAX,
            calls: Some(CallFigures {
                open: 1,
                ..CallFigures::default()
            }),
            ..AboutReply::default()
        };
        assert_eq!(
            to_line(&about).unwrap(),
            concat!(
                r#"{"name":"","version":"","maxMessageBytes":"18446744073709551615","#,
                r#""calls":{"open":"1","completed":"0","cancelled":"0","deadlineExceeded":"0","refused":"0"}}"#
            )
        );
    }

    #[test]
    fn a_line_has_no_line_break_inside() {
        let line = to_line(&HelloReply {
            message: "a\nb\u{2028}c".into(),
        })
        .unwrap();
        assert!(!line.contains('\n'));
    }
}
