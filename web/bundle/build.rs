//! Builds the page for wasm32: a nested cargo, wasm-bindgen in process, hashed names, compressed copies.
//!
//! A plain `cargo run` therefore needs no other tool. A missing wasm32 target is added with rustup, unless
//! `PARCERO_ADD_TARGET=0`. What goes wrong is told in one sentence; tests/it runs this program among tools that fail.

use std::{
    env,
    error::Error,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

const TARGET: &str = "wasm32-unknown-unknown";

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!(
                "cargo::error=the page was not built: {}",
                one_line(&error.to_string())
            );
            println!("cargo::error=a peer without the page builds with --no-default-features");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let bundle = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let web = bundle
        .parent()
        .ok_or("web/bundle has no parent folder")?
        .to_path_buf();
    let workspace = web.parent().ok_or("web has no parent folder")?.to_path_buf();
    let out = PathBuf::from(env::var("OUT_DIR")?);

    println!("cargo::rerun-if-env-changed=PARCERO_ADD_TARGET");
    // For the tests of this very program.
    println!(
        "cargo::rustc-env=PARCERO_BUILD_SCRIPT={}",
        env::current_exe()?.display()
    );
    for file in [
        "web/index.html",
        "web/style.css",
        "web/peers.css",
        "web/Cargo.toml",
        "Cargo.toml",
        "Cargo.lock",
        ".cargo/config.toml",
    ] {
        println!("cargo::rerun-if-changed={}", workspace.join(file).display());
    }

    ensure_target()?;
    let wasm = compile(&workspace, &out)?;

    let glue = out.join("glue");
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(&wasm)
        .web(true)?
        .typescript(false)
        .remove_name_section(release())
        .remove_producers_section(true)
        .generate(&glue)
        .map_err(|error| format!("wasm-bindgen failed: {error:#}"))?;

    pack(&web, &glue, &out)
}

/// Whether this is a build for use, by whatever profile.
fn release() -> bool {
    env::var("OPT_LEVEL").is_ok_and(|level| level != "0")
}

/// Adds the wasm32 target where it is missing, and says so.
fn ensure_target() -> Result<(), Box<dyn Error>> {
    if has_target()? {
        return Ok(());
    }
    let by_hand = format!("run `rustup target add {TARGET}`");
    if env::var("PARCERO_ADD_TARGET").is_ok_and(|value| value == "0") {
        return Err(format!("the Rust target {TARGET} is missing; {by_hand}").into());
    }
    println!("cargo::warning=the Rust target {TARGET} was missing: adding it with rustup");
    match Command::new("rustup").args(["target", "add", TARGET]).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let why = said
                .lines()
                .rfind(|line| !line.trim().is_empty())
                .unwrap_or("it did not say why");
            return Err(format!(
                "the Rust target {TARGET} is missing and rustup could not add it ({why}); {by_hand}"
            )
            .into());
        }
        Err(error) => {
            return Err(format!(
                "the Rust target {TARGET} is missing and rustup could not be run ({error}); add the target to your \
                 toolchain"
            )
            .into());
        }
    }
    // A compiler that is not rustup's does not have what rustup adds.
    if has_target()? {
        Ok(())
    } else {
        let rustc = rustc()?;
        Err(format!(
            "rustup added the Rust target {TARGET}, but not for the compiler in use, {rustc}; add the target to that one"
        )
        .into())
    }
}

/// Whether the compiler can build for the target.
fn has_target() -> Result<bool, Box<dyn Error>> {
    let rustc = rustc()?;
    let found = Command::new(&rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|error| format!("the compiler {rustc} could not be run: {error}"))?;
    Ok(Path::new(String::from_utf8_lossy(&found.stdout).trim()).exists())
}

fn rustc() -> Result<String, env::VarError> {
    env::var("RUSTC")
}

/// Runs cargo for the page, in a target folder of its own, and returns the wasm file.
fn compile(workspace: &Path, out: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let profile = if release() { "web" } else { "web-dev" };
    // …/target/<profile>/build/<package>-<hash>/out → …/target/web, shared by dev and release builds.
    let target = out
        .ancestors()
        .nth(4)
        .ok_or("OUT_DIR is not inside a target folder")?
        .join("web");

    let mut cargo = Command::new(env::var("CARGO")?);
    cargo
        .current_dir(workspace)
        .args([
            "build",
            "--package=parcero-web",
            "--bin=parcero-web",
            "--no-default-features",
            "--locked",
            "--color=never",
        ])
        // The contract was compiled already, for this build; the compiler itself takes half a minute to build.
        .env("PARCERO_CONTRACT", env::var("DEP_PARCERO_CONTRACT_OUT")?)
        .args([format!("--target={TARGET}"), format!("--profile={profile}")])
        .arg("--target-dir")
        .arg(&target);
    // What was meant for the outer build would break this one: instrumented coverage, clippy's wrapper, linkers.
    for (name, _) in env::vars() {
        let outer = matches!(
            name.as_str(),
            "RUSTFLAGS"
                | "CARGO_ENCODED_RUSTFLAGS"
                | "RUSTC_WRAPPER"
                | "RUSTC_WORKSPACE_WRAPPER"
                | "CARGO_TARGET_DIR"
                | "CARGO_BUILD_TARGET"
                | "CARGO_BUILD_TARGET_DIR"
                | "CARGO_BUILD_RUSTFLAGS"
                | "CLIPPY_ARGS"
        ) || name.starts_with("CARGO_PROFILE_");
        if outer {
            cargo.env_remove(name);
        }
    }
    let output = cargo
        .output()
        .map_err(|error| format!("cargo could not be run: {error}"))?;
    if !output.status.success() {
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        std::io::stderr().write_all(log.as_bytes())?;
        let first = log
            .lines()
            .find(|line| line.starts_with("error"))
            .unwrap_or("cargo failed");
        return Err(format!("{first} (in the crate parcero-web, built for {TARGET})").into());
    }

    let folder = target.join(TARGET).join(profile);
    rerun_on_sources(&folder.join("parcero-web.d"), &target)?;
    Ok(folder.join("parcero-web.wasm"))
}

/// The nested build knows its sources; hand the list on, so that no list is kept by hand.
fn rerun_on_sources(dep_file: &Path, target: &Path) -> Result<(), Box<dyn Error>> {
    let list = text_of(dep_file)?;
    let (_, sources) = list.split_once(": ").ok_or("cargo's dep file has no list")?;
    for source in sources.replace("\\ ", "\u{0}").split_whitespace() {
        let source = source.replace('\u{0}', " ");
        if !Path::new(&source).starts_with(target) {
            println!("cargo::rerun-if-changed={source}");
        }
    }
    Ok(())
}

/// Gives the files hashed names, compresses them, and writes them down as Rust.
fn pack(web: &Path, glue: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let packed = out.join("packed");
    if packed.exists() {
        fs::remove_dir_all(&packed)?;
    }
    fs::create_dir_all(&packed)?;
    let mut rust = String::from("&[\n");
    // The mark by which trunk knows what to copy; a browser knows it by another word.
    let index = text_of(&web.join("index.html"))?;
    let mut index = index.replace("<link data-trunk rel=\"css\"", "<link rel=\"stylesheet\"");

    let mut add = |path: &str, content_type: &str, bytes: &[u8]| -> Result<(), Box<dyn Error>> {
        let file = packed.join(if path == "/" { "index.html" } else { &path[1..] });
        let base = file.display().to_string();
        fs::write(&base, bytes)?;
        fs::write(format!("{base}.br"), brotli(bytes)?)?;
        fs::write(format!("{base}.gz"), gzip(bytes)?)?;
        rust += &format!(
            "    Asset {{ path: {path:?}, content_type: {content_type:?}, identity: include_bytes!({base:?}), \
             brotli: include_bytes!({:?}), gzip: include_bytes!({:?}) }},\n",
            format!("{base}.br"),
            format!("{base}.gz"),
        );
        Ok(())
    };

    let wasm = bytes_of(&glue.join("parcero-web_bg.wasm"))?;
    let script = text_of(&glue.join("parcero-web.js"))?;
    let style = bytes_of(&web.join("style.css"))?;
    let peers = bytes_of(&web.join("peers.css"))?;
    for (name, content_type, bytes) in [
        ("parcero-web_bg.wasm", "application/wasm", wasm.as_slice()),
        (
            "parcero-web.js",
            "text/javascript; charset=utf-8",
            script.as_bytes(),
        ),
        ("style.css", "text/css; charset=utf-8", style.as_slice()),
        ("peers.css", "text/css; charset=utf-8", peers.as_slice()),
    ] {
        let (stem, ending) = name.split_once('.').ok_or("a file of the page has no ending")?;
        let path = format!("/{stem}-{}.{ending}", hex(&Sha256::digest(bytes)[..8]));
        let plain = format!("\"/{name}\"");
        if !index.contains(&plain) {
            return Err(format!("web/index.html does not mention {plain}").into());
        }
        index = index.replace(&plain, &format!("{path:?}"));
        add(&path, content_type, bytes)?;
    }
    add("/", "text/html; charset=utf-8", index.as_bytes())?;

    rust += "]\n";
    fs::write(out.join("assets.rs"), rust)?;
    fs::write(out.join("script-hashes.txt"), hashes(&index, "script"))?;
    fs::write(out.join("style-hashes.txt"), hashes(&index, "style"))?;
    Ok(())
}

/// A file that has to be there; one that is not is named.
fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn text_of(path: &Path) -> Result<String, String> {
    String::from_utf8(bytes_of(path)?).map_err(|_| format!("{} is no UTF-8 text", path.display()))
}

/// Cargo takes the first line of an error alone.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `'sha256-…'` of the text inside every `<element …>…</element>` of the index.
fn hashes(index: &str, element: &str) -> String {
    let mut hashes = Vec::new();
    let mut rest = index;
    while let Some(start) = rest.find(&format!("<{element}")) {
        let Some(open) = rest[start..].find('>') else {
            break;
        };
        let inside = &rest[start + open + 1..];
        let Some(end) = inside.find(&format!("</{element}>")) else {
            break;
        };
        if end > 0 {
            hashes.push(format!(
                "'sha256-{}'",
                STANDARD.encode(Sha256::digest(&inside.as_bytes()[..end]))
            ));
        }
        rest = &inside[end..];
    }
    hashes.join(" ")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    let quality = if release() { 11 } else { 5 };
    let parameters = brotli::enc::BrotliEncoderParams {
        quality,
        lgwin: 22,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &parameters)?;
    Ok(packed)
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}
