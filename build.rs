//! Makes Rust of `proto/`, once, for native and wasm alike: the build of the page, which is a build of its own, takes over
//! what the build of the peer has generated.

use std::{env, error::Error, path::PathBuf};

#[cfg(feature = "compile")]
#[path = "proto/compile.rs"]
mod compile;

/// Where the generated Rust is, for a build without the feature `compile`.
const GENERATED: &str = "PARCERO_CONTRACT";

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-env-changed={GENERATED}");
    // The build script of a package that depends on this one finds it as DEP_PARCERO_CONTRACT_OUT.
    println!("cargo::metadata=OUT={}", out.display());
    #[cfg(feature = "compile")]
    return compile::all(&out);
    #[cfg(not(feature = "compile"))]
    return take_over(&out);
}

/// Copies what another build has generated.
#[cfg(not(feature = "compile"))]
fn take_over(out: &std::path::Path) -> Result<(), Box<dyn Error>> {
    let from = env::var(GENERATED).map_err(|_| {
        format!("the contract is built without its feature `compile`, and {GENERATED} does not say where it was compiled")
    })?;
    println!("cargo::rerun-if-changed={from}");
    for file in std::fs::read_dir(&from)? {
        let file = file?;
        std::fs::copy(file.path(), out.join(file.file_name()))?;
    }
    Ok(())
}
