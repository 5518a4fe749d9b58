//! The OpenAPI document, and the page for people.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{get, one};
use crate::{clients::python_with, support::TestPeer};

#[tokio::test]
async fn the_document_describes_every_call_with_the_words_of_the_contract() {
    let peer = TestPeer::start(&[]);
    let document = one(&get(&peer, "/openapi.json").await);
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert!(
        document["info"]["description"]
            .as_str()
            .unwrap()
            .contains("greet.Greeter/BidirectionalStreaming")
    );
    let call = &document["paths"]["/api/v1/network/peers/{peer}/name"]["put"];
    assert_eq!(call["operationId"], "NamePeer");
    assert!(
        call["description"]
            .as_str()
            .unwrap()
            .contains("wins over the one it gave itself")
    );
    let body = &call["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(body["additionalProperties"], false);
    assert!(body["properties"]["name"].is_object());
    assert!(body["properties"]["peer"].is_null(), "it stands in the path");
    let peer_info = &document["components"]["schemas"]["PeerInfo"]["properties"];
    assert_eq!(peer_info["bytesIn"]["type"], "string");
    assert_eq!(peer_info["lastSeen"]["format"], "date-time");
    let operations = document["paths"].as_object().unwrap().values();
    let count: usize = operations.map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(count, 21);
    // What the door says before anything looks at the path.
    let paths = document["paths"].as_object().unwrap().values();
    for operation in paths.flat_map(|path| path.as_object().unwrap().values()) {
        assert!(operation["responses"]["421"].is_object() && operation["responses"]["403"].is_object());
    }
    let of_door = &document["components"]["responses"]["421"];
    assert!(of_door["content"].is_null() && of_door["description"].is_string());
    check_references(&document, &document);
}

/// Whatever is referred to, is there.
#[track_caller]
fn check_references(part: &Value, document: &Value) {
    match part {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "$ref" {
                    let place = value.as_str().unwrap().strip_prefix('#').unwrap();
                    assert!(document.pointer(place).is_some(), "{place}");
                }
                check_references(value, document);
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| check_references(part, document)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn the_page_shows_every_call_and_loads_nothing() {
    let peer = TestPeer::start(&[]);
    let page = get(&peer, "/").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap().to_owned();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(
        !policy.contains("script-src") && !policy.contains("unsafe"),
        "{policy}"
    );
    let text = String::from_utf8(page.body).unwrap();
    for needed in [
        "/api/v1/hello/unary",
        "id=\"NamePeer\"",
        "id=\"NOT_FOUND\"",
        "BidirectionalStreaming",
        "light dark",
    ] {
        assert!(text.contains(needed), "{needed}");
    }
    for foreign in ["<script", "src=", "<link", "https://", "@import", "url("] {
        assert!(!text.contains(foreign), "{foreign}");
    }
    let same = crate::support::http1::ask(
        &peer,
        crate::support::http1::request("GET", "/api/v1", &[("host", &peer.host())], b""),
    )
    .await;
    assert_eq!(String::from_utf8(same.body).unwrap(), text);
}

/// How long it may take in all. The settings end the looking after a minute, and then there are start and end.
const LOOK_TIME: Duration = Duration::from_secs(90);

#[tokio::test]
async fn schemathesis_finds_no_crash_and_no_undocumented_answer() {
    let Some(python) = python_with("schemathesis", "schemathesis") else {
        return;
    };
    let peer = TestPeer::start(&[]);
    let neighbour = peer.neighbour().await;
    let mut command = Command::new(python);
    command
        .args(["-m", "schemathesis.cli", "--config-file"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/schemathesis.toml"))
        .arg("run")
        .arg(format!("http://{}/api/v1/openapi.json", peer.host()))
        .env("PEER", neighbour.key().await)
        .current_dir(peer.data_dir())
        .stdin(Stdio::null());
    let started = Instant::now();
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("No issues found"), "{said}");
    assert!(started.elapsed() < LOOK_TIME, "{said}");
    // Both are still there, and it did call the other one.
    assert_eq!(peer.run(&["hello", "unary"]).code, Some(0));
    assert!(neighbour.figures().await.now().await.completed > 0);
}
