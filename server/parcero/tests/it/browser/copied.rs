//! What is copied from the page is of use elsewhere.

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
};

use thirtyfour::prelude::*;

use super::page::Page;
use crate::{clients::python, support::TestPeer};

/// Runs a command to its end and gives what it printed.
fn printed(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Makes a unary and a bidirectional call, and opens "Copy as…" of both.
async fn make_calls(page: &Page) {
    for card in ["unary", "bidi"] {
        page.fill(&format!("[data-card={card}] [data-field=name]"), "l'Ana \"$1\"")
            .await;
        page.click(&format!("[data-card={card}] [data-action=send]"))
            .await;
    }
    page.click("[data-card=bidi] [data-action=send]").await;
    page.click("[data-card=bidi] [data-action=finish]").await;
    for card in ["unary", "bidi"] {
        page.status(card, "0").await;
        page.click(&format!("[data-card={card}] [data-action=inspect]"))
            .await;
        page.click(&format!("[data-card={card}] [data-tab=copy]")).await;
    }
}

/// What a copied call of a card prints.
const PRINTED: [(&str, &str); 2] = [
    ("unary", "Hello l'Ana \"$1\"\n"),
    ("bidi", "Hello l'Ana \"$1\"\nHello l'Ana \"$1\"\n"),
];

#[tokio::test]
async fn the_copied_command_makes_the_same_call() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    make_calls(&page).await;
    let folder = Path::new(env!("CARGO_BIN_EXE_parcero")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), env::var("PATH").unwrap());
    for (card, expected) in PRINTED {
        let command = page
            .text(&format!("[data-card={card}] [data-snippet=parcero] pre"))
            .await;
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &command])
            .env("PATH", &path)
            .env("PARCERO_DATA_DIR", peer.data_dir());
        assert_eq!(printed(&mut shell), expected, "{command}");
    }
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn the_copied_python_makes_the_same_call() {
    let Some(python) = python() else {
        return;
    };
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    make_calls(&page).await;
    let folder = tempfile::tempdir().unwrap();
    // As its first lines say, where proto/ is.
    printed(
        Command::new(&python)
            .args(["-m", "grpc_tools.protoc", "-I", "proto", "greet.proto"])
            .arg(format!("--python_out={}", folder.path().display()))
            .arg(format!("--grpc_python_out={}", folder.path().display()))
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")),
    );
    for (card, expected) in PRINTED {
        let program = page
            .text(&format!("[data-card={card}] [data-snippet=Python] pre"))
            .await;
        let file = folder.path().join("copied.py");
        std::fs::write(&file, &program).unwrap();
        assert_eq!(printed(Command::new(&python).arg(&file)), expected, "{program}");
    }
}

#[tokio::test]
async fn a_diagram_is_copied_as_a_line_for_each_event() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    page.fill("[data-card=unary] [data-field=name]", "Ana").await;
    page.click("[data-card=unary] [data-action=send]").await;
    page.status("unary", "0").await;
    page.run(
        "document.addEventListener('copy', event => window.copied = event.clipboardData.getData('text/plain'));
         getSelection().selectAllChildren(document.querySelector('[data-card=unary] .sequence ol'));",
    )
    .await;
    let keys = page.driver().action_chain();
    keys.key_down(Key::Control)
        .send_keys("c")
        .key_up(Key::Control)
        .perform()
        .await
        .unwrap();
    page.until("window.copied").await;
    let copied = page.is("window.copied").await;
    let lines: Vec<Vec<&str>> = copied
        .as_str()
        .unwrap()
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let [sent, received, end] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(sent[1..], ["sent", "Hello Ana"]);
    assert_eq!(received[1..], ["received", "Hello Ana"]);
    assert_eq!(end[1..], ["status", "0 OK"]);
    assert!(lines.iter().all(|line| line[0].ends_with("s")), "{lines:?}");
}
