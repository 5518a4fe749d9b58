//! Compiles `proto/` into Rust, once, for native and wasm alike, with a compiler written in Rust (no protoc).

use std::{env, fs, path::PathBuf};

const PROTOS: [&str; 2] = ["proto/greet.proto", "proto/parcero/v1/peers.proto"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=proto");

    let descriptors = protox::compile(PROTOS, ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // Server reflection serves this set, and JSON is made from it.
    fs::write(
        out.join("descriptors.bin"),
        prost::Message::encode_to_vec(&descriptors),
    )?;
    fs::write(out.join("methods.rs"), methods(&descriptors))?;

    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    tonic_prost_build::configure()
        // Without this the clients would need tonic's own transport, which does not exist in a browser.
        .build_transport(false)
        .compile_fds_with_config(descriptors, config)?;
    Ok(())
}

/// A Rust table of every method: its path, and on which sides it streams.
fn methods(descriptors: &tonic_prost_build::FileDescriptorSet) -> String {
    let mut table = String::from("&[\n");
    for file in &descriptors.file {
        for service in &file.service {
            for method in &service.method {
                table += &format!(
                    "    Method {{ path: \"/{}.{}/{}\", client_streaming: {}, server_streaming: {} }},\n",
                    file.package(),
                    service.name(),
                    method.name(),
                    method.client_streaming(),
                    method.server_streaming(),
                );
            }
        }
    }
    table + "]\n"
}
