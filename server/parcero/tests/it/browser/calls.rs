//! The four kinds of call, made by clicks and keys.

use serde_json::json;
use thirtyfour::prelude::*;

use super::page::Page;
use crate::support::TestPeer;

#[tokio::test]
async fn each_of_the_four_kinds_is_made_by_clicks_and_drawn_as_it_crosses() {
    let peer = TestPeer::start(&["--name", "medellin"]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };

    for card in ["unary", "server", "client", "bidi"] {
        page.fill(&format!("[data-card={card}] [data-field=greeting]"), "Hola")
            .await;
        page.fill(&format!("[data-card={card}] [data-field=name]"), "Sofía")
            .await;
    }
    page.click("[data-card=unary] [data-action=send]").await;
    page.status("unary", "0").await;
    assert_eq!(page.rows("unary").await, ["Hola Sofía", "Hola Sofía", "0 OK"]);

    page.fill("[data-option=interval]", "150").await;
    page.fill("[data-option=count]", "3").await;
    page.click("[data-card=server] [data-action=send]").await;
    // Drawn as it comes: the first is there while the call still receives.
    page.until("document.querySelectorAll('[data-card=server] .sequence li.received').length >= 1")
        .await;
    page.status("server", "0").await;
    assert_eq!(
        page.rows("server").await,
        [
            "Hola Sofía",
            "Hola Sofía 1",
            "Hola Sofía 2",
            "Hola Sofía 3",
            "0 OK"
        ]
    );
    page.fill("[data-option=interval]", "").await;
    page.fill("[data-option=count]", "").await;

    page.click("[data-card=client] [data-action=send]").await;
    page.fill("[data-card=client] [data-field=name]", "Ana").await;
    page.driver()
        .active_element()
        .await
        .unwrap()
        .send_keys(Key::Enter)
        .await
        .unwrap();
    page.click("[data-card=client] [data-action=finish]").await;
    page.status("client", "0").await;
    let rows = page.rows("client").await;
    assert_eq!(rows[..2], ["Hola Sofía", "Hola Ana"], "{rows:?}");
    assert!(
        rows[3].starts_with("You have sent 2 messages. Please expect a delayed response."),
        "{rows:?}"
    );

    page.click("[data-card=bidi] [data-action=send]").await;
    page.until("document.querySelectorAll('[data-card=bidi] .sequence li.received').length == 1")
        .await;
    page.click("[data-card=bidi] [data-action=send]").await;
    page.until("document.querySelectorAll('[data-card=bidi] .sequence li.received').length == 2")
        .await;
    page.status("bidi", "open").await;
    page.click("[data-card=bidi] [data-action=finish]").await;
    page.status("bidi", "0").await;
    let rows = page.rows("bidi").await;
    assert_eq!(
        rows[..4],
        ["Hola Sofía", "Hola Sofía", "Hola Sofía", "Hola Sofía"],
        "{rows:?}"
    );
    assert!(
        page.text("[data-card=bidi] [data-figures]")
            .await
            .contains("median round trip")
    );
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn run_all_four_plays_every_card() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    page.fill("[data-option=interval]", "20").await;
    page.click("[data-action=run-all]").await;
    for card in ["unary", "server", "client", "bidi"] {
        page.status(card, "0").await;
        assert!(page.rows(card).await.len() >= 3, "{card}");
    }
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn cancel_reaches_the_handler_on_both_roads() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    let mut figures = peer.figures().await;
    for (card, cancelled) in [("server", 1), ("bidi", 2)] {
        page.click(&format!("[data-card={card}] [data-action=send]"))
            .await;
        page.until(&format!(
            "document.querySelector('[data-card={card}] .sequence li.received')"
        ))
        .await;
        page.click(&format!("[data-card={card}] [data-action=cancel]"))
            .await;
        figures
            .until("one more cancelled", |figures| figures.cancelled == cancelled)
            .await;
        page.status(card, "1").await;
    }
}

#[tokio::test]
async fn rows_of_metadata_are_sent_with_calls_on_both_roads() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    page.click("[data-action=add-metadata]").await;
    page.fill("[data-field=metadata-key]", "X-City").await;
    page.fill("[data-field=metadata-value]", "Medellin 4").await;
    // The fields are metadata as well, which the peer follows.
    page.fill("[data-option=count]", "2").await;
    page.fill("[data-option=interval]", "0").await;
    page.click("[data-card=server] [data-action=send]").await;
    page.click("[data-card=bidi] [data-action=send]").await;
    page.click("[data-card=bidi] [data-action=finish]").await;
    for card in ["server", "bidi"] {
        page.status(card, "0").await;
        let received = format!(
            "document.querySelectorAll('[data-card={card}] .sequence li.received:not(.is-end)').length"
        );
        assert_eq!(page.is(&received).await, 2, "{card}");
        page.click(&format!("[data-card={card}] [data-action=inspect]"))
            .await;
        page.click(&format!("[data-card={card}] [data-tab=headers]"))
            .await;
        let shown = page.text(&format!("[data-card={card}] .inspect")).await;
        assert!(
            shown.contains("x-city") && shown.contains("Medellin 4"),
            "{card}: {shown}"
        );
    }
}

#[tokio::test]
async fn inspect_shows_messages_headers_and_the_bytes_of_both_roads() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    page.fill("[data-card=unary] [data-field=name]", "Ana").await;
    page.click("[data-card=unary] [data-action=send]").await;
    page.fill("[data-card=bidi] [data-field=name]", "Ana").await;
    page.click("[data-card=bidi] [data-action=send]").await;
    page.until("document.querySelector('[data-card=bidi] .sequence li.received')")
        .await;
    page.click("[data-card=bidi] [data-action=finish]").await;
    for card in ["unary", "bidi"] {
        page.status(card, "0").await;
        page.click(&format!("[data-card={card}] [data-action=inspect]"))
            .await;
        page.click(&format!("[data-card={card}] [data-tab=wire]")).await;
        let shown = page.text(&format!("[data-card={card}] .inspect")).await;
        let hex: String = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        // HelloRequest { name: "Ana", greeting: "Hello" }: a prefix of 5 bytes, then the fields.
        for bytes in ["00 00 00 0c", "41 6e 61", "48 65 6c 6c 6f", "00 00 00 0b"] {
            assert!(hex.contains(bytes), "{card}: {bytes} is not in {hex}");
        }
        // A socket carries the headers as text, and a byte that says what follows.
        for bytes in ["63 6f 6e 74 65 6e 74 2d 74 79 70 65", "01 WebSocket"] {
            assert_eq!(hex.contains(bytes), card == "bidi", "{card}: {bytes} in {hex}");
        }
        page.click(&format!("[data-card={card}] [data-tab=headers]"))
            .await;
        let shown = page.text(&format!("[data-card={card}] .inspect")).await;
        assert!(
            shown.contains("grpc-status") && shown.contains("content-type"),
            "{shown}"
        );
        assert!(shown.contains("0 OK — The call went well."), "{shown}");
        page.click(&format!("[data-card={card}] [data-tab=messages]"))
            .await;
        assert!(
            page.text(&format!("[data-card={card}] .inspect"))
                .await
                .contains("Hello Ana")
        );
    }
    // A call that was cancelled has no trailers, and says so.
    page.click("[data-card=server] [data-action=send]").await;
    page.find("[data-card=server] .sequence li.received").await;
    page.click("[data-card=server] [data-action=cancel]").await;
    page.status("server", "1").await;
    page.click("[data-card=server] [data-action=inspect]").await;
    page.click("[data-card=server] [data-tab=headers]").await;
    let shown = page.text("[data-card=server] .inspect").await;
    let shown: Vec<_> = shown.split_whitespace().collect();
    let shown = shown.join(" ");
    assert!(
        shown.contains("Trailers no trailers Status 1 CANCELLED — You cancelled this call."),
        "{shown}"
    );
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn a_flood_leaves_the_page_alive_and_keeps_the_last_thousand() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    page.fill("[data-option=interval]", "0").await;
    page.fill("[data-option=count]", "100000").await;
    page.click("[data-card=server] [data-action=send]").await;
    page.click("[data-card=unary] [data-action=send]").await;
    page.status("unary", "0").await;
    page.status("server", "0").await;
    page.until("document.querySelectorAll('[data-card=server] .sequence li').length <= 1000")
        .await;
    assert!(
        page.text("[data-card=server] [data-kept]")
            .await
            .contains("1,000")
    );
    for _ in 0..5 {
        page.click("[data-card=server] [data-action=send]").await;
        page.until("document.querySelector('[data-card=server] .sequence li.received')")
            .await;
        if page
            .is("document.querySelector('[data-card=server] [data-action=cancel]').ariaDisabled")
            .await
            != "true"
        {
            page.click("[data-card=server] [data-action=cancel]").await;
        }
    }
    page.click("[data-card=unary] [data-action=send]").await;
    page.status("unary", "0").await;
}

#[tokio::test]
async fn the_diagram_follows_its_end_until_one_scrolls_up_however_high_its_rows_are() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    let phone = json!({ "width": 420, "height": 900, "deviceScaleFactor": 1, "mobile": false });
    page.driver()
        .cdp()
        .send_raw("Emulation.setDeviceMetricsOverride", phone)
        .await
        .unwrap();
    let long = "a quite long name that needs more than a single line in the picture so it wraps around";
    for card in ["server", "bidi"] {
        page.fill(&format!("[data-card={card}] [data-field=name]"), long)
            .await;
    }
    page.fill("[data-option=interval]", "20").await;
    page.fill("[data-option=count]", "40").await;
    // The last row is in the picture, and nothing says that there is more.
    let is_at_end = |card: &str| {
        format!(
            "(() => {{
                const card = document.querySelector('[data-card={card}]');
                const [last] = [...card.querySelectorAll('.sequence li')].slice(-1);
                const [row, picture] = [last, card.querySelector('.sequence')].map(part => part.getBoundingClientRect());
                return row.height > 40 && row.top >= picture.top && row.bottom <= picture.bottom + 1
                    && !card.querySelector('[data-action=follow]');
            }})()"
        )
    };
    let is_end_in_sight = |card: &str| is_at_end(card).replace("row.height > 40", "last.matches('.is-end')");
    page.click("[data-card=server] [data-action=send]").await;
    page.status("server", "0").await;
    page.until(&is_end_in_sight("server")).await;

    // One's own row is shown, wherever one has scrolled to.
    page.click("[data-card=bidi] [data-action=send]").await;
    page.until("document.querySelectorAll('[data-card=bidi] .sequence li').length >= 80")
        .await;
    page.until(&is_at_end("bidi")).await;
    page.run("document.querySelector('[data-card=bidi] .sequence').scrollTop = 0")
        .await;
    page.fill("[data-option=count]", "1").await;
    page.fill("[data-option=interval]", "").await;
    page.click("[data-card=bidi] [data-action=send]").await;
    page.until("document.querySelectorAll('[data-card=bidi] .sequence li').length == 82")
        .await;
    page.until(&is_at_end("bidi")).await;

    // Whoever scrolls up stays there: the end of the call is one more row, and is not shown until it is asked for.
    page.run("document.querySelector('[data-card=bidi] .sequence').scrollTop = 0")
        .await;
    page.click("[data-card=bidi] [data-action=finish]").await;
    page.status("bidi", "0").await;
    page.click("[data-card=bidi] [data-action=follow]").await;
    page.until(&is_end_in_sight("bidi")).await;
}

#[tokio::test]
async fn text_from_outside_is_only_ever_text() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    let hostile = "<img src=x onerror='window.hacked=1'>\u{202e}abc";
    page.fill("[data-card=unary] [data-field=name]", hostile).await;
    page.click("[data-card=unary] [data-action=send]").await;
    page.status("unary", "0").await;
    page.click("[data-card=unary] [data-action=inspect]").await;
    for tab in ["messages", "headers", "wire", "copy"] {
        page.click(&format!("[data-card=unary] [data-tab={tab}]")).await;
    }
    assert_eq!(page.is("window.hacked ?? null").await, serde_json::Value::Null);
    assert_eq!(page.is("document.images.length").await, 0);
    assert!(page.rows("unary").await[1].contains("<img src=x"));
    assert!(
        page.rows("unary").await[1].contains("‹U+202E›"),
        "a bidi control is written out"
    );
    page.assert_kept_to_itself().await;
}
