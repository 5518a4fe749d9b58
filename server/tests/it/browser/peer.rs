//! The page and its peer: what happens when one of them goes away, and who else may call.

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
    // The page of one peer is another origin for the other.
    let other = TestPeer::start(&[]);
    let Some(page) = Page::open(&other).await else {
        return;
    };
    let allowing = TestPeer::start(&["--allow-origin", &other.url]);
    let closed = TestPeer::start(&[]);
    // A plain document, whose policy does not forbid what is tried here.
    page.driver()
        .goto(format!("{}/nothing-here", other.url))
        .await
        .unwrap();
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
