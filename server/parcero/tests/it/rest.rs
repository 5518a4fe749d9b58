//! The calls by HTTP and JSON, and their document.

mod calls;
mod document;
mod doors;
mod refusals;

use serde_json::Value;

use crate::support::{
    TestPeer,
    http1::{RawAnswer, ask, request},
};

const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";

/// Asks a peer, as a program that is no browser does.
async fn send(
    peer: &TestPeer,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> RawAnswer {
    let host = peer.host();
    let headers = [&[("host", host.as_str())], headers].concat();
    let path = format!("/api/v1{path}");
    ask(peer, request(method, &path, &headers, body.as_ref())).await
}

/// GET.
async fn get(peer: &TestPeer, path: &str) -> RawAnswer {
    send(peer, "GET", path, &[], "").await
}

/// POST of one JSON object.
async fn post(peer: &TestPeer, path: &str, body: impl AsRef<[u8]>) -> RawAnswer {
    send(peer, "POST", path, &[("content-type", JSON)], body).await
}

/// The one object of a good answer.
#[track_caller]
fn one(answer: &RawAnswer) -> Value {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some(JSON)),
        "{text}"
    );
    serde_json::from_str(&text).unwrap()
}

/// The objects of a good answer, one a line.
#[track_caller]
fn many(answer: &RawAnswer) -> Vec<Value> {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some(LINES)),
        "{text}"
    );
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What an answer says that went wrong; its status stands in it as well.
#[track_caller]
fn problem(answer: &RawAnswer) -> Value {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{text}"
    );
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["status"], answer.status, "{problem}");
    for field in ["type", "title", "detail"] {
        assert!(!problem[field].as_str().unwrap().is_empty(), "{problem}");
    }
    problem
}

/// Checks what went wrong: the status and a part of the sentence.
#[track_caller]
fn check(answer: &RawAnswer, status: u16, sentence: &str) {
    let problem = problem(answer);
    assert_eq!(answer.status, status, "{problem}");
    assert!(
        problem["detail"].as_str().unwrap().contains(sentence),
        "{problem}"
    );
}
