//! Compiles the service the roads are measured with.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=proto");
    let descriptors = protox::compile(["proto/bench.proto"], ["proto"])?;
    tonic_prost_build::configure()
        .build_client(false)
        // Bodies are shared, not copied: the roads are measured, not the handler.
        .bytes(".")
        .compile_fds(descriptors)?;
    Ok(())
}
