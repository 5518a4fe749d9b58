//! Makes what a browser can load of the wasm file this package was compiled to.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-env-changed=BENCH_PAGE_WASM");
    #[cfg(feature = "bundle")]
    {
        let wasm = std::env::var("BENCH_PAGE_WASM").map_err(|_| "BENCH_PAGE_WASM must name the wasm file")?;
        println!("cargo::rerun-if-changed={wasm}");
        wasm_bindgen_cli_support::Bindgen::new()
            .input_path(wasm)
            .web(true)?
            .typescript(false)
            .generate(std::env::var("OUT_DIR")?)?;
    }
    Ok(())
}
