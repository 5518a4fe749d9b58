//! The page with the checks: built for wasm32, served, and opened.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use axum::{Router, http::header, response::Html, routing};

const PACKAGE: &str = "bridge-browser-tests";
const TARGET: &str = "wasm32-unknown-unknown";
/// The profile of the page while it is worked on: most of it is built already.
const PROFILE: &str = "web-dev";
const INDEX: &str = r#"<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<script type="module">
  import init from "/bridge-browser-tests.js";
  init({ module_or_path: "/bridge-browser-tests_bg.wasm" });
</script>"#;

/// Builds the page, and serves it.
pub(super) fn routes() -> Router {
    let folder = build();
    let script = fs::read_to_string(folder.join("bridge-browser-tests.js")).unwrap();
    let module = fs::read(folder.join("bridge-browser-tests_bg.wasm")).unwrap();
    Router::new()
        .route("/", routing::get(|| async { Html(INDEX) }))
        .route(
            "/bridge-browser-tests.js",
            routing::get(|| async { ([(header::CONTENT_TYPE, "text/javascript")], script) }),
        )
        .route(
            "/bridge-browser-tests_bg.wasm",
            routing::get(|| async { ([(header::CONTENT_TYPE, "application/wasm")], module) }),
        )
}

fn build() -> PathBuf {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let target = temporary.parent().unwrap().join("web");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--locked", "--package", PACKAGE])
        .args(["--target", TARGET, "--profile", PROFILE, "--target-dir"])
        .arg(&target);
    for (name, _) in env::vars() {
        // Meant for this build, they would break that one.
        if name.contains("RUSTFLAGS") || name.contains("WRAPPER") || name.starts_with("CARGO_PROFILE_") {
            cargo.env_remove(name);
        }
    }
    let output = cargo.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    let wasm = target.join(TARGET).join(PROFILE).join(format!("{PACKAGE}.wasm"));
    let folder = temporary.join(PACKAGE);
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(wasm)
        .web(true)
        .unwrap()
        .typescript(false)
        .generate(&folder)
        .unwrap();
    folder
}

/// Where a Chromium is, if there is one.
pub(super) fn find_browser() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|program| program.is_file())
}

/// A browser, and its folder; both end with this.
pub(super) struct Browser {
    process: Child,
    profile: tempfile::TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is over.
        let _ = self.process.kill();
        let _ = self.process.wait();
        // Its helpers write for a moment longer. A folder that stays all the same does no harm.
        for _ in 0..50 {
            if fs::remove_dir_all(self.profile.path()).is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

pub(super) fn open(browser: &Path, address: &str) -> Browser {
    let profile = tempfile::tempdir().unwrap();
    let process = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(address)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Browser { process, profile }
}
