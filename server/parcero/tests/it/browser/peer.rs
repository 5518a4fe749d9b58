//! The page and its peer: what happens when one of them goes away, and who else may call.

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_util::task::AbortOnDropHandle;

use super::page::Page;
use crate::support::TestPeer;

#[tokio::test]
async fn a_page_outlives_its_peer_and_loses_nothing() {
    let peer = TestPeer::start(&["--name", "medellin"]);
    let Some(page) = Page::open(&peer).await else {
        return;
    };
    page.fill("[data-card=unary] [data-field=name]", "Ana").await;
    page.click("[data-card=unary] [data-action=send]").await;
    page.status("unary", "0").await;
    page.run("window.sameDocument = true").await;
    let before = page.rows("unary").await;

    let listen = peer.address().to_string();
    let folder = peer.kill();
    page.until("document.querySelector('[data-banner=gone]')").await;
    page.click("[data-card=server] [data-action=send]").await;
    page.status("server", "14").await;
    assert_eq!(page.rows("unary").await, before);

    let _peer = TestPeer::start_in(folder, &listen, &["--name", "medellin"]);
    page.until("!document.querySelector('[data-banner=gone]')").await;
    assert_eq!(
        page.is("window.sameDocument").await,
        true,
        "the page was loaded again"
    );
    assert_eq!(page.rows("unary").await, before);
    assert_eq!(
        page.is("document.querySelector('[data-card=unary] [data-field=name]').value")
            .await,
        "Ana"
    );
    page.click("[data-card=bidi] [data-action=send]").await;
    page.until("document.querySelector('[data-card=bidi] .sequence li.received')")
        .await;
}

#[tokio::test]
async fn calls_that_are_open_when_the_peer_dies_end_with_a_sentence() {
    if let Some(banners) = dies_with_calls_open(TestPeer::kill).await {
        assert_eq!(banners, ["gone"]);
    }
}

#[tokio::test]
async fn calls_that_are_open_when_the_peer_is_stopped_end_with_a_sentence() {
    // The peer waits ten seconds for its calls, and then ends them.
    if let Some(banners) = dies_with_calls_open(|peer| peer.stop().1).await {
        assert_eq!(banners, ["stopping", "gone"]);
    }
}

/// An answer under way, half a stream of requests and an open dialogue lose their peer, which then comes back.
/// Gives the banners that were seen until it was gone.
async fn dies_with_calls_open(end: impl FnOnce(TestPeer) -> TempDir) -> Option<Vec<String>> {
    const OPEN: [&str; 3] = ["server", "client", "bidi"];
    let peer = TestPeer::start(&[]);
    let page = Page::open(&peer).await?;
    page.run(WATCH_BANNERS).await;
    page.run("window.sameDocument = true").await;
    page.fill("[data-option=interval]", "60000").await;
    for card in OPEN {
        page.click(&format!("[data-card={card}] [data-action=send]"))
            .await;
        let row = if card == "client" { "sent" } else { "received" };
        page.until(&format!(
            "document.querySelector('[data-card={card}] .sequence li.{row}')"
        ))
        .await;
    }
    let mut before = Vec::new();
    for card in OPEN {
        before.push(page.rows(card).await);
    }

    let listen = peer.address().to_string();
    let folder = end(peer);
    page.until("document.querySelector('[data-banner=gone]')").await;
    let banners = page.is("window.banners").await;
    for (card, before) in OPEN.iter().zip(&before) {
        page.status(card, "14").await;
        let rows = page.rows(card).await;
        assert_eq!(&rows[..before.len()], before, "{card}: the rows stay");
        assert!(
            rows[before.len()..].len() == 1 && rows[before.len()].starts_with("14 UNAVAILABLE"),
            "{card}: {rows:?}"
        );
        let said = page.text(&format!("[data-card={card}] [data-failed]")).await;
        for words in [
            "The peer ",
            "stop",
            "Start it again",
            "the page finds it by itself",
        ] {
            assert!(said.contains(words), "{card}: {words:?} is not in {said:?}");
        }
    }

    let _peer = TestPeer::start_in(folder, &listen, &[]);
    page.until("!document.querySelector('[data-banner=gone]')").await;
    assert_eq!(
        page.is("window.sameDocument").await,
        true,
        "the page was loaded again"
    );
    page.fill("[data-option=interval]", "0").await;
    for card in OPEN {
        page.click(&format!("[data-card={card}] [data-action=send]"))
            .await;
        if card != "server" {
            page.click(&format!("[data-card={card}] [data-action=finish]"))
                .await;
        }
        page.status(card, "0").await;
    }
    Some(serde_json::from_value(banners).unwrap())
}

/// Collects each banner as it comes.
const WATCH_BANNERS: &str = "window.banners = [];
    new MutationObserver(() => {
        const banner = document.querySelector('[data-banner]')?.dataset.banner;
        if (banner && banners.at(-1) != banner) banners.push(banner);
    }).observe(document.body, { subtree: true, childList: true, attributes: true });";

/// What a page elsewhere may try: a fetch, a socket, an image.
const TRY: &str = "
    const [origin, done] = [arguments[0], arguments[arguments.length - 1]];
    const frame = new Uint8Array([0, 0, 0, 0, 0]);
    const byFetch = fetch(origin + '/greet.Greeter/OnlyResponse', {
        method: 'POST', body: frame, headers: { 'content-type': 'application/grpc-web+proto', 'x-grpc-web': '1' },
    }).then(answer => answer.status, () => 'failed');
    const bySocket = new Promise(resolve => {
        const socket = new WebSocket(origin.replace('http', 'ws') + '/greet.Greeter/BidirectionalStreaming', 'grpc-websockets');
        socket.onopen = () => { socket.close(); resolve('open'); };
        socket.onerror = () => resolve('failed');
    });
    const byImage = new Promise(resolve => {
        const image = new Image();
        image.onload = () => resolve('loaded');
        image.onerror = () => resolve('failed');
        image.src = origin + '/';
    });
    Promise.all([byFetch, bySocket, byImage]).then(done);";

#[tokio::test]
async fn a_page_of_another_origin_calls_only_where_it_was_allowed() {
    let closed = TestPeer::start(&[]);
    let Some(page) = Page::open(&closed).await else {
        return;
    };
    // A page of anybody, whose own policy does not forbid what is tried here.
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", elsewhere.local_addr().unwrap());
    let _elsewhere = AbortOnDropHandle::new(tokio::spawn(async move {
        while let Ok((mut stream, _)) = elsewhere.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    }));
    let allowing = TestPeer::start(&["--allow-origin", &origin]);
    page.driver().goto(&origin).await.unwrap();
    let attempt = async |peer: &TestPeer| {
        let url = serde_json::json!(peer.url);
        page.driver()
            .execute_async(TRY, vec![url])
            .await
            .unwrap()
            .json()
            .clone()
    };
    assert_eq!(
        attempt(&allowing).await,
        serde_json::json!([200, "open", "failed"])
    );
    assert_eq!(
        attempt(&closed).await,
        serde_json::json!(["failed", "failed", "failed"])
    );
}
