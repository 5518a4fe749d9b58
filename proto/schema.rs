//! What the messages of the contract are made of, for whoever reads their bytes.

/// Every message of the contract, in the order of the files.
pub const MESSAGES: &[Message] = include!(concat!(env!("OUT_DIR"), "/messages.rs"));

/// One message of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Its name with its package, `greet.HelloRequest`.
    pub name: &'static str,
    /// Its fields, in the order of the file.
    pub fields: &'static [Field],
}

/// One field of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its number on the wire.
    pub number: u32,
    /// Its name.
    pub name: &'static str,
    /// Whether it can occur more than once.
    pub repeated: bool,
    /// The type of its values.
    pub kind: FieldKind,
}

/// The type of a field's values, as protocol buffers name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "protocol buffers name them so")]
pub enum FieldKind {
    Double,
    Float,
    Int64,
    Uint64,
    Int32,
    Fixed64,
    Fixed32,
    Bool,
    String,
    Bytes,
    Uint32,
    Sfixed32,
    Sfixed64,
    Sint32,
    Sint64,
    Group,
    /// An enum; its full name.
    Enum(&'static str),
    /// A message; its full name.
    Message(&'static str),
}

impl Message {
    /// The message with this full name, if the contract has it.
    pub fn of(name: &str) -> Option<&'static Message> {
        MESSAGES.iter().find(|message| message.name == name)
    }

    /// Its name without its package, `HelloRequest`.
    pub fn short_name(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }

    /// The field with this number, if the message has it.
    pub fn field(&self, number: u32) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.number == number)
    }
}
