//! How calls fail, and that each failure says what happened and what to do.

use serde_json::Value;

use super::page::Page;
use crate::support::TestPeer;

/// The sentence of a card whose call failed, once it has ended with this status.
async fn sentence(page: &Page, card: &str, status: &str) -> String {
    page.status(card, status).await;
    page.text(&format!("[data-card={card}] [data-failed]")).await
}

fn assert_says(sentence: &str, words: &[&str]) {
    for word in words {
        assert!(sentence.contains(word), "{word:?} is not in {sentence:?}");
    }
}

#[tokio::test]
async fn every_failure_is_a_sentence() {
    let peer = TestPeer::start(&["--max-message-bytes", "1000"]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };

    page.fill("[data-option=deadline]", "1").await;
    page.click("[data-card=server] [data-action=send]").await;
    let too_late = sentence(&page, "server", "4").await;
    assert_says(&too_late, &["longer than its deadline", "more time"]);
    page.fill("[data-option=deadline]", "").await;

    page.paste("[data-card=unary] [data-field=name]", 1001).await;
    page.click("[data-card=unary] [data-action=send]").await;
    let too_large = sentence(&page, "unary", "8").await;
    // A name of 1,001 letters, the greeting "Hello", and what says which is which.
    assert_says(
        &too_large,
        &["1,011 bytes", "at most 1,000", "--max-message-bytes", "not sent"],
    );
    page.fill("[data-card=unary] [data-field=name]", "Ana").await;

    page.click("[data-card=bidi] [data-action=send]").await;
    page.status("bidi", "open").await;
    page.click("[data-card=bidi] [data-action=cancel]").await;
    let cancelled = sentence(&page, "bidi", "1").await;
    assert_says(&cancelled, &["You cancelled this call", "told to stop"]);

    // More metadata than a peer takes, which only the peer itself knows.
    for row in 0..3 {
        page.click("[data-action=add-metadata]").await;
        let row = format!("[data-metadata='{row}']");
        page.fill(&format!("{row} [data-field=metadata-key]"), "x-much")
            .await;
        page.paste(&format!("{row} [data-field=metadata-value]"), 6000)
            .await;
    }
    for card in ["unary", "bidi"] {
        page.click(&format!("[data-card={card}] [data-action=send]"))
            .await;
        let refused = sentence(&page, card, "8").await;
        assert_says(
            &refused,
            &["the metadata", "Send less", "The peer says:", "16384"],
        );
    }
    for _ in 0..3 {
        page.click("[data-action=remove-metadata]").await;
    }

    let url = peer.url.clone();
    drop(peer);
    page.until("document.querySelector('[data-banner=gone]')").await;
    for card in ["unary", "bidi"] {
        page.click(&format!("[data-card={card}] [data-action=send]"))
            .await;
        let stopped = sentence(&page, card, "14").await;
        assert_says(&stopped, &["No peer answers at", &url, "Start it with"]);
    }
    let sent = "[data-card=unary] .sequence li.sent";
    assert_says(
        &page.text(&format!("{sent}.is-undelivered .unseen")).await,
        &["no sign that it arrived"],
    );
    assert_says(
        &page.text("[data-card=unary] [data-figures]").await,
        &["no sign that it arrived"],
    );
}

#[tokio::test]
async fn a_deadline_is_kept_by_the_page_itself() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    let unit = page.find("[data-option=unit]").await;
    unit.send_keys("ms").await.unwrap();
    page.fill("[data-option=deadline]", "1").await;
    for _ in 0..4 {
        for card in ["unary", "bidi"] {
            page.click(&format!("[data-card={card}] [data-action=send]"))
                .await;
            let too_late = sentence(&page, card, "4").await;
            assert_says(&too_late, &["longer than its deadline", "more time"]);
            let rows = page.rows(card).await;
            assert!(
                rows.last()
                    .is_some_and(|row| row.starts_with("4 DEADLINE_EXCEEDED")),
                "{rows:?}"
            );
        }
    }

    // A deadline in the middle of an answer ends the handler, too.
    page.fill("[data-option=deadline]", "400").await;
    page.fill("[data-option=interval]", "60000").await;
    for card in ["server", "bidi"] {
        page.click(&format!("[data-card={card}] [data-action=send]"))
            .await;
        sentence(&page, card, "4").await;
        let rows = page.rows(card).await;
        assert_eq!(rows[..2], ["Hello Telemática", rows[1].as_str()], "{rows:?}");
        assert!(rows[1].starts_with("Hello Telemática"), "{rows:?}");
    }
    peer.figures()
        .await
        .until("only the page's two watches are left", |figures| {
            figures.open == 2
        })
        .await;

    page.fill("[data-option=deadline]", "10000").await;
    page.click("[data-card=unary] [data-action=send]").await;
    page.status("unary", "0").await;
}

#[tokio::test]
async fn a_button_that_does_nothing_now_says_why() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    let finish = page.find("[data-card=client] [data-action=finish]").await;
    assert_eq!(
        finish.attr("aria-disabled").await.unwrap().as_deref(),
        Some("true")
    );
    let title = finish.attr("title").await.unwrap().unwrap();
    assert_says(&title, &["Nothing is open", "Send opens the call"]);
    let why = "[data-card=client] .why:not([hidden])";
    assert_eq!(
        page.is(&format!("document.querySelector('{why}')")).await,
        Value::Null
    );
    finish.click().await.unwrap();
    assert_eq!(
        page.text(why).await,
        title,
        "pressed in vain, it says so for all to see"
    );
}

#[tokio::test]
async fn a_message_the_peer_would_not_take_stays_here_on_both_roads() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    assert_eq!(
        page.text("[data-max-message-bytes]").await,
        "Messages up to 4 MiB"
    );
    for card in ["unary", "bidi"] {
        page.paste(&format!("[data-card={card}] [data-field=name]"), 20 * 1024 * 1024)
            .await;
        page.click(&format!("[data-card={card}] [data-action=send]"))
            .await;
        let too_large = sentence(&page, card, "8").await;
        // The name, the greeting "Hello", and what says which is which.
        assert_says(&too_large, &["20,971,532 bytes", "at most 4,194,304"]);
        let rows = page.rows(card).await;
        assert_eq!(rows.len(), 1, "nothing crossed but the end: {rows:?}");
        page.find("[data-presence=here]").await;

        // Pasted, too: to take away so many letters by keys lasts.
        page.paste(&format!("[data-card={card}] [data-field=name]"), 3)
            .await;
        page.click(&format!("[data-card={card}] [data-action=send]"))
            .await;
        page.until(&format!(
            "document.querySelector('[data-card={card}] .sequence li.received')"
        ))
        .await;
    }
}

#[tokio::test]
async fn a_peer_that_takes_more_is_sent_more_and_answers_as_much() {
    let peer = TestPeer::start(&["--max-message-bytes", "16777216"]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    page.until("document.querySelector('[data-max-message-bytes]').textContent == 'Messages up to 16 MiB'")
        .await;
    page.fill("[data-option=count]", "1").await;
    for card in ["unary", "server", "client", "bidi"] {
        page.paste(&format!("[data-card={card}] [data-field=name]"), 6 * 1024 * 1024)
            .await;
        page.click(&format!("[data-card={card}] [data-action=send]"))
            .await;
        if let "client" | "bidi" = card {
            page.click(&format!("[data-card={card}] [data-action=finish]"))
                .await;
        }
        page.status(card, "0").await;
        let received = format!(
            "document.querySelectorAll('[data-card={card}] .sequence li.received:not(.is-end)').length"
        );
        assert_eq!(page.is(&received).await, 1, "{card}");
    }
    page.click("[data-language=es]").await;
    assert_eq!(
        page.text("[data-max-message-bytes]").await,
        "Mensajes de hasta 16 MiB"
    );
}
