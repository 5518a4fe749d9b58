//! Somebody with the name of a friend and another key: wherever that peer is shown, that is said.

use super::{
    looks::{axe, check_everywhere},
    page::Page,
};
use crate::support::{TestPeer, network::is_there};

// S19: a known name with another key.
#[tokio::test]
async fn a_known_name_with_another_key_is_a_warning_wherever_that_peer_is_shown_and_before_its_ticket_is_used()
 {
    let (medellin, cali) = (TestPeer::start(&[]), TestPeer::start(&["--name", "cali"]));
    let double = TestPeer::start(&["--name", "cali"]);
    medellin.befriends(&cali).await;
    double.knows(&medellin).await;
    let (friend, other) = (cali.key().await, double.key().await);
    medellin.sees(&friend, is_there).await;
    medellin
        .sees(&other, |other| is_there(other) && other.name_has_another_key)
        .await;
    let (Some(page), Some(axe)) = (Page::open(&medellin).await, axe()) else {
        return;
    };
    page.run(&axe).await;
    for (language, words) in [
        ("en", "known name, another key"),
        ("es", "nombre conocido, otra clave"),
    ] {
        page.click(&format!("[data-language={language}]")).await;
        page.click("[data-view=peers]").await;
        let row = page
            .text(&format!("[data-peer=\"{other}\"] .peer-row [data-doubtful]"))
            .await;
        assert_eq!(row.trim(), words);
        page.find(&format!("[data-peer=\"{other}\"] .peer-row [data-doubtful] svg"))
            .await;
        // Nobody has to open anything.
        page.until("!document.querySelector('.peer-more')").await;
        let drawn = page
            .is(&format!(
                "document.querySelector('[data-node=\"{other}\"][data-doubtful]').textContent"
            ))
            .await;
        assert!(drawn.as_str().unwrap().contains(words), "{drawn}");
        page.find(&format!("[data-node=\"{other}\"] .warning")).await;
        page.find(&format!("[data-peer=\"{friend}\"]")).await;
        for of_friend in [
            "[data-peer=\"ID\"] [data-doubtful]",
            "[data-node=\"ID\"][data-doubtful]",
        ] {
            page.until(&format!(
                "!document.querySelector('{}')",
                of_friend.replace("ID", &friend)
            ))
            .await;
        }
        page.click("[data-view=hello]").await;
        let option = |id: &str| {
            format!("document.querySelector('[data-option=target] option[value=\"{id}\"]').textContent")
        };
        let choice = page.is(&option(&other)).await;
        assert!(
            choice.as_str().unwrap().starts_with(&format!("cali · ⚠ {words}")),
            "{choice}"
        );
        let choice = page.is(&option(&friend)).await;
        assert!(!choice.as_str().unwrap().contains('⚠'), "{choice}");
    }
    page.click("[data-language=en]").await;
    // Whoever adds it by a ticket is told so before.
    for (ticket, is_doubtful) in [
        (double.invitation().await.ticket, true),
        (cali.invitation().await.ticket, false),
    ] {
        page.run(&format!("location.hash = '#join={ticket}'")).await;
        page.find("[data-dialog=add][open] [data-ticket-of]").await;
        let warning = page
            .is("document.querySelector('[data-ticket-of] .wrong[data-doubtful]')?.textContent ?? ''")
            .await;
        assert_eq!(
            warning.as_str().unwrap().contains("it has another key"),
            is_doubtful
        );
        if is_doubtful {
            check_everywhere(&page, "a ticket of a namesake").await;
        }
        page.click("[data-action=cancel-add]").await;
    }
    page.click("[data-view=hello]").await;
    check_everywhere(&page, "whom to call, with a namesake").await;
    page.click("[data-view=peers]").await;
    check_everywhere(&page, "a namesake of a friend").await;
    page.assert_kept_to_itself().await;
}
