//! What a stretch of bytes is, in a sentence for a person.

use bridge::frame::{COMPRESSED, HEADERS, client};
use contract::{Field, FieldKind, Message};
use tonic::Code;

use super::{
    status,
    wire::{Meaning, Unknown, WireType},
};
use crate::i18n::Language::{self, English, Spanish};

impl Meaning {
    /// The sentence.
    pub fn explain(&self, language: Language) -> String {
        match self {
            Self::Socket(client::FINISH) => pick(
                language,
                "WebSocket: nothing more will be sent",
                "WebSocket: no se enviará nada más",
            ),
            Self::Socket(_) => pick(
                language,
                "WebSocket: a frame follows",
                "WebSocket: sigue una trama",
            ),
            Self::Flags(flags) => explain_flags(*flags, language),
            Self::Length(1) => pick(language, "length: 1 byte follows", "longitud: sigue 1 byte"),
            Self::Length(length) => match language {
                English => format!("length: {length} bytes follow (u32, big-endian)"),
                Spanish => format!("longitud: siguen {length} bytes (u32, big-endian)"),
            },
            Self::Tag {
                number,
                wire_type,
                field: Some(field),
            } => {
                let name = field.name;
                let kind = kind_of(field);
                let how = wire_type.words(language);
                match language {
                    English => format!("field {number} “{name}”, {kind}; {how}"),
                    Spanish => format!("campo {number} “{name}”, {kind}; {how}"),
                }
            }
            Self::Tag {
                number,
                wire_type,
                field: None,
            } => {
                let how = wire_type.words(language);
                match language {
                    English => format!("field {number}, which this page does not know; {how}"),
                    Spanish => format!("campo {number}, que esta página no conoce; {how}"),
                }
            }
            Self::LengthDelimiter(1) => pick(language, "1 byte long", "1 byte de largo"),
            Self::LengthDelimiter(length) => match language {
                English => format!("{length} bytes long"),
                Spanish => format!("{length} bytes de largo"),
            },
            Self::Value(value) => value.clone(),
            Self::Header { name, value } => explain_header(name, value, language),
            Self::Compressed => pick(
                language,
                "a compressed message; the page does not unpack it",
                "un mensaje comprimido; la página no lo descomprime",
            ),
            Self::Unknown(why) => why.explain(language),
        }
    }
}

fn pick(language: Language, english: &str, spanish: &str) -> String {
    match language {
        English => english.to_owned(),
        Spanish => spanish.to_owned(),
    }
}

fn explain_flags(flags: u8, language: Language) -> String {
    let other = flags & !(COMPRESSED | HEADERS);
    match (flags & HEADERS != 0, flags & COMPRESSED != 0) {
        _ if other != 0 => pick(
            language,
            "flags: bits that gRPC does not define",
            "indicadores: bits que gRPC no define",
        ),
        (false, false) => pick(
            language,
            "flags: a message, not compressed",
            "indicadores: un mensaje, sin comprimir",
        ),
        (false, true) => pick(
            language,
            "flags: a message, compressed (bit 0)",
            "indicadores: un mensaje, comprimido (bit 0)",
        ),
        (true, false) => pick(
            language,
            "flags: headers or trailers (bit 7)",
            "indicadores: encabezados o metadatos finales (bit 7)",
        ),
        (true, true) => pick(
            language,
            "flags: headers or trailers (bit 7), compressed (bit 0)",
            "indicadores: encabezados o metadatos finales (bit 7), comprimidos (bit 0)",
        ),
    }
}

fn explain_header(name: &str, value: &str, language: Language) -> String {
    match name {
        "grpc-status" => {
            let code = Code::from_bytes(value.as_bytes());
            let word = status::name(code);
            match language {
                English => format!("the status of the call: {value} {word}"),
                Spanish => format!("el estado de la llamada: {value} {word}"),
            }
        }
        "grpc-message" => match language {
            English => format!("what the peer says about it: {value}"),
            Spanish => format!("lo que dice el par al respecto: {value}"),
        },
        _ => format!("{name} = {value}"),
    }
}

/// `string`, `repeated HelloRequest`: the type as the `.proto` file has it.
fn kind_of(field: &Field) -> String {
    let kind = match field.kind {
        FieldKind::Message(name) => Message::of(name).map_or(name, Message::short_name).to_owned(),
        FieldKind::Enum(name) => name.rsplit('.').next().unwrap_or(name).to_owned(),
        scalar => format!("{scalar:?}").to_lowercase(),
    };
    if field.repeated {
        format!("repeated {kind}")
    } else {
        kind
    }
}

impl WireType {
    fn words(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Varint, English) => "wire type 0, a varint",
            (Self::Varint, Spanish) => "tipo 0, un varint",
            (Self::Fixed64, English) => "wire type 1, eight bytes",
            (Self::Fixed64, Spanish) => "tipo 1, ocho bytes",
            (Self::LengthDelimited, English) => "wire type 2, a length first",
            (Self::LengthDelimited, Spanish) => "tipo 2, primero la longitud",
            (Self::StartGroup, English) => "wire type 3, the start of a group",
            (Self::StartGroup, Spanish) => "tipo 3, el inicio de un grupo",
            (Self::EndGroup, English) => "wire type 4, the end of a group",
            (Self::EndGroup, Spanish) => "tipo 4, el final de un grupo",
            (Self::Fixed32, English) => "wire type 5, four bytes",
            (Self::Fixed32, Spanish) => "tipo 5, cuatro bytes",
        }
    }
}

impl Unknown {
    fn explain(self, language: Language) -> String {
        let (english, spanish) = match self {
            Self::CutOff { announced } => {
                return match language {
                    English => format!("cut off: {announced} bytes were announced and these came"),
                    Spanish => format!("incompleto: se anunciaron {announced} bytes y llegaron estos"),
                };
            }
            Self::HalfPrefix => (
                "not a whole prefix: a frame begins with 5 bytes",
                "no es un prefijo entero: una trama comienza con 5 bytes",
            ),
            Self::AfterTheFrame => ("after the end of the frame", "después del final de la trama"),
            Self::EndlessVarint => (
                "not protobuf: a varint that does not end",
                "no es protobuf: un varint que no termina",
            ),
            Self::NoSuchTag => (
                "not protobuf: no field has such a tag",
                "no es protobuf: ningún campo tiene esa etiqueta",
            ),
            Self::NotText => (
                "not UTF-8, though the field is a string",
                "no es UTF-8, aunque el campo es un string",
            ),
            Self::NotNumbers => (
                "not the numbers that the field holds: they do not come out even",
                "no son los números del campo: sobran bytes",
            ),
            Self::NotAHeader => (
                "not a header: “name: value”",
                "no es un encabezado: “nombre: valor”",
            ),
            Self::TooMany => (
                "the rest of a frame with very many parts",
                "el resto de una trama con muchísimas partes",
            ),
        };
        pick(language, english, spanish)
    }
}
