//! What the build script of the page says where something goes wrong: it is run as cargo runs it, among tools that stand
//! in for the real ones, on a page of a few lines.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "what goes wrong in a helper fails the test, as it should"
)]

mod support;

use support::{Build, NO_MODULE, PLAIN_MODULE};

const ADDS: &str = "cargo::warning=the Rust target wasm32-unknown-unknown was missing: adding it with rustup";

#[test]
fn a_missing_target_is_added_with_rustup_and_the_build_says_so_and_goes_on() {
    let build = Build::new().without_target();
    let ended = build.run();
    assert!(ended.is_good, "{ended:?}");
    assert!(ended.says(ADDS), "{ended:?}");
    assert!(
        ended.called("rustup target add wasm32-unknown-unknown"),
        "{ended:?}"
    );
    assert!(ended.called("cargo build --package=parcero-web"), "{ended:?}");
}

#[test]
fn a_target_that_is_there_is_not_added() {
    let ended = Build::new().run();
    assert!(ended.is_good, "{ended:?}");
    assert!(!ended.says("cargo::warning"), "{ended:?}");
    assert!(!ended.called("rustup"), "{ended:?}");
}

#[test]
fn where_rustup_cannot_add_the_target_the_build_says_why_and_what_to_do() {
    let build = Build::new().without_target().tool(
        "rustup",
        "echo 'info: syncing' >&2; echo 'error: no network' >&2; echo >&2; exit 1",
    );
    build.run().fails(
        "the Rust target wasm32-unknown-unknown is missing and rustup could not add it (error: no network); run `rustup \
         target add wasm32-unknown-unknown`",
    );
}

#[test]
fn without_rustup_the_build_says_what_to_do() {
    let build = Build::new().without_target().without("rustup");
    build.run().fails(
        "the Rust target wasm32-unknown-unknown is missing and rustup could not be run (No such file or directory (os \
         error 2)); add the target to your toolchain",
    );
}

#[test]
fn a_person_who_wants_no_target_added_is_told_to_add_it() {
    let build = Build::new().without_target().variable("PARCERO_ADD_TARGET", "0");
    let ended = build.run();
    ended.fails(
        "the Rust target wasm32-unknown-unknown is missing; run `rustup target add wasm32-unknown-unknown`",
    );
    assert!(!ended.called("rustup"), "{ended:?}");
}

#[test]
fn a_target_that_rustup_adds_to_another_compiler_is_not_taken_for_added() {
    let build = Build::new().without_target().tool("rustup", "");
    let rustc = build.path_of("rustc");
    build.run().fails(&format!(
        "rustup added the Rust target wasm32-unknown-unknown, but not for the compiler in use, {rustc}; add the target to \
         that one"
    ));
}

#[test]
fn a_page_that_does_not_compile_ends_the_build_with_the_first_error_and_all_the_compiler_said() {
    let said = "warning: unused\nerror[E0425]: cannot find value `peer` in this scope\n --> web/src/app.rs:1:1\nerror: \
                could not compile `parcero-web`";
    let build = Build::new().tool("cargo", &format!("echo '{said}' >&2; exit 101"));
    let ended = build.run();
    ended.fails(
        "error[E0425]: cannot find value `peer` in this scope (in the crate parcero-web, built for wasm32-unknown-unknown)",
    );
    assert!(ended.stderr.contains("web/src/app.rs:1:1"), "{ended:?}");
}

#[test]
fn a_cargo_that_says_nothing_or_cannot_be_run_is_named() {
    Build::new()
        .tool("cargo", "exit 1")
        .run()
        .fails("cargo failed (in the crate parcero-web, built for wasm32-unknown-unknown)");
    Build::new()
        .without("cargo")
        .run()
        .fails("cargo could not be run: No such file or directory (os error 2)");
}

#[test]
fn what_wasm_bindgen_does_not_take_is_told_in_one_sentence() {
    let ended = Build::new().module(NO_MODULE).run();
    ended.fails("wasm-bindgen failed: ");
}

#[test]
fn a_file_of_the_page_that_is_gone_or_that_the_index_forgot_is_named() {
    let build = Build::new().module(PLAIN_MODULE);
    let style = build.remove("web/style.css");
    build
        .run()
        .fails(&format!("cannot read {style}: No such file or directory"));
    let build = Build::new().file("web/index.html", "<!doctype html>");
    build
        .run()
        .fails("web/index.html does not mention \"/parcero-web_bg.wasm\"");
}
