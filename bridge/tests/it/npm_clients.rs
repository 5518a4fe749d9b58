//! Two clients others wrote, unchanged, each making all four kinds of call.

use std::{path::PathBuf, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::Command,
};

use crate::support::{PATIENCE, TestServer, within};

const CHECKS: usize = 9;

#[tokio::test]
async fn the_client_of_improbable_works_unchanged() {
    check("improbable.mjs").await;
}

#[tokio::test]
async fn nice_grpc_web_works_unchanged() {
    check("nice.mjs").await;
}

/// Runs a script against a server of its own; the script checks all but cancellation, which is seen from here.
async fn check(script: &str) {
    let Some(folder) = installed() else { return };
    let mut server = TestServer::start().await;
    let mut node = Command::new("node")
        .arg(folder.join(script))
        .arg(format!("http://{}", server.address))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node, which these tests need, can be started");
    let mut input = node.stdin.take().unwrap();
    let mut lines = BufReader::new(node.stdout.take().unwrap()).lines();
    let mut passed = 0;
    while let Some(line) = within(2 * PATIENCE, lines.next_line()).await.unwrap() {
        println!("{script}: {line}");
        if line.starts_with("ok ") {
            passed += 1;
        } else if line == "cancelled" {
            let seen = server.until(|seen| seen.running == 0).await;
            assert!(seen.request_error.is_some(), "a cancelled call looked complete");
            input.write_all(b"seen\n").await.unwrap();
        }
    }
    let status = within(PATIENCE, node.wait()).await.unwrap();
    assert!(
        status.success(),
        "{script} failed after {passed} checks; it says why above"
    );
    assert_eq!(passed, CHECKS);
    within(PATIENCE, server.sockets.wait()).await;
}

/// Where the scripts are, if what they need is installed. Says loudly when not.
fn installed() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    if folder.join("node_modules/nice-grpc-web").is_dir() {
        return Some(folder);
    }
    let how = "the npm clients are not installed: run `npm ci --prefix bridge/tests/clients`";
    let is_required = std::env::var_os("PARCERO_REQUIRE_ALL").is_some();
    assert!(!is_required, "{how}");
    eprintln!("\n*** SKIPPED: {how} ***\n");
    None
}
