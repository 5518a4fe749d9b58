//! How the page looks, reads and is used without a mouse.

use std::{env, path::Path};

use thirtyfour::prelude::*;

use super::page::Page;
use crate::support::TestPeer;

#[tokio::test]
async fn the_page_speaks_two_languages_and_has_three_themes_and_remembers() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    page.click("[data-language=es]").await;
    page.until("document.documentElement.lang == 'es-CO' || document.documentElement.lang == 'es'")
        .await;
    assert_eq!(page.text("[data-card=unary] [data-action=send]").await, "Enviar");
    let background = "getComputedStyle(document.documentElement).backgroundColor";
    page.click("[data-theme-choice=light]").await;
    let light = page.is(background).await;
    page.click("[data-theme-choice=dark]").await;
    page.until(&format!("{background} != {light}")).await;
    let dark = page.is(background).await;
    page.driver().refresh().await.unwrap();
    page.settled().await;
    assert_eq!(page.text("[data-card=unary] [data-action=send]").await, "Enviar");
    assert_eq!(page.is(background).await, dark);
    page.click("[data-theme-choice=system]").await;
    for (scheme, colour) in [("light", &light), ("dark", &dark), ("light", &light)] {
        let media = serde_json::json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        let tools = page.driver().cdp();
        tools.send_raw("Emulation.setEmulatedMedia", media).await.unwrap();
        page.until(&format!("{background} == {colour}")).await;
    }
    page.click("[data-language=en]").await;
    page.until("document.documentElement.lang.startsWith('en')").await;
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn a_call_is_made_with_the_keyboard_alone() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    let press = async |keys: &str| {
        page.driver()
            .action_chain()
            .send_keys(keys)
            .perform()
            .await
            .unwrap();
    };
    press("?").await;
    page.until("document.querySelector('dialog[open]')").await;
    press(&Key::Escape.value().to_string()).await;
    page.until("!document.querySelector('dialog[open]')").await;
    press("/").await;
    page.until("document.activeElement.matches('[data-field]')").await;
    // In a field, keys are text.
    press("?1/").await;
    assert_eq!(
        page.is("document.querySelector('dialog[open]')").await,
        serde_json::Value::Null
    );
    assert!(
        page.is("document.activeElement.value")
            .await
            .as_str()
            .unwrap()
            .contains("?1/")
    );
    press(&Key::Enter.value().to_string()).await;
    page.status("unary", "0").await;
}

#[tokio::test]
async fn a_whole_stream_is_sent_and_inspected_with_the_keyboard_alone() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    let press = async |key: Key| {
        let keys = page.driver().action_chain();
        keys.send_keys(key).perform().await.unwrap();
    };
    let tab_to = async |selector: &str| {
        // More than there are stops on the page.
        for _ in 0..100 {
            if page
                .is(&format!("document.activeElement.matches('{selector}')"))
                .await
                == true
            {
                return;
            }
            press(Key::Tab).await;
        }
        panic!("no Tab leads to {selector}");
    };
    for card in ["client", "bidi"] {
        let part = |part: &str| format!("[data-card={card}] {part}");
        tab_to(&part("[data-field=name]")).await;
        press(Key::Enter).await;
        press(Key::Enter).await;
        page.until(&format!(
            "document.querySelectorAll('{}').length == 2",
            part(".sequence li.sent")
        ))
        .await;
        page.status(card, "open").await;
        tab_to(&part("[data-action=finish]")).await;
        press(Key::Enter).await;
        page.status(card, "0").await;
        tab_to(&part("[data-action=inspect]")).await;
        press(Key::Enter).await;
        tab_to(&part("[data-tab=messages]")).await;
        press(Key::Right).await;
        press(Key::Right).await;
        page.until(&format!(
            "document.activeElement.matches('{}')",
            part("[data-tab=wire][aria-selected=true]")
        ))
        .await;
    }
    // On a button a key is a shortcut: 1 is this view.
    page.driver()
        .action_chain()
        .send_keys("1")
        .perform()
        .await
        .unwrap();
    page.until("document.activeElement.id == 'main'").await;
}

#[tokio::test]
async fn no_width_makes_the_page_scroll_sideways() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    page.fill("[data-option=interval]", "0").await;
    page.click("[data-action=run-all]").await;
    for card in ["unary", "server", "client", "bidi"] {
        page.status(card, "0").await;
        page.click(&format!("[data-card={card}] [data-action=inspect]"))
            .await;
        page.click(&format!("[data-card={card}] [data-tab=wire]")).await;
    }
    let tools = page.driver().cdp();
    for width in [1400, 980, 420, 320] {
        let metrics =
            serde_json::json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        tools
            .send_raw("Emulation.setDeviceMetricsOverride", metrics)
            .await
            .unwrap();
        for language in ["en", "es"] {
            page.run(&format!(
                "document.querySelector('[data-language={language}]').click()"
            ))
            .await;
            let widest = page.is("document.documentElement.scrollWidth").await;
            assert!(
                widest.as_u64().unwrap() <= width,
                "{language} at {width}: {widest}"
            );
        }
    }
    // Another view begins at its top, however far down one was.
    let low = serde_json::json!({ "width": 320, "height": 300, "deviceScaleFactor": 1, "mobile": false });
    tools
        .send_raw("Emulation.setDeviceMetricsOverride", low)
        .await
        .unwrap();
    page.run("window.scrollTo(0, 100_000)").await;
    let peers = page.find("[data-view=peers]").await;
    peers.click().await.unwrap();
    page.find("[data-summary]").await;
    page.until("document.documentElement.scrollHeight > innerHeight && scrollY == 0")
        .await;
}

#[tokio::test]
async fn back_and_forward_lead_through_the_views_to_the_address_that_named_none() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    let shows = async |view: &str, hash: &str| {
        page.until(&format!(
            "document.querySelector('[data-view={view}][aria-current]') && location.hash == '{hash}'"
        ))
        .await;
    };
    shows("hello", "").await;
    page.click("[data-view=peers]").await;
    shows("peers", "#peers").await;
    page.driver().back().await.unwrap();
    shows("hello", "").await;
    page.driver().forward().await.unwrap();
    shows("peers", "#peers").await;
    page.click("[data-view=hello]").await;
    shows("hello", "#hello").await;
    page.driver().back().await.unwrap();
    shows("peers", "#peers").await;
    // The way past the views is part of one of them.
    page.run("document.querySelector('.skip').click()").await;
    shows("peers", "#main").await;
    page.driver().back().await.unwrap();
    page.driver().back().await.unwrap();
    shows("hello", "").await;
}

#[tokio::test]
async fn whoever_wants_less_motion_gets_none() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::blank(&["--force-prefers-reduced-motion"]).await else {
        return;
    };
    page.goto(&format!("{}/", peer.url)).await;
    page.click("[data-card=bidi] [data-action=send]").await;
    page.status("bidi", "open").await;
    assert_eq!(
        page.is("matchMedia('(prefers-reduced-motion: reduce)').matches")
            .await,
        true
    );
    assert_eq!(page.is("document.getAnimations().length").await, 0);
}

#[tokio::test]
async fn axe_finds_nothing_in_any_state_language_or_theme() {
    let Some(axe) = axe() else {
        return;
    };
    let peer = TestPeer::start(&["--max-message-bytes", "1000"]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    page.run(&axe).await;
    check_everywhere(&page, "idle").await;

    page.fill("[data-option=interval]", "60000").await;
    page.click("[data-card=server] [data-action=send]").await;
    page.fill("[data-option=interval]", "").await;
    page.click("[data-card=bidi] [data-action=send]").await;
    page.until("document.querySelector('[data-card=bidi] .sequence li.received')")
        .await;
    page.click("[data-card=client] [data-action=send]").await;
    page.click("[data-card=client] [data-action=finish]").await;
    page.fill("[data-card=unary] [data-field=name]", &"x".repeat(1001))
        .await;
    page.click("[data-card=unary] [data-action=send]").await;
    page.status("unary", "8").await;
    page.click("[data-action=add-metadata]").await;
    page.fill("[data-field=metadata-key]", "grpc-bad").await;
    check_everywhere(&page, "live, finished and failed, with options").await;
    page.click("[data-action=remove-metadata]").await;

    page.click("[data-card=bidi] [data-action=inspect]").await;
    for tab in ["messages", "headers", "wire", "copy"] {
        page.click(&format!("[data-card=bidi] [data-tab={tab}]")).await;
        check_everywhere(&page, tab).await;
    }
    page.click("[data-action=keys]").await;
    page.until("document.querySelector('dialog[open]')").await;
    check_everywhere(&page, "keys").await;
    page.click("[data-action=close-keys]").await;

    drop(peer);
    page.until("document.querySelector('[data-banner=gone]')").await;
    check_everywhere(&page, "banner").await;
}

/// The script that finds what stands in somebody's way. None, and loudly, where it is not installed.
pub(super) fn axe() -> Option<String> {
    let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/node_modules/axe-core/axe.min.js");
    let Ok(axe) = std::fs::read_to_string(axe) else {
        let how = "axe-core is missing: npm ci --prefix server/parcero/tests/browser";
        assert!(env::var_os("PARCERO_REQUIRE_ALL").is_none(), "{how}");
        eprintln!("!! SKIPPED: {how}");
        return None;
    };
    Some(axe)
}

/// Checks a state in both languages and both themes.
pub(super) async fn check_everywhere(page: &Page, state: &str) {
    for language in ["en", "es"] {
        for theme in ["light", "dark"] {
            // By script: an open dialog covers the switches.
            let choose = format!(
                "document.querySelector('[data-language={language}]').click();
                 document.querySelector('[data-theme-choice={theme}]').click();"
            );
            page.run(&choose).await;
            let found = page
                .driver()
                .execute_async(
                    "const done = arguments[arguments.length - 1];
                     document.getAnimations().forEach(each => each.effect.getComputedTiming().endTime < 1e4 && each.finish());
                     Promise.resolve().then(() => axe.run()).then(
                             result => done(result.violations.map(each => each.id + ': ' + each.nodes.map(node => node.html + ' ' + node.failureSummary).join('; '))),
                             error => done(['axe failed: ' + error]));",
                    Vec::new(),
                )
                .await
                .unwrap();
            assert_eq!(
                found.json(),
                &serde_json::json!([]),
                "{state}, {language}, {theme}"
            );
        }
    }
}
