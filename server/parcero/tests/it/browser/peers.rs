//! The view Peers: who is there, making friends, and what is done with a peer.

use contract::{
    greet::HelloRequest,
    parcero::v1::{ListPeersRequest, PeerInfo, Relation},
};
use qrcode::{Color, EcLevel, QrCode};
use serde_json::json;
use tonic::Request;

use super::page::Page;
use crate::support::{
    TestPeer,
    network::{about, is_there},
};

/// The selector of what belongs to a peer in the table.
fn of(id: &str, part: &str) -> String {
    format!("[data-peer=\"{id}\"] {part}")
}

fn row(id: &str, attributes: &str) -> String {
    format!("document.querySelector('[data-peer=\"{id}\"]{attributes}')")
}

/// Opens the view Peers of `peer`.
async fn open(peer: &TestPeer) -> Option<Page> {
    let page = Page::open(peer).await?;
    page.click("[data-view=peers]").await;
    page.find("[data-summary]").await;
    Some(page)
}

/// A text in a field, as pasting puts it there.
async fn paste(page: &Page, selector: &str, text: &str) {
    page.find(selector).await;
    page.run(&format!(
        "const field = document.querySelector({});
         field.value = {};
         field.dispatchEvent(new InputEvent('input', {{ bubbles: true }}));",
        json!(selector),
        json!(text)
    ))
    .await;
}

/// Whom a peer knows.
async fn listed(peer: &TestPeer) -> Vec<PeerInfo> {
    let list = peer.network().await.list_peers(ListPeersRequest {}).await;
    list.unwrap().into_inner().peers
}

/// Which modules a drawing of so many on a side paints: runs like `M3 0h7v1h-7z`, seven to the right from 3 in the first row.
fn modules(drawing: &str, side: usize) -> Vec<bool> {
    let mut painted = vec![false; side * side];
    for run in drawing.split_terminator('z') {
        let (start, size) = run.strip_prefix('M').unwrap().split_once('h').unwrap();
        let (column, row) = start.split_once(' ').unwrap();
        let (width, back) = size.split_once("v1h-").unwrap();
        assert_eq!(width, back, "{run}");
        let first = row.parse::<usize>().unwrap() * side + column.parse::<usize>().unwrap();
        painted[first..first + width.parse::<usize>().unwrap()].fill(true);
    }
    painted
}

fn is_friend(peer: &PeerInfo) -> bool {
    peer.relation() == Relation::Friend
}

#[tokio::test]
async fn friends_and_strangers_are_drawn_and_told_apart_in_words() {
    let medellin = TestPeer::start(&["--name", "medellin"]);
    let (bogota, cali) = (
        TestPeer::start(&["--name", "<b>bogota</b>"]),
        TestPeer::start(&["--name", "cali"]),
    );
    medellin.befriends(&bogota).await;
    medellin.knows(&cali).await;
    bogota.knows(&cali).await;
    let (bogota, cali) = (bogota.key().await, cali.key().await);
    let Some(page) = open(&medellin).await else {
        return;
    };
    page.until(&row(&bogota, "[data-relation=friend][data-state=here]"))
        .await;
    page.until(&row(&cali, "[data-relation=stranger][data-state=here]"))
        .await;
    let words = page.text(&of(&bogota, ".peer-row")).await;
    for word in [
        "<b>bogota</b>",
        "friend",
        "here",
        "this network",
        " ms",
        "now",
        &bogota[..4],
        &bogota[60..],
    ] {
        assert!(words.contains(word), "{word:?} is not in {words:?}");
    }
    assert!(page.text(&of(&cali, ".peer-row")).await.contains("stranger"));
    // What went there and came back is counted, and of nobody else.
    let cell = |id| {
        format!(
            "document.querySelector('{}').textContent",
            of(id, "[data-label=\"Received / sent\"]")
        )
    };
    let mut request = Request::new(HelloRequest {
        name: "n".repeat(1_000_000),
        greeting: String::new(),
    });
    request
        .metadata_mut()
        .insert("parcero-peer", bogota.parse().unwrap());
    medellin.greeter().await.only_response(request).await.unwrap();
    page.until(&format!(
        "{}.match(/^1(\\.\\d)?\\sMB.*\\s1(\\.\\d)?\\sMB$/)",
        cell(&bogota)
    ))
    .await;
    page.until(&format!("{}.match(/^\\d.*\\skB.*\\s\\d.*\\skB$/)", cell(&cali)))
        .await;
    assert!(page.text("[data-summary]").await.starts_with("2 of 2 reachable."));
    for id in [&bogota, &cali] {
        page.find(&format!("[data-node=\"{id}\"]")).await;
    }
    page.until("document.querySelectorAll('[data-line=lan]').length == 2")
        .await;
    page.until("document.querySelectorAll('[data-line=knows]').length == 1")
        .await;
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn a_peer_that_dies_is_shown_as_away_and_returns_by_itself() {
    let (medellin, cali) = (TestPeer::start(&[]), TestPeer::start(&["--name", "cali"]));
    medellin.befriends(&cali).await;
    let id = cali.key().await;
    let Some(page) = open(&medellin).await else {
        return;
    };
    page.until(&row(&id, "[data-state=here]")).await;
    let listen = cali.address().to_string();
    let folder = cali.kill();
    page.until(&row(&id, "[data-state=away]")).await;
    page.until("document.querySelector('[data-line=none]')").await;
    assert!(page.text("[data-summary]").await.starts_with("0 of 1"));
    let _cali = TestPeer::start_in(folder, &listen, &["--name", "cali"]);
    page.until(&row(&id, "[data-state=here]")).await;
}

#[tokio::test]
async fn a_pasted_ticket_shows_whose_it_is_and_makes_friends_only_when_told_so() {
    let (medellin, cali) = (TestPeer::start(&[]), TestPeer::start(&["--name", "cali"]));
    let id = cali.key().await;
    let Some(page) = open(&medellin).await else {
        return;
    };
    page.click("[data-action=add-friend]").await;
    page.fill("[data-field=ticket]", "parceronothing").await;
    page.until("document.querySelector('[data-dialog=add] .ticket .wrong')")
        .await;
    let words = page.text("[data-dialog=add] .ticket").await;
    assert!(words.contains("incomplete or mistyped"), "{words}");
    page.fill("[data-field=ticket]", "hola").await;
    page.until("document.querySelector('[data-dialog=add] .ticket').textContent.includes('is no ticket')")
        .await;
    let own = medellin.shown().await.ticket;
    paste(&page, "[data-field=ticket]", &own).await;
    page.until("document.querySelector('[data-ticket-of]')").await;
    page.until("document.querySelector('[data-action=add][aria-disabled]')")
        .await;

    let ticket = cali.invitation().await.ticket;
    paste(
        &page,
        "[data-field=ticket]",
        &format!("http://localhost:50051/#join={ticket}"),
    )
    .await;
    page.until(&format!("document.querySelector('[data-ticket-of=\"{id}\"]')"))
        .await;
    let words = page.text("[data-ticket-of]").await;
    assert!(
        words.contains(&id[..4]) && words.contains("friends at once"),
        "{words}"
    );
    assert!(
        listed(&medellin).await.is_empty(),
        "reading a ticket changes nothing"
    );
    page.fill("[data-field=friend-name]", "la sucursal").await;
    page.click("[data-action=add]").await;
    page.until(&row(&id, "[data-relation=friend]")).await;
    assert_eq!(
        page.is("document.querySelector('[data-dialog=add]').open").await,
        false
    );
    page.until(&format!(
        "document.querySelector('[data-peer=\"{id}\"] b').textContent == 'la sucursal'"
    ))
    .await;
    cali.sees(&medellin.key().await, is_friend).await;
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn a_link_with_a_ticket_asks_first_and_leaves_the_address_bar() {
    let (medellin, cali) = (TestPeer::start(&[]), TestPeer::start(&["--name", "cali"]));
    let id = cali.key().await;
    let ticket = cali.invitation().await.ticket;
    let Some(page) = Page::blank(&[]).await else {
        return;
    };
    page.goto(&format!("{}/#join={ticket}", medellin.url)).await;
    page.until(&format!(
        "document.querySelector('[data-dialog=add][open] [data-ticket-of=\"{id}\"]')"
    ))
    .await;
    assert_eq!(page.is("location.href").await, format!("{}/#peers", medellin.url));
    let fingerprint = page.text("[data-ticket-of] .fingerprint").await;
    assert_eq!(fingerprint.replace(char::is_whitespace, ""), id);
    page.click("[data-action=cancel-add]").await;
    assert!(listed(&medellin).await.is_empty(), "nobody said yes");

    // In a page that is open already, too; and what is no ticket is called so.
    page.run("location.hash = '#join=<img src=x>'").await;
    page.until("document.querySelector('[data-dialog=add][open] .ticket .wrong')")
        .await;
    assert_eq!(page.is("location.hash").await, "#peers");
    page.click("[data-action=cancel-add]").await;
    page.run(&format!("location.hash = '#join={ticket}'")).await;
    page.until("document.querySelector('[data-ticket-of]')").await;
    page.click("[data-action=add]").await;
    page.until(&row(&id, "[data-relation=friend]")).await;
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn an_invitation_is_a_ticket_a_link_and_a_code_and_can_be_taken_back() {
    let (medellin, cali, bogota) = (TestPeer::start(&[]), TestPeer::start(&[]), TestPeer::start(&[]));
    let Some(page) = open(&medellin).await else {
        return;
    };
    page.click("[data-action=invite]").await;
    page.fill("[data-field=uses]", "0").await;
    page.until("document.querySelector('[data-action=make][aria-disabled]')")
        .await;
    page.fill("[data-field=uses]", "2").await;
    page.click("[data-action=make]").await;
    let ticket = page.text("[data-snippet=ticket] pre").await;
    assert_eq!(
        page.text("[data-snippet=link] pre").await,
        format!("http://localhost:50051/#join={ticket}")
    );
    page.find("svg[data-qr] path.qr-modules").await;
    let drawn = page
        .is("document.querySelector('svg[data-qr] path.qr-modules').getAttribute('d')")
        .await;
    let code = QrCode::with_error_correction_level(ticket.to_ascii_uppercase(), EcLevel::L).unwrap();
    let dark = code.to_colors().into_iter().map(|color| color == Color::Dark);
    assert_eq!(
        modules(drawn.as_str().unwrap(), code.width()),
        dark.collect::<Vec<_>>()
    );
    assert!(is_friend(&cali.add(&ticket).await));

    page.click("[data-action=revoke]").await;
    page.until("!document.querySelector('[data-invitation]')").await;
    page.until("!document.querySelector('[data-qr]')").await;
    bogota.try_to_add(&ticket).await.unwrap_err();
    page.click("[data-action=close-invite]").await;
    page.until(&row(&cali.key().await, "[data-relation=friend]"))
        .await;
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn a_discovered_stranger_is_asked_and_waits_for_an_answer() {
    let (medellin, cali) = (TestPeer::start(&[]), TestPeer::start(&[]));
    medellin.knows(&cali).await;
    let id = cali.key().await;
    let Some(page) = open(&medellin).await else {
        return;
    };
    page.until(&row(&id, "[data-state=here]")).await;
    page.click(&of(&id, ".peer-actions [data-action=ask]")).await;
    page.until(&format!(
        "document.querySelector('[data-peer=\"{id}\"] .peer-row').innerText.includes('asked, no answer yet')"
    ))
    .await;
    let own = medellin.key().await;
    cali.sees(&own, |peer| peer.asks).await;
    cali.network().await.accept_friend(about(&own)).await.unwrap();
    page.until(&row(&id, "[data-relation=friend]")).await;
}

#[tokio::test]
async fn requests_are_counted_from_any_view_and_answered() {
    let medellin = TestPeer::start(&[]);
    let (cali, bogota) = (
        TestPeer::start(&["--name", "cali"]),
        TestPeer::start(&["--name", "bogota"]),
    );
    let own = medellin.key().await;
    let Some(page) = Page::open(&medellin).await else {
        return;
    };
    assert_eq!(page.is("document.title").await, "Hello · Parcero");
    for peer in [&cali, &bogota] {
        peer.knows(&medellin).await;
        peer.sees(&own, is_there).await;
        peer.network().await.ask_friend(about(&own)).await.unwrap();
    }
    page.until("document.querySelector('[data-view=peers][data-requests=\"2\"]')")
        .await;
    assert_eq!(page.is("document.title").await, "(2) Hello · Parcero");
    page.until("document.querySelector('[data-announcer]').textContent.includes('asks to be friends')")
        .await;

    page.click("[data-view=peers]").await;
    let (cali_id, bogota_id) = (cali.key().await, bogota.key().await);
    page.click(&format!("[data-request=\"{cali_id}\"] [data-action=accept]"))
        .await;
    page.until(&row(&cali_id, "[data-relation=friend]")).await;
    cali.sees(&own, is_friend).await;
    page.click(&format!("[data-request=\"{bogota_id}\"] [data-action=decline]"))
        .await;
    page.until("!document.querySelector('[data-request]')").await;
    page.until(&row(&bogota_id, "[data-relation=stranger]")).await;
    page.until("document.title == 'Peers · Parcero'").await;
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn a_peer_is_renamed_blocked_unblocked_parted_with_and_forgotten() {
    let (medellin, cali) = (TestPeer::start(&[]), TestPeer::start(&["--name", "cali"]));
    medellin.befriends(&cali).await;
    let (id, own) = (cali.key().await, medellin.key().await);
    cali.sees(&own, is_friend).await;
    let Some(page) = open(&medellin).await else {
        return;
    };
    page.click(&of(&id, "[data-action=show]")).await;
    page.fill(&of(&id, "[data-field=peer-name]"), "la sucursal").await;
    page.click(&of(&id, ".rename [data-action=name]")).await;
    page.until(&format!(
        "document.querySelector('[data-peer=\"{id}\"] b').textContent == 'la sucursal'"
    ))
    .await;

    page.click(&of(&id, ".deeds [data-action=block]")).await;
    let question = page.text(&of(&id, ".sure > span")).await;
    assert!(question.contains("The friendship ends"), "{question}");
    page.click(&of(&id, ".deeds [data-action=keep]")).await;
    assert!(listed(&medellin).await.iter().all(is_friend), "nobody said yes");
    page.click(&of(&id, ".deeds [data-action=block]")).await;
    page.click(&of(&id, ".deeds [data-action=yes]")).await;
    page.until(&row(&id, "[data-relation=blocked]")).await;
    page.until(&format!("!document.querySelector('[data-node=\"{id}\"]')"))
        .await;
    page.click(&of(&id, ".deeds [data-action=unblock]")).await;
    page.until(&row(&id, "[data-relation=stranger]")).await;

    medellin.befriends(&cali).await;
    page.until(&row(&id, "[data-relation=friend]")).await;
    page.click(&of(&id, ".deeds [data-action=remove]")).await;
    page.click(&of(&id, ".deeds [data-action=keep]")).await;
    page.click(&of(&id, ".deeds [data-action=remove]")).await;
    page.click(&of(&id, ".deeds [data-action=yes]")).await;
    page.until(&row(&id, "[data-relation=stranger]")).await;

    // Nobody is there to be found anew.
    cali.kill();
    page.until(&row(&id, "[data-state=away]")).await;
    page.click(&of(&id, ".deeds [data-action=forget]")).await;
    page.click(&of(&id, ".deeds [data-action=yes]")).await;
    page.until(&format!("!{}", row(&id, ""))).await;
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn a_peer_is_pinged_and_diagnosed_with_the_failed_step_and_what_to_try() {
    let (medellin, cali) = (TestPeer::start(&[]), TestPeer::start(&["--name", "cali"]));
    medellin.knows(&cali).await;
    let id = cali.key().await;
    let Some(page) = open(&medellin).await else {
        return;
    };
    page.until(&row(&id, "[data-state=here]")).await;
    page.click(&of(&id, "[data-action=show]")).await;
    page.click(&of(&id, "[data-action=ping]")).await;
    page.until(&format!(
        "document.querySelector('[data-peer=\"{id}\"] [data-outcome]').textContent.startsWith('It answered in')"
    ))
    .await;
    page.click(&of(&id, "[data-action=diagnose]")).await;
    page.until("document.querySelector('[data-next]')").await;
    assert_eq!(
        page.is("[...document.querySelectorAll('[data-step]')].map(step => step.dataset.mark)")
            .await,
        json!(["passed", "passed", "passed", "passed", "passed"])
    );
    let quotes = "document.querySelectorAll('.steps q').length";
    let seen = page
        .is("[...document.querySelectorAll('[data-step] .evidence')].map(seen => seen.textContent.split(/ by | \\(/)[0]).slice(1)")
        .await;
    let expected = [
        "packets come and go",
        "it proved its key",
        "both belong to the same network",
        "grpc.health.v1.Health/Check came back",
    ];
    assert_eq!((seen, page.is(quotes).await), (json!(expected), json!(0)));
    let made = page.text("[data-made]").await;
    assert!(made.starts_with("Tried ") && made.ends_with("(now)."), "{made}");

    cali.kill();
    page.until(&row(&id, "[data-state=away]")).await;
    page.click(&of(&id, "[data-action=diagnose]")).await;
    page.until("document.querySelector('[data-mark=failed]')").await;
    assert_eq!(
        page.is("[...document.querySelectorAll('[data-step]')].map(step => step.dataset.step + ' ' + step.dataset.mark)")
            .await,
        json!([
            "address passed",
            "packets failed",
            "handshake untried",
            "admission untried",
            "call untried"
        ])
    );
    let next = page.text("[data-next]").await;
    assert!(
        next.starts_with("Try next:") && next.contains("firewall"),
        "{next}"
    );
    page.click("[data-language=es]").await;
    let next = page.text("[data-next]").await;
    assert!(next.contains("cortafuegos"), "{next}");
    let seen = page.text("[data-step=packets] .evidence").await;
    assert!(seen.starts_with("sin respuesta en "), "{seen}");
    assert_eq!(
        page.is(quotes).await,
        0,
        "nobody else said anything: {}",
        page.text(".steps").await
    );
    page.click("[data-language=en]").await;
    page.click(&of(&id, "[data-action=ping]")).await;
    page.until(&format!(
        "document.querySelector('[data-peer=\"{id}\"] [data-outcome]').textContent.startsWith('It cannot be reached now.')"
    ))
    .await;
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn what_was_found_of_a_peer_is_of_the_past_once_it_went_or_came_back() {
    let (medellin, cali) = (TestPeer::start(&[]), TestPeer::start(&["--name", "cali"]));
    medellin.befriends(&cali).await;
    let id = cali.key().await;
    let Some(page) = open(&medellin).await else {
        return;
    };
    let made = "document.querySelector('[data-made]')?.textContent";
    page.until(&row(&id, "[data-state=here]")).await;
    page.click(&of(&id, "[data-action=show]")).await;
    page.click(&of(&id, "[data-action=ping]")).await;
    let outcome = format!("document.querySelector('[data-peer=\"{id}\"] [data-outcome]').textContent");
    page.until(&format!("{outcome}.startsWith('It answered in')"))
        .await;
    page.click(&of(&id, "[data-action=diagnose]")).await;
    page.find("[data-made]").await;
    let listen = cali.address().to_string();
    let folder = cali.kill();
    page.until(&row(&id, "[data-state=away]")).await;
    page.until(&format!("{outcome} == ''")).await;
    page.until(&format!("{made}.includes('before it went away')"))
        .await;
    page.until("!document.querySelector('[data-next]')").await;

    page.click(&of(&id, "[data-action=diagnose]")).await;
    page.until("document.querySelector('[data-mark=failed]') && document.querySelector('[data-next]')")
        .await;
    page.until(&format!("{made} && !{made}.includes('before')")).await;
    let _cali = TestPeer::start_in(folder, &listen, &["--name", "cali"]);
    page.until(&row(&id, "[data-state=here]")).await;
    page.until(&format!("{made}.includes('before it came back')"))
        .await;
    page.until("!document.querySelector('[data-next]')").await;
    page.assert_kept_to_itself().await;
}

#[tokio::test]
async fn while_the_own_peer_is_stopped_nobody_is_called_here_and_no_button_pretends_to_work() {
    let (medellin, cali) = (TestPeer::start(&[]), TestPeer::start(&["--name", "cali"]));
    medellin.befriends(&cali).await;
    let id = cali.key().await;
    let Some(page) = open(&medellin).await else {
        return;
    };
    page.until(&row(&id, "[data-state=here]")).await;
    page.click(&of(&id, "[data-action=show]")).await;
    page.find(&of(&id, ".deeds")).await;
    drop(medellin);
    page.until(&row(&id, "[data-state=unknown]")).await;
    page.until("!document.querySelector('.peers .dot.is-here')").await;
    assert_eq!(page.text(&of(&id, ".state")).await, "not known");
    let working = "[...document.querySelectorAll('.peers button')]
        .filter(button => button.ariaDisabled != 'true' || !button.title.includes('not there'))
        .map(button => button.dataset.action)";
    assert_eq!(page.is(working).await, json!(["show"]));
    page.assert_kept_to_itself().await;
}
