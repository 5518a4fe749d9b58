//! What the README says to type.

use std::{env, fs, path::Path};

use crate::support::{
    data_dir,
    namespace::{Machine, can_be_made},
    run,
};

#[test]
fn two_peers_on_one_computer_are_three_lines() {
    if !can_be_made() {
        return;
    }
    let home = data_dir();
    let lines = block_after("Two peers on one computer");
    assert_eq!(lines.lines().count(), 3, "{lines}");
    assert!(lines.contains(" /tmp/cali "), "{lines}");
    let lines = lines.replace("/tmp/cali", &home.path().join("cali").to_string_lossy());

    let bin = Path::new(env!("CARGO_BIN_EXE_parcero")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), env::var("PATH").unwrap());
    let machine = Machine::new();
    // With the shell, everything ends that it leaves running.
    let mut shell = machine.command("unshare");
    shell
        .args([
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "sh",
            "-ec",
            &lines,
        ])
        .env_clear()
        .env("PATH", path)
        .env("HOME", home.path());
    let ended = run(&mut shell, "");
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(ended.stdout.lines().any(|line| line == "Hello Ana"), "{ended:#?}");
    assert!(
        ended.stdout.lines().any(|line| line.contains("cali")),
        "the list of peers: {ended:#?}"
    );
}

/// The lines of shell after a sentence of the README that begins so.
fn block_after(sentence: &str) -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let (_, after) = readme.split_once(sentence).expect("the sentence");
    let (_, block) = after.split_once("```sh\n").expect("a block after it");
    let (block, _) = block.split_once("```").expect("the end of the block");
    block.to_owned()
}
