//! What the calls do.

use std::time::Duration;

use contract::parcero::v1::Relation;
use serde_json::json;

use super::{JSON, LINES, check, get, many, one, post, problem, send};
use crate::support::{
    TestPeer,
    http1::{Raw, request},
    network::is_there,
};

#[tokio::test]
async fn the_greeter_answers_three_kinds_of_call() {
    let peer = TestPeer::start(&[]);
    let unary = post(&peer, "/hello/unary", r#"{"name":"señor 🦜","greeting":"Hola"}"#).await;
    assert_eq!(one(&unary), json!({ "message": "Hola señor 🦜" }));

    let quick = [
        ("content-type", JSON),
        ("parcero-interval-ms", "0"),
        ("parcero-count", "2"),
    ];
    let server = send(
        &peer,
        "POST",
        "/hello/server",
        &quick,
        r#"{"name":"Ana","greeting":"Hola"}"#,
    )
    .await;
    assert_eq!(
        many(&server),
        [
            json!({ "message": "Hola Ana 1" }),
            json!({ "message": "Hola Ana 2" })
        ]
    );

    for media_type in [LINES, JSON] {
        let headers = [("content-type", media_type)];
        let lines = "{\"name\":\"Ana\"}\n\n{\"name\":\"Luis\"}";
        let client = one(&send(&peer, "POST", "/hello/client", &headers, lines).await);
        assert_eq!(client["request"][1]["name"], "Luis", "{client}");
        assert!(
            client["message"]
                .as_str()
                .unwrap()
                .starts_with("You have sent 2 messages")
        );
    }
    let none = one(&send(&peer, "POST", "/hello/client", &[("content-type", LINES)], "").await);
    assert_eq!(none["request"], json!([]));
}

#[tokio::test]
async fn a_call_by_rest_is_a_call_like_any_other_and_counts_as_one() {
    let peer = TestPeer::start(&[]);
    let mut figures = peer.figures().await;
    post(&peer, "/hello/unary", "{}").await;
    figures
        .until("it counts as completed", |figures| {
            figures.completed == 1 && figures.open == 0
        })
        .await;

    // One that is given up is cancelled.
    let mut raw = Raw::connect(&peer).await;
    let host = peer.host();
    let headers = [("host", host.as_str()), ("content-type", JSON)];
    raw.send(request("POST", "/api/v1/hello/server", &headers, b"{}"))
        .await;
    raw.hears(b"{\"message\":\"  1\"}\n").await;
    drop(raw);
    figures
        .until("it counts as cancelled", |figures| {
            figures.cancelled == 1 && figures.open == 0
        })
        .await;
}

#[tokio::test]
async fn answers_come_one_by_one_as_they_are_made() {
    let peer = TestPeer::start(&[]);
    let mut raw = Raw::connect(&peer).await;
    let host = peer.host();
    let headers = [
        ("host", host.as_str()),
        ("content-type", JSON),
        ("parcero-interval-ms", "60000"),
    ];
    raw.send(request("POST", "/api/v1/hello/server", &headers, b"{}"))
        .await;
    raw.hears(b"{\"message\":\"  1\"}\n").await;
}

#[tokio::test]
async fn requests_are_taken_one_by_one_as_they_come() {
    let peer = TestPeer::start(&["--max-message-bytes", "200"]);
    let mut raw = Raw::connect(&peer).await;
    let head = format!(
        "POST /api/v1/hello/client HTTP/1.1\r\nhost: {}\r\ncontent-type: {LINES}\r\ntransfer-encoding: chunked\r\n\r\n",
        peer.host()
    );
    raw.send(head).await;
    // More than the peer would keep, so that it has to answer before the end.
    let line = format!("{{\"name\":\"{}\"}}\n", "n".repeat(100));
    for _ in 0..3 {
        raw.send(format!("{:x}\r\n{line}\r\n", line.len())).await;
    }
    raw.hears(b"RESOURCE_EXHAUSTED").await;
}

#[tokio::test]
async fn the_deadline_ends_a_call_before_and_after_its_first_answer() {
    let peer = TestPeer::start(&[]);
    let headers = [
        ("content-type", JSON),
        ("parcero-interval-ms", "60000"),
        ("grpc-timeout", "100m"),
    ];
    let late = many(&send(&peer, "POST", "/hello/server", &headers, "{}").await);
    assert_eq!(late.len(), 2, "{late:?}");
    assert_eq!(late[1]["problem"]["code"], "DEADLINE_EXCEEDED");
    assert_eq!(late[1]["problem"]["status"], 504);

    let headers = [("content-type", JSON), ("grpc-timeout", "0n")];
    let late = send(&peer, "POST", "/hello/unary", &headers, "{}").await;
    check(&late, 504, "deadline");
    assert_eq!(problem(&late)["code"], "DEADLINE_EXCEEDED");
    let headers = [("content-type", JSON), ("grpc-timeout", "soon")];
    check(
        &send(&peer, "POST", "/hello/unary", &headers, "{}").await,
        400,
        "grpc-timeout",
    );
}

#[tokio::test]
async fn who_asks_for_events_gets_events() {
    let peer = TestPeer::start(&[]);
    let headers = [
        ("content-type", JSON),
        ("accept", "text/html;q=0.5, text/event-stream"),
        ("parcero-interval-ms", "60000"),
        ("grpc-timeout", "100m"),
    ];
    let answer = send(&peer, "POST", "/hello/server", &headers, "{}").await;
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let text = String::from_utf8(answer.body).unwrap();
    assert!(
        text.starts_with("data: {\"message\":\"  1\"}\n\nevent: problem\ndata: {"),
        "{text}"
    );
    assert!(text.ends_with("}\n\n"), "{text}");
}

#[tokio::test]
async fn a_peer_shows_itself_and_those_it_knows() {
    let peer = TestPeer::start(&["--name", "casa"]);
    let own = one(&get(&peer, "/network").await);
    assert_eq!(own["name"], "casa");
    assert_eq!(own["id"], peer.key().await.as_str());
    let mine = peer.neighbour().await;
    let id = mine.key().await;
    peer.sees(&id, is_there).await;

    let peers = one(&get(&peer, "/network/peers").await);
    assert_eq!(peers["peers"][0]["id"], id.as_str());
    assert_eq!(peers["peers"][0]["relation"], "RELATION_STRANGER");

    let mut raw = Raw::connect(&peer).await;
    raw.send(request(
        "GET",
        "/api/v1/network/watch",
        &[("host", &peer.host())],
        b"",
    ))
    .await;
    raw.hears(format!("{{\"peers\":[{{\"id\":\"{id}\"").as_bytes())
        .await;
    let named = send(
        &peer,
        "PUT",
        &format!("/network/peers/{id}/name"),
        &[("content-type", JSON)],
        r#"{"name":"Ana"}"#,
    )
    .await;
    assert_eq!(one(&named)["name"], "Ana");
    raw.hears(b"\"name\":\"Ana\",\"ownName\":\"neighbour\"").await;
}

#[tokio::test]
async fn the_header_parcero_peer_makes_a_call_to_another_peer() {
    let peer = TestPeer::start(&[]);
    let neighbour = peer.neighbour().await;
    let id = neighbour.key().await;
    peer.knows(neighbour).await;
    let to_it = [
        ("content-type", JSON),
        ("parcero-peer", id.as_str()),
        ("parcero-count", "1"),
    ];
    let before = neighbour.figures().await.now().await.completed;
    let hello = r#"{"name":"Ana","greeting":"Hola"}"#;
    let answer = one(&send(&peer, "POST", "/hello/unary", &to_it, hello).await);
    assert_eq!(answer["message"], "Hola Ana");
    let answer = many(&send(&peer, "POST", "/hello/server", &to_it, hello).await);
    assert_eq!(answer, [json!({ "message": "Hola Ana 1" })]);
    let answer = one(&send(
        &peer,
        "POST",
        "/hello/client",
        &to_it,
        format!("{hello}\n{hello}"),
    )
    .await);
    assert_eq!(answer["request"].as_array().unwrap().len(), 2);
    let mut figures = neighbour.figures().await;
    figures
        .until("the other peer answered", |figures| {
            figures.completed >= before + 3
        })
        .await;

    // The other peer serves its own person only, whatever road we take to it.
    let answer = send(&peer, "GET", "/network", &[("parcero-peer", &id)], "").await;
    check(&answer, 403, "only the person of this peer");
    let answer = send(
        &peer,
        "POST",
        "/hello/unary",
        &[("content-type", JSON), ("parcero-peer", "nobody")],
        "{}",
    )
    .await;
    check(&answer, 404, "`nobody`");
}

#[tokio::test]
async fn friends_are_made_named_blocked_and_forgotten() {
    let peer = TestPeer::start(&[]);
    let other = TestPeer::start(&["--name", "laptop"]);
    let id = other.key().await;

    let made = one(&post(&other, "/network/invitations", r#"{"uses":2,"validFor":"3600s"}"#).await);
    assert_eq!(made["usesLeft"], 2);
    let ticket = made["ticket"].as_str().unwrap();
    let read = one(&post(
        &peer,
        "/network/tickets/inspect",
        json!({ "ticket": ticket }).to_string(),
    )
    .await);
    assert_eq!((&read["id"], &read["hasInvitation"]), (&json!(id), &json!(true)));
    let added = one(&post(
        &peer,
        "/network/friends",
        json!({ "ticket": ticket, "name": "Ana" }).to_string(),
    )
    .await);
    assert_eq!(
        (&added["name"], &added["relation"]),
        (&json!("Ana"), &json!("RELATION_FRIEND"))
    );
    let listed = one(&get(&other, "/network/invitations").await);
    assert_eq!(listed["invitations"][0]["usesLeft"], 1);
    assert_eq!(listed["invitations"][0]["ticket"], "", "it is told once");
    let revoke = format!("/network/invitations/{}", made["id"].as_str().unwrap());
    assert_eq!(one(&send(&other, "DELETE", &revoke, &[], "").await), json!({}));
    assert_eq!(
        one(&get(&other, "/network/invitations").await)["invitations"],
        json!([])
    );

    let ping = one(&post(&peer, "/network/peers/Ana/ping", "{}").await);
    assert_eq!(ping["id"], id.as_str());
    let steps = many(&post(&peer, "/network/peers/Ana/diagnose", "").await);
    assert!(
        steps.len() > 2 && steps.iter().all(|step| step["passed"] == true),
        "{steps:?}"
    );

    let relation =
        async |method, path: &str| one(&send(&peer, method, path, &[], "").await)["relation"].clone();
    assert_eq!(
        relation("DELETE", "/network/friends/Ana").await,
        "RELATION_STRANGER"
    );
    assert_eq!(
        relation("PUT", "/network/peers/Ana/block").await,
        "RELATION_BLOCKED"
    );
    assert_eq!(
        relation("DELETE", "/network/peers/Ana/block").await,
        "RELATION_STRANGER"
    );
    assert_eq!(
        one(&send(&peer, "DELETE", "/network/peers/Ana", &[], "").await),
        json!({})
    );
    check(&post(&peer, "/network/peers/Ana/ping", "{}").await, 404, "`Ana`");
}

#[tokio::test]
async fn a_stranger_asks_and_is_accepted_or_declined() {
    let peer = TestPeer::start(&[]);
    let neighbour = peer.neighbour().await;
    let (mine, theirs) = (peer.key().await, neighbour.key().await);
    peer.sees(&theirs, is_there).await;
    neighbour.sees(&mine, is_there).await;
    check(
        &post(&peer, &format!("/network/peers/{theirs}/accept"), "{}").await,
        404,
        "",
    );

    let asked = one(&post(neighbour, &format!("/network/peers/{mine}/ask"), "{}").await);
    assert_eq!(asked["asked"], true);
    peer.sees(&theirs, |peer| peer.asks).await;
    let accepted = one(&post(&peer, &format!("/network/peers/{theirs}/accept"), "{}").await);
    assert_eq!(accepted["relation"], "RELATION_FRIEND");
    neighbour
        .sees(&mine, |peer| peer.relation() == Relation::Friend)
        .await;

    one(&send(&peer, "DELETE", &format!("/network/friends/{theirs}"), &[], "").await);
    neighbour
        .sees(&mine, |peer| peer.relation() == Relation::Stranger)
        .await;
    one(&post(&peer, &format!("/network/peers/{theirs}/ask"), "{}").await);
    neighbour.sees(&mine, |peer| peer.asks).await;
    let declined = one(&post(neighbour, &format!("/network/peers/{mine}/decline"), "{}").await);
    assert_eq!(
        (&declined["asks"], &declined["relation"]),
        (&json!(false), &json!("RELATION_STRANGER"))
    );
}

#[tokio::test]
async fn a_watch_ends_with_a_word_when_the_peer_stops() {
    let peer = TestPeer::start(&[]);
    let mut raw = Raw::connect(&peer).await;
    raw.send(request(
        "GET",
        "/api/v1/network/watch",
        &[("host", &peer.host())],
        b"",
    ))
    .await;
    raw.hears(b"{\"peers\":").await;
    let started = std::time::Instant::now();
    peer.stop();
    raw.hears(b"{\"problem\":{").await;
    raw.hears(b"\"code\":\"UNAVAILABLE\"").await;
    assert!(
        started.elapsed() < Duration::from_secs(9),
        "a watch does not hold up the end"
    );
}
