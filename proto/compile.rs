//! Compiles the protocol buffers into Rust, with a compiler written in Rust (no protoc).

use std::{error::Error, fs, path::Path};

use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet, field_descriptor_proto::Label};

const PROTOS: [&str; 5] = [
    "proto/greet.proto",
    "proto/parcero/v1/peers.proto",
    "proto/parcero/v1/network.proto",
    "proto/parcero/v1/control.proto",
    "proto/parcero/v1/cli.proto",
];

/// Writes the Rust of all of `proto/` to `out`.
pub(crate) fn all(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let descriptors = protox::compile(PROTOS, ["proto"])?;
    // Server reflection serves this set, and JSON is made from it.
    fs::write(
        out.join("descriptors.bin"),
        prost::Message::encode_to_vec(&descriptors),
    )?;
    fs::write(out.join("methods.rs"), methods(&descriptors))?;
    fs::write(out.join("messages.rs"), messages(&descriptors))?;

    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    tonic_prost_build::configure()
        // Without this the clients would need tonic's own transport, which does not exist in a browser.
        .build_transport(false)
        .compile_fds_with_config(descriptors, config)?;
    Ok(())
}

/// A Rust table of every method: its path, its messages, and on which sides it streams.
fn methods(descriptors: &FileDescriptorSet) -> String {
    let mut table = String::from("&[\n");
    for file in &descriptors.file {
        for service in &file.service {
            for method in &service.method {
                table += &format!(
                    "    Method {{ path: \"/{}.{}/{}\", request: {:?}, response: {:?}, client_streaming: {}, \
                     server_streaming: {} }},\n",
                    file.package(),
                    service.name(),
                    method.name(),
                    method.input_type().trim_start_matches('.'),
                    method.output_type().trim_start_matches('.'),
                    method.client_streaming(),
                    method.server_streaming(),
                );
            }
        }
    }
    table + "]\n"
}

/// A Rust table of every message and its fields.
fn messages(descriptors: &FileDescriptorSet) -> String {
    let mut table = String::from("&[\n");
    for file in &descriptors.file {
        for message in &file.message_type {
            add_message(&mut table, file.package(), message);
        }
    }
    table + "]\n"
}

/// Adds a message, and the messages defined inside it.
fn add_message(table: &mut String, scope: &str, message: &DescriptorProto) {
    let name = format!("{scope}.{}", message.name());
    *table += &format!("    Message {{ name: {name:?}, fields: &[\n");
    for field in &message.field {
        *table += &format!(
            "        Field {{ number: {}, name: {:?}, repeated: {}, kind: FieldKind::{} }},\n",
            field.number(),
            field.name(),
            field.label() == Label::Repeated,
            kind(field),
        );
    }
    *table += "    ] },\n";
    for nested in &message.nested_type {
        add_message(table, &name, nested);
    }
}

/// The variant of `FieldKind`, `Message("greet.HelloRequest")`.
fn kind(field: &FieldDescriptorProto) -> String {
    // As in `TYPE_STRING`; a message or an enum is also named.
    let word = field
        .r#type()
        .as_str_name()
        .trim_start_matches("TYPE_")
        .to_lowercase();
    let variant = word[..1].to_uppercase() + &word[1..];
    match field.type_name().trim_start_matches('.') {
        "" => variant,
        _ if variant == "Group" => variant,
        name => format!("{variant}({name:?})"),
    }
}
