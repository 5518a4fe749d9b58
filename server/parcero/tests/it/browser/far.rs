//! Hello, said to another peer: every card, view and figure is the same.

use std::{env, path::Path, process::Command};

use serde_json::json;

use super::page::Page;
use crate::support::TestPeer;

/// Two friends and the page of the first, with the second chosen by Say hello.
async fn say_hello(medellin: &TestPeer, cali: &TestPeer) -> Option<Page> {
    medellin.befriends(cali).await;
    let page = Page::open(medellin).await?;
    page.click("[data-view=peers]").await;
    page.find("[data-peer][data-state=here]").await;
    page.click("[data-peer] [data-action=say-hello]").await;
    page.until("document.querySelector('[data-view=hello][aria-current]')")
        .await;
    Some(page)
}

#[tokio::test]
async fn say_hello_opens_the_cards_and_all_four_kinds_go_to_that_peer() {
    let (medellin, cali) = (
        TestPeer::start(&["--name", "medellin"]),
        TestPeer::start(&["--name", "cali"]),
    );
    let Some(page) = say_hello(&medellin, &cali).await else {
        return;
    };
    let id = cali.key().await;
    assert_eq!(
        page.is("document.querySelector('[data-option=target]').value")
            .await,
        id
    );
    let choices = page
        .is("[...document.querySelectorAll('[data-option=target] option')].map(option => option.textContent.split(' · ')[0])")
        .await;
    assert_eq!(choices, json!(["medellin (this peer)", "cali"]));

    let before = cali.figures().await.now().await.completed;
    page.fill("[data-option=interval]", "0").await;
    page.click("[data-action=run-all]").await;
    for card in ["unary", "server", "client", "bidi"] {
        page.status(card, "0").await;
        let ends = page.text(&format!("[data-card={card}] .ends")).await;
        assert!(
            ends.contains("cali") && !ends.contains("medellin"),
            "{card}: {ends}"
        );
    }
    let mut figures = cali.figures().await;
    figures
        .until("four calls", |figures| figures.completed >= before + 4)
        .await;
    assert_eq!(
        page.rows("bidi").await.len(),
        8,
        "three each way, the end of sending, the status"
    );
    let figures = page.text("[data-card=bidi] [data-figures]").await;
    assert!(figures.contains("median round trip"), "{figures}");
    for card in ["unary", "bidi"] {
        page.click(&format!("[data-card={card}] [data-action=inspect]"))
            .await;
        page.click(&format!("[data-card={card}] [data-tab=headers]"))
            .await;
        let headers = page.text(&format!("[data-card={card}] .panel")).await;
        assert!(
            headers.contains("parcero-peer") && headers.contains(&id),
            "{headers}"
        );
        page.click(&format!("[data-card={card}] [data-tab=wire]")).await;
        let wire = page.text(&format!("[data-card={card}] .panel")).await;
        assert!(wire.contains("HelloReply"), "{wire}");
    }

    // And home again.
    page.click("[data-option=target] option[value='']").await;
    page.click("[data-card=unary] [data-action=send]").await;
    page.until("document.querySelector('[data-card=unary] .ends').textContent.includes('medellin')")
        .await;
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn each_peer_has_its_own_calls_and_one_that_is_open_says_whose_it_is() {
    let (medellin, cali) = (
        TestPeer::start(&["--name", "medellin"]),
        TestPeer::start(&["--name", "cali"]),
    );
    medellin.befriends(&cali).await;
    let Some(page) = Page::open(&medellin).await else {
        return;
    };
    page.click("[data-card=unary] [data-action=send]").await;
    page.status("unary", "0").await;
    page.click("[data-card=bidi] [data-action=send]").await;
    page.find("[data-card=bidi] .sequence li.received").await;
    page.click("[data-view=peers]").await;
    page.click("[data-peer][data-state=here] [data-action=say-hello]")
        .await;

    // Nothing was called there yet; what was called here is kept.
    page.status("unary", "idle").await;
    let note = page.text("[data-card=unary] .empty [data-note]").await;
    assert!(
        note.starts_with("No call to cali yet.") && note.contains("medellin is kept"),
        "{note}"
    );
    page.until("!document.querySelector('[data-card=server] [data-note]')")
        .await;
    // A call that is open stays, and so do its messages.
    let note = page.text("[data-card=bidi] [data-note]").await;
    assert_eq!(note, "This is a call to medellin. The next one goes to cali.");
    page.click("[data-card=bidi] [data-action=send]").await;
    page.until("document.querySelectorAll('[data-card=bidi] .sequence li.received').length == 2")
        .await;
    let calls_to = async |card: &str, name: &str| {
        page.until(&format!(
            "document.querySelector('[data-card={card}] .ends')?.lastElementChild.textContent == '{name}'"
        ))
        .await;
    };
    calls_to("bidi", "medellin").await;

    let choose = async |name: &str| {
        page.run(&format!(
            "const choice = document.querySelector('[data-option=target]');
             choice.value = [...choice.options].find(option => option.textContent.startsWith('{name}')).value;
             choice.dispatchEvent(new Event('change', {{ bubbles: true }}));"
        ))
        .await;
    };
    choose("medellin").await;
    page.status("unary", "0").await;
    calls_to("unary", "medellin").await;
    page.until("!document.querySelector('[data-note]')").await;
    let before = page.rows("unary").await;

    choose("cali").await;
    page.fill("[data-card=unary] [data-field=name]", "Ana").await;
    page.click("[data-card=unary] [data-action=send]").await;
    page.status("unary", "0").await;
    calls_to("unary", "cali").await;
    assert_eq!(page.rows("unary").await[0], "Hello Ana");
    choose("medellin").await;
    calls_to("unary", "medellin").await;
    assert_eq!(page.rows("unary").await, before);
    choose("cali").await;
    calls_to("unary", "cali").await;
    assert_eq!(page.rows("unary").await[0], "Hello Ana");

    page.click("[data-card=bidi] [data-action=finish]").await;
    page.status("bidi", "0").await;
    calls_to("bidi", "medellin").await;
    page.click("[data-card=bidi] [data-action=send]").await;
    page.status("bidi", "open").await;
    calls_to("bidi", "cali").await;
    page.until("!document.querySelector('[data-note]')").await;
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn a_copied_command_calls_the_same_far_peer() {
    let (medellin, cali) = (TestPeer::start(&[]), TestPeer::start(&["--name", "cali"]));
    let Some(page) = say_hello(&medellin, &cali).await else {
        return;
    };
    page.fill("[data-card=unary] [data-field=name]", "Ana").await;
    page.click("[data-card=unary] [data-action=send]").await;
    page.status("unary", "0").await;
    page.click("[data-card=unary] [data-action=inspect]").await;
    page.click("[data-card=unary] [data-tab=copy]").await;
    let snippet = async |tool: &str| {
        page.text(&format!("[data-card=unary] [data-snippet={tool}] pre"))
            .await
    };
    let id = cali.key().await;
    assert!(
        snippet("grpcurl")
            .await
            .contains(&format!("-H 'parcero-peer: {id}'"))
    );
    assert!(
        snippet("Python")
            .await
            .contains(&format!("(\"parcero-peer\", \"{id}\")"))
    );

    let command = snippet("parcero").await;
    assert!(command.contains(&format!("--peer {id}")), "{command}");
    let before = cali.figures().await.now().await.completed;
    let folder = Path::new(env!("CARGO_BIN_EXE_parcero")).parent().unwrap();
    let output = Command::new("sh")
        .args(["-c", &command])
        .env(
            "PATH",
            format!("{}:{}", folder.display(), env::var("PATH").unwrap()),
        )
        .env("PARCERO_DATA_DIR", medellin.data_dir())
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "Hello Ana\n",
        "{output:?}"
    );
    let mut figures = cali.figures().await;
    figures
        .until("the call", |figures| figures.completed > before)
        .await;
}

#[tokio::test]
async fn a_far_peer_that_dies_ends_its_call_with_a_sentence_and_is_away_in_the_choice() {
    let (medellin, cali) = (TestPeer::start(&[]), TestPeer::start(&["--name", "cali"]));
    let Some(page) = say_hello(&medellin, &cali).await else {
        return;
    };
    page.click("[data-card=bidi] [data-action=send]").await;
    page.find("[data-card=bidi] .sequence li.received").await;
    cali.kill();
    page.status("bidi", "14").await;
    let said = page.text("[data-card=bidi] [data-failed]").await;
    assert!(
        said.contains("cannot be reached") && said.contains("Diagnose, in the view Peers"),
        "{said}"
    );
    page.until(
        "[...document.querySelectorAll('[data-option=target] option')].at(1).textContent == 'cali · away'",
    )
    .await;
    // This peer is there all the same.
    page.find("[data-presence=here]").await;
    page.click("[data-option=target] option[value='']").await;
    page.click("[data-card=bidi] [data-action=send]").await;
    page.status("bidi", "open").await;
}
