//! Clients that nobody here wrote.

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
};

use crate::support::TestPeer;

/// A Python with grpcio and grpcio-tools.
pub(crate) fn python() -> Option<String> {
    python_with("grpc, grpc_tools.protoc", "grpcio grpcio-tools")
}

/// A Python that can import `modules`, which `packages` bring: the one `.ci/run` made, or the machine's. None, and
/// loudly, where there is none.
pub(crate) fn python_with(modules: &str, packages: &str) -> Option<String> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python/bin/python");
    let python = [own.to_string_lossy().into_owned(), "python3".to_owned()]
        .into_iter()
        .find(|python| {
            Command::new(python)
                .args(["-c", &format!("import {modules}")])
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        });
    if python.is_none() {
        let how = format!(
            "python3 with {packages} is missing: python3 -m venv target/python && \
             target/python/bin/pip install {packages}"
        );
        assert!(env::var_os("PARCERO_REQUIRE_ALL").is_none(), "{how}");
        eprintln!("!! SKIPPED: {how}");
    }
    python
}

#[test]
fn a_python_client_of_the_contract_works_unchanged() {
    let Some(python) = python() else {
        return;
    };
    let peer = TestPeer::start(&[]);
    check(&python, &peer, None);
}

#[tokio::test]
async fn a_python_client_that_names_another_peer_gets_the_same_answers_from_it() {
    let Some(python) = python() else {
        return;
    };
    let far = TestPeer::start(&["--name", "Peñón 9"]);
    let near = far.friend().await;
    near.sees(&far.key().await, |far| far.name == "Peñón 9").await;
    let before = far.figures().await.now().await.completed;
    check(&python, near, Some("parcero-peer=Pe%C3%B1%C3%B3n 9"));
    let answered = far.figures().await.now().await.completed - before;
    assert!(answered >= ANSWERED, "the other peer answered {answered} calls");
}

/// The calls of `greet.py` that come to a good end.
const ANSWERED: u64 = 9;

/// Runs `greet.py` against a peer, with metadata or without.
#[track_caller]
fn check(python: &str, peer: &TestPeer, metadata: Option<&str>) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python)
        .arg(here.join("tests/clients/greet.py"))
        .arg(here.join("../../proto"))
        .arg(format!("localhost:{}", peer.port))
        .args(metadata)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("every answer was right"), "{said}");
}
