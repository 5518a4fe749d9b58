//! The browser end, checked by a page in a real browser; the checks are in `bridge/tests/browser`.

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::State, http::StatusCode, routing};
use bridge::server::BridgeLayer;
use tokio::{
    net::TcpListener,
    sync::{Notify, mpsc, watch},
    time::timeout,
};
use tower::ServiceBuilder;

use crate::{
    greeter::{Seen, TestGreeter},
    support::{PATIENCE, serve, within},
};

mod odd;
mod page;

/// How long a browser may take to start, or to say what is next.
const BROWSER_PATIENCE: Duration = Duration::from_secs(200);
/// As many checks as the page makes; one that is left out is noticed.
const CHECKS: usize = 31;

#[tokio::test(flavor = "multi_thread")]
async fn the_generated_client_works_in_a_browser() {
    let Some(browser) = page::find_browser() else {
        let how = "a browser is missing: apt-get install chromium";
        let is_required = std::env::var_os("PARCERO_REQUIRE_ALL").is_some();
        assert!(!is_required, "{how}");
        eprintln!("\n*** SKIPPED: {how} ***\n");
        return;
    };
    let (said, mut hear) = mpsc::channel(100);
    let greeter = TestGreeter::default();
    let seen = greeter.seen.subscribe();
    let (address, _server) = serve(router(said, seen, &greeter)).await;
    let (odd, _odd_server) = odd::start().await;
    // Bound for a moment only: nobody is there when the page comes.
    let nobody = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();

    let _browser = page::open(
        &browser,
        &format!("http://{address}/?odd=http://{odd}&nobody=http://{nobody}"),
    );
    let mut passed = 0;
    let mut failed = Vec::new();
    loop {
        let line = within(BROWSER_PATIENCE, hear.recv()).await.unwrap();
        println!("browser: {line}");
        if line.starts_with("ok ") {
            passed += 1;
        } else if line == "done" {
            break;
        } else {
            failed.push(line);
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(passed, CHECKS);
}

/// The greeter behind the bridge, the page, and two ways for the page to talk to the test.
fn router(said: mpsc::Sender<String>, seen: watch::Receiver<Seen>, greeter: &TestGreeter) -> Router {
    let app = ServiceBuilder::new()
        .layer(BridgeLayer::new())
        .layer(tonic_web::GrpcWebLayer::new())
        .service(tonic::service::Routes::new(greeter.service()));
    page::routes()
        .route("/said", routing::post(hear).with_state(said))
        .route("/idle", routing::get(until_idle).with_state(seen))
        .route("/go-on", routing::get(go_on).with_state(greeter.go_on.clone()))
        .fallback_service(app)
}

async fn hear(State(said): State<mpsc::Sender<String>>, line: String) {
    said.send(line).await.unwrap();
}

async fn go_on(State(go_on): State<Arc<Notify>>) {
    go_on.notify_one();
}

/// Answers once no handler runs.
async fn until_idle(State(mut seen): State<watch::Receiver<Seen>>) -> StatusCode {
    match timeout(PATIENCE * 6, seen.wait_for(|seen| seen.running == 0)).await {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
