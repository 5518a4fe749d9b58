//! What is refused, and how that is told.

use super::{JSON, LINES, check, get, one, post, problem, send};
use crate::support::TestPeer;

#[tokio::test]
async fn a_body_that_is_no_message_is_refused_with_the_place() {
    let peer = TestPeer::start(&[]);
    for (body, sentence) in [
        ("", "EOF"),
        ("{", "EOF"),
        ("[]", "invalid type"),
        ("null", "invalid type"),
        ("\"Ana\"", "invalid type"),
        ("{\"name\":5}", "string"),
        ("{\"name\":[\"Ana\"]}", "string"),
        ("{\"nmae\":\"Ana\"}", "'nmae'"),
        ("{\"name\":\"Ana\",\"surname\":\"\"}", "'surname'"),
        ("{} {}", "trailing"),
        ("{\"name\":\"\\ud800\"}", "hex escape"),
    ] {
        check(&post(&peer, "/hello/unary", body).await, 400, sentence);
    }
    check(
        &post(&peer, "/hello/unary", b"{\"name\":\"\xff\"}").await,
        400,
        "",
    );
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    check(&post(&peer, "/hello/unary", deep).await, 400, "");
    // null is the empty value, as proto3 JSON has it.
    assert_eq!(
        one(&post(&peer, "/hello/unary", "{\"name\":null}").await)["message"],
        " "
    );
}

#[tokio::test]
async fn a_line_that_is_no_message_ends_the_call_and_is_named() {
    let peer = TestPeer::start(&[]);
    let lines = [("content-type", LINES)];
    for (body, sentence) in [
        (
            "{\"name\":\"Ana\"}\n{\"nmae\":\"Luis\"}\n",
            "line 2: unrecognized field name 'nmae'",
        ),
        ("{}\n\n{}{}\n", "line 3: trailing"),
        ("Ana\n", "line 1:"),
        ("{}\n{", "line 2:"),
    ] {
        check(
            &send(&peer, "POST", "/hello/client", &lines, body).await,
            400,
            sentence,
        );
    }
    let mut figures = peer.figures().await;
    figures.until("none is left", |figures| figures.open == 0).await;
}

#[tokio::test]
async fn an_object_of_just_the_limit_is_taken_and_one_byte_more_is_not() {
    let peer = TestPeer::start(&["--max-message-bytes", "1000"]);
    let of = |length: usize| {
        format!(
            "{{\"name\":\"{}\"}}",
            "n".repeat(length - "{\"name\":\"\"}".len())
        )
    };
    assert_eq!(post(&peer, "/hello/unary", of(1000)).await.status, 200);
    check(
        &post(&peer, "/hello/unary", of(1001)).await,
        413,
        "longer than 1000 bytes",
    );
    check(
        &post(&peer, "/hello/unary", of(1_000_000)).await,
        413,
        "longer than 1000 bytes",
    );
    let lines = [("content-type", LINES)];
    let fits = format!("{}\n", of(900));
    assert_eq!(
        send(&peer, "POST", "/hello/client", &lines, fits).await.status,
        200
    );
    let too_long = format!("{{}}\n{}\n", of(1001));
    let answer = send(&peer, "POST", "/hello/client", &lines, too_long).await;
    check(&answer, 413, "line 2 is longer than 1000 bytes");
    // The limit on answers is the one of every road.
    let many = format!("{}\n", of(500)).repeat(3);
    let answer = send(&peer, "POST", "/hello/client", &lines, many).await;
    check(&answer, 429, "at most 1000");
    assert_eq!(problem(&answer)["code"], "RESOURCE_EXHAUSTED");
}

#[tokio::test]
async fn what_is_not_there_is_404_and_another_method_is_405_with_those_that_are() {
    let peer = TestPeer::start(&[]);
    for path in ["/", "/openapi.json", "/network"] {
        let answer = send(&peer, "HEAD", path, &[], "").await;
        assert_eq!((answer.status, answer.body.len()), (200, 0), "{path}");
        let answer = send(&peer, "POST", path, &[("content-type", JSON)], "{}").await;
        check(&answer, 405, "GET, HEAD");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{path}");
    }
    for (path, allow) in [
        ("/hello/unary", "POST"),
        ("/network/peers/abcd", "DELETE"),
        ("/network/peers/abcd/block", "PUT, DELETE"),
        ("/network/invitations", "GET, POST, HEAD"),
    ] {
        for method in ["PATCH", "OPTIONS", "TRACE", "QUERY"] {
            let answer = send(&peer, method, path, &[], "").await;
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, Some(allow)),
                "{method} {path}"
            );
            problem(&answer);
        }
    }
    for path in [
        "/nothing",
        "/network/",
        "/network/peers/",
        "/network/peers/abcd/sing",
        "/hello",
        "/hello/bidi",
        "/../v1/network",
        "/network/peers/a/b/ping",
    ] {
        check(&get(&peer, path).await, 404, "/api/v1/");
    }
    for method in ["GET", "POST", "PUT", "OPTIONS"] {
        let answer = send(&peer, method, "/hello/bidi", &[("content-type", JSON)], "{}").await;
        check(
            &answer,
            404,
            "greet.Greeter/BidirectionalStreaming is not offered by REST",
        );
        check(&answer, 404, "by gRPC or by the WebSocket bridge");
        check(&answer, 404, "`parcero hello bidi`");
    }
    check(&get(&peer, "/network?peer=abcd").await, 400, "query");
    let answer = send(&peer, "DELETE", "/network/peers/%ff", &[], "").await;
    check(&answer, 400, "UTF-8");
}

#[tokio::test]
async fn what_stands_in_the_path_cannot_stand_in_the_body() {
    let peer = TestPeer::start(&[]);
    let answer = post(&peer, "/network/peers/abcd/ask", "{\"peer\":\"other\"}").await;
    check(&answer, 400, "`peer` stands in the path");
    // A name is any text, and so is what is asked for.
    for name in ["%2e%2e%2f", "a%20b", "%00", "%F0%9F%A6%9C", "%3Cscript%3E"] {
        let answer = post(&peer, &format!("/network/peers/{name}/ask"), "{}").await;
        check(&answer, 404, "no peer is known by");
    }
}

#[tokio::test]
async fn values_that_cannot_be_are_refused_with_the_reason() {
    let peer = TestPeer::start(&[]);
    check(
        &post(&peer, "/network/friends", "{\"ticket\":\"abc\"}").await,
        400,
        "no ticket",
    );
    let answer = post(&peer, "/network/invitations", "{\"validFor\":\"0s\"}").await;
    check(&answer, 400, "valid_for must be at least a second");
    check(
        &post(&peer, "/network/invitations", "{\"validFor\":\"soon\"}").await,
        400,
        "",
    );
    check(
        &post(&peer, "/network/invitations", "{\"uses\":-1}").await,
        400,
        "",
    );
    let own = one(&get(&peer, "/network").await);
    let own_id = own["id"].as_str().unwrap();
    check(
        &post(&peer, &format!("/network/peers/{own_id}/ask"), "{}").await,
        400,
        "this peer itself",
    );
    let sent_twice = [("content-type", JSON), ("content-type", JSON)];
    check(
        &send(&peer, "POST", "/hello/unary", &sent_twice, "{}").await,
        415,
        "application/json",
    );
}
