//! S4: a page of another origin changes nothing, and neither does a GET.

use serde_json::json;

use super::{JSON, LINES, check, get, one, post, problem, send};
use crate::support::{TestPeer, http1::RawAnswer};

/// Everything a state could be changed by.
const CHANGES: &[(&str, &str)] = &[
    ("POST", "/network/tickets/inspect"),
    ("POST", "/network/friends"),
    ("DELETE", "/network/friends/abcd"),
    ("DELETE", "/network/peers/abcd"),
    ("POST", "/network/peers/abcd/ask"),
    ("POST", "/network/peers/abcd/accept"),
    ("POST", "/network/peers/abcd/decline"),
    ("PUT", "/network/peers/abcd/name"),
    ("PUT", "/network/peers/abcd/block"),
    ("DELETE", "/network/peers/abcd/block"),
    ("POST", "/network/peers/abcd/ping"),
    ("POST", "/network/peers/abcd/diagnose"),
    ("POST", "/network/invitations"),
    ("DELETE", "/network/invitations/abcd"),
    ("POST", "/hello/unary"),
    ("POST", "/hello/server"),
    ("POST", "/hello/client"),
];

/// What a form, a script or an image of another page can send.
const SIMPLE: [&[(&str, &str)]; 6] = [
    &[],
    &[("content-type", "text/plain")],
    &[("content-type", "text/plain;charset=UTF-8")],
    &[("content-type", "application/x-www-form-urlencoded")],
    &[("content-type", "multipart/form-data; boundary=x")],
    &[("content-type", "text/plain; application/json")],
];

async fn invitations(peer: &TestPeer) -> usize {
    let list = one(&get(peer, "/network/invitations").await);
    list["invitations"].as_array().unwrap().len()
}

// S4
#[tokio::test]
async fn a_body_that_does_not_say_it_is_json_changes_nothing() {
    let peer = TestPeer::start(&[]);
    for (method, path) in CHANGES.iter().filter(|(method, _)| *method != "DELETE") {
        for headers in SIMPLE {
            let answer = send(&peer, method, path, headers, "{\"uses\":1}").await;
            let expected = if path.ends_with("/client") { LINES } else { JSON };
            check(&answer, 415, expected);
        }
    }
    assert_eq!(invitations(&peer).await, 0);
    // The same words with the right type do.
    for media_type in [JSON, "application/json; charset=utf-8", "Application/JSON"] {
        let answer = send(
            &peer,
            "POST",
            "/network/invitations",
            &[("content-type", media_type)],
            "{\"uses\":1}",
        )
        .await;
        one(&answer);
    }
    assert_eq!(invitations(&peer).await, 3);
}

// S4
#[tokio::test]
async fn a_page_of_another_origin_changes_nothing_and_cannot_read_why() {
    let peer = TestPeer::start(&["--allow-origin", "http://localhost:8080"]);
    let own = format!("http://{}", peer.host());
    let foreign: [&[(&str, &str)]; 6] = [
        &[("origin", "http://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://localhost:8081")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[
            ("origin", "http://evil.example"),
            ("sec-fetch-site", "same-origin"),
        ],
    ];
    let refused = |answer: RawAnswer, status, what: &str| {
        assert_eq!(problem(&answer)["status"], status, "{what}");
        let told = answer
            .headers
            .keys()
            .find(|name| name.starts_with("access-control-"));
        assert_eq!(told, None, "{what}");
    };
    for (method, path) in [
        CHANGES,
        &[("GET", "/network"), ("GET", "/"), ("GET", "/openapi.json")],
    ]
    .concat()
    {
        for headers in foreign {
            let headers = [headers, &[("content-type", JSON)]].concat();
            let what = format!("{method} {path} {headers:?}");
            refused(send(&peer, method, path, &headers, "{}").await, 403, &what);
        }
        let asks = [
            ("origin", "http://evil.example"),
            ("access-control-request-method", method),
        ];
        refused(send(&peer, "OPTIONS", path, &asks, "").await, 403, path);
    }
    assert_eq!(invitations(&peer).await, 0);

    // Our own page and one that was allowed may.
    for (count, origin) in [own.as_str(), "http://localhost:8080"].into_iter().enumerate() {
        let headers = [("content-type", JSON), ("origin", origin)];
        one(&send(&peer, "POST", "/network/invitations", &headers, "{}").await);
        assert_eq!(invitations(&peer).await, count + 1);
    }
    for method in ["POST", "PUT", "DELETE"] {
        let asks = [
            ("origin", "http://localhost:8080"),
            ("access-control-request-method", method),
            ("access-control-request-headers", "content-type"),
        ];
        let answer = send(&peer, "OPTIONS", "/network/peers/abcd/block", &asks, "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let allowed = answer.header("access-control-allow-methods").unwrap();
        assert!(allowed.contains(method), "{allowed}");
    }
}

// S4
#[tokio::test]
async fn reading_changes_nothing() {
    let peer = TestPeer::start(&[]);
    let id = peer.neighbour().await.key().await;
    post(&peer, "/network/invitations", "{}").await;
    let state = async || {
        let peers = one(&get(&peer, "/network/peers").await);
        let list = peers["peers"].as_array().unwrap();
        let relations: Vec<_> = list
            .iter()
            .map(|peer| (peer["id"].clone(), peer["relation"].clone()))
            .collect();
        json!([relations, one(&get(&peer, "/network/invitations").await)])
    };
    let before = state().await;
    for (_, path) in CHANGES {
        let path = path.replace("abcd", &id);
        for method in ["GET", "HEAD"] {
            let answer = send(&peer, method, &path, &[("content-type", JSON)], "").await;
            let may_be_read = path.ends_with("/invitations");
            assert_eq!(
                answer.status,
                if may_be_read { 200 } else { 405 },
                "{method} {path}"
            );
        }
    }
    assert_eq!(state().await, before);
}
