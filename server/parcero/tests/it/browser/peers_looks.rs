//! How the view Peers looks, reads and is used without a mouse.

use serde_json::json;
use thirtyfour::prelude::*;

use super::{
    looks::{axe, check_everywhere},
    page::Page,
};
use crate::support::{
    TestPeer,
    network::{about, is_there},
};

/// The page of a peer with a friend, a stranger that asks to be friends, one that is away and one that is blocked.
struct Company {
    medellin: TestPeer,
    _others: Vec<TestPeer>,
    page: Page,
}

async fn company() -> Option<Company> {
    let medellin = TestPeer::start(&["--name", "medellin"]);
    let own = medellin.key().await;
    let mut others: Vec<TestPeer> = [
        "cali",
        "bogota",
        "a-peer-with-quite-a-long-name-of-its-own",
        "lima",
    ]
    .iter()
    .map(|name| TestPeer::start(&["--name", name]))
    .collect();
    medellin.befriends(&others[0]).await;
    for peer in &others[1..] {
        peer.knows(&medellin).await;
        peer.sees(&own, is_there).await;
    }
    others[1].network().await.ask_friend(about(&own)).await.unwrap();
    let blocked = others[3].key().await;
    medellin.sees(&blocked, is_there).await;
    medellin
        .network()
        .await
        .block_peer(about(&blocked))
        .await
        .unwrap();
    let away = others.remove(2);
    let gone = away.key().await;
    medellin.sees(&gone, is_there).await;
    away.kill();
    let page = Page::open(&medellin).await?;
    page.click("[data-view=peers]").await;
    page.find("[data-request]").await;
    page.find(&format!("[data-peer=\"{gone}\"][data-state=away]"))
        .await;
    page.find("[data-peer][data-relation=blocked]").await;
    Some(Company {
        medellin,
        _others: others,
        page,
    })
}

/// Opens the details of a friend, with a ping, a diagnosis, and a question.
async fn open_details(page: &Page) {
    page.click("[data-relation=friend] [data-action=show]").await;
    page.click("[data-relation=friend] [data-action=ping]").await;
    page.click("[data-relation=friend] [data-action=diagnose]").await;
    page.find("[data-relation=friend] [data-next]").await;
    page.click("[data-relation=friend] .deeds [data-action=remove]")
        .await;
    page.find("[data-action=yes]").await;
}

async fn invite(page: &Page) {
    page.click("[data-action=invite]").await;
    page.click("[data-action=make]").await;
    page.find("[data-qr]").await;
    page.find("[data-invitation]").await;
}

#[tokio::test]
async fn axe_finds_nothing_in_any_state_of_the_peers() {
    let Some(axe) = axe() else {
        return;
    };
    let Some(Company {
        medellin,
        _others,
        page,
    }) = company().await
    else {
        return;
    };
    page.run(&axe).await;
    check_everywhere(&page, "a friend, a request, one away and one blocked").await;
    open_details(&page).await;
    check_everywhere(&page, "details").await;
    page.click("[data-state=away] [data-action=show]").await;
    page.click("[data-state=away] [data-action=diagnose]").await;
    page.find("[data-mark=failed]").await;
    check_everywhere(&page, "a diagnosis that failed").await;

    invite(&page).await;
    check_everywhere(&page, "an invitation").await;
    let ticket = page.text("[data-snippet=ticket] pre").await;
    page.click("[data-action=close-invite]").await;
    for text in [ticket.as_str(), "parceronothing"] {
        page.run(&format!("location.hash = '#join={text}'")).await;
        page.find("[data-dialog=add][open] .ticket > *:not(.muted)").await;
        check_everywhere(&page, text).await;
        page.click("[data-action=cancel-add]").await;
    }
    page.click("[data-view=hello]").await;
    check_everywhere(&page, "whom to call").await;

    page.click("[data-view=peers]").await;
    drop(medellin);
    page.find("[data-banner=gone]").await;
    check_everywhere(&page, "the peer is gone").await;
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn no_width_makes_the_peers_scroll_sideways() {
    let Some(Company {
        medellin: _medellin,
        _others,
        page,
    }) = company().await
    else {
        return;
    };
    open_details(&page).await;
    let tools = page.driver().cdp();
    for state in ["details", "invitation", "ticket"] {
        match state {
            "invitation" => invite(&page).await,
            "ticket" => {
                let ticket = page.text("[data-snippet=ticket] pre").await;
                page.click("[data-action=close-invite]").await;
                page.run(&format!("location.hash = '#join={ticket}'")).await;
                page.find("[data-ticket-of]").await;
            }
            _ => {}
        }
        for width in [1400, 1240, 980, 420, 320] {
            let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
            tools
                .send_raw("Emulation.setDeviceMetricsOverride", metrics)
                .await
                .unwrap();
            for language in ["en", "es"] {
                page.run(&format!(
                    "document.querySelector('[data-language={language}]').click()"
                ))
                .await;
                let widest = page
                    .is("Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll('dialog[open]')].map(dialog => dialog.scrollWidth > dialog.clientWidth ? 9999 : 0))")
                    .await;
                assert!(
                    widest.as_u64().unwrap() <= width,
                    "{state}, {language} at {width}: {widest}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_friend_is_added_and_greeted_with_the_keyboard_alone() {
    let (medellin, cali) = (TestPeer::start(&[]), TestPeer::start(&["--name", "cali"]));
    let ticket = cali.invitation().await.ticket;
    let Some(page) = Page::open(&medellin).await else {
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
    let tab_to = async |selector: &str| {
        // More than there are stops on the page.
        for _ in 0..60 {
            let focused = page
                .is(&format!("document.activeElement.matches('{selector}')"))
                .await;
            if focused == true {
                return;
            }
            press(&Key::Tab.value().to_string()).await;
        }
        panic!("no Tab leads to {selector}");
    };
    press("2").await;
    page.until(
        "document.querySelector('[data-view=peers][aria-current]') && document.activeElement.id == 'main'",
    )
    .await;
    tab_to("[data-action=add-friend]").await;
    press(&Key::Enter.value().to_string()).await;
    tab_to("[data-field=ticket]").await;
    press(&ticket).await;
    page.find("[data-ticket-of]").await;
    tab_to("[data-action=add]").await;
    press(&Key::Enter.value().to_string()).await;
    page.find("[data-peer][data-relation=friend][data-state=here]")
        .await;
    tab_to("[data-action=say-hello]").await;
    press(&Key::Enter.value().to_string()).await;
    page.until("document.querySelector('[data-view=hello][aria-current]')")
        .await;
    press("2").await;
    page.until("document.querySelector('[data-view=peers][aria-current]')")
        .await;
    press("1").await;
    page.until("document.querySelector('[data-view=hello][aria-current]')")
        .await;
    assert_ne!(
        page.is("document.querySelector('[data-option=target]').value")
            .await,
        ""
    );
}

#[tokio::test]
async fn whoever_wants_less_motion_gets_none_among_the_peers() {
    let (medellin, cali) = (TestPeer::start(&[]), TestPeer::start(&[]));
    medellin.befriends(&cali).await;
    let Some(page) = Page::blank(&["--force-prefers-reduced-motion"]).await else {
        return;
    };
    page.goto(&format!("{}/#peers", medellin.url)).await;
    page.find("[data-peer][data-state=here]").await;
    assert_eq!(page.is("document.getAnimations().length").await, 0);
}
