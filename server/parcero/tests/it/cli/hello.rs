//! The four kinds of call.

use std::time::{Duration, Instant};

use crate::support::TestPeer;

#[track_caller]
fn check(arguments: &[&str], input: &str, expected: &str) {
    let peer = TestPeer::start(&[]);
    let ended = peer.run_with_input(arguments, input);
    assert_eq!(
        (ended.stdout.as_str(), ended.code),
        (expected, Some(0)),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.stderr, "");
}

#[test]
fn unary_greets_once_and_as_often_as_asked() {
    check(&["hello", "unary"], "", "Hello parcero\n");
    check(
        &["hello", "unary", "--name", "Ana", "--greeting", "Quiubo"],
        "",
        "Quiubo Ana\n",
    );
    check(
        &["hello", "unary", "--name", "Ana", "--count", "3"],
        "",
        "Hello Ana\nHello Ana\nHello Ana\n",
    );
}

#[test]
fn server_streaming_asks_for_a_count_and_an_interval() {
    let arguments = [
        "hello",
        "server",
        "--name",
        "Ana",
        "--count",
        "3",
        "--interval",
        "0",
    ];
    check(&arguments, "", "Hello Ana 1\nHello Ana 2\nHello Ana 3\n");
    check(&["hello", "server", "--count", "0"], "", "");
}

#[test]
fn client_streaming_sends_every_line_and_prints_the_one_reply() {
    check(
        &["hello", "client"],
        "Ana\nBeto",
        "You have sent 2 messages. Please expect a delayed response.\n  Hello Ana\n  Hello Beto\n",
    );
    check(
        &["hello", "client"],
        "",
        "You have sent 0 messages. Please expect a delayed response.\n",
    );
}

#[test]
fn bidi_answers_every_line() {
    check(
        &["hello", "bidi", "--greeting", "Hola"],
        "Ana\r\n\nBeto\n",
        "Hola Ana\nHola \nHola Beto\n",
    );
}

#[test]
fn given_names_are_sent_instead_of_standard_input() {
    let names = [
        "--name",
        "Ana",
        "--name",
        "Beto",
        "--count",
        "2",
        "--interval",
        "1",
    ];
    check(
        &[&["hello", "bidi"][..], &names].concat(),
        "not read\n",
        "Hello Ana\nHello Beto\nHello Ana\nHello Beto\n",
    );
    check(
        &[&["hello", "client"][..], &names].concat(),
        "not read\n",
        "You have sent 4 messages. Please expect a delayed response.\n  Hello Ana\n  Hello Beto\n  Hello Ana\n  \
         Hello Beto\n",
    );
}

#[test]
fn bidi_prints_each_reply_while_the_person_still_types() {
    let peer = TestPeer::start(&[]);
    let mut client = peer.begin(&["hello", "bidi"]);
    for name in ["Ana", "Beto", "Caro"] {
        client.type_in(&format!("{name}\n"));
        assert_eq!(client.stdout.next().unwrap(), format!("Hello {name}"));
    }
    client.finish_typing();
    assert_eq!(client.wait().code, Some(0));
}

#[test]
fn a_message_larger_than_the_default_passes_where_the_peer_allows_it() {
    let peer = TestPeer::start(&["--max-message-bytes", "9000000"]);
    let name = "ñ".repeat(3_000_000);
    let ended = peer.run_with_input(&["hello", "bidi"], &name);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout, format!("Hello {name}\n"));
}

#[test]
fn a_message_over_the_limit_of_the_peer_is_resource_exhausted() {
    let peer = TestPeer::start(&["--max-message-bytes", "1000"]);
    let ended = peer.run_with_input(&["hello", "bidi"], &"n".repeat(1001));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(
        ended
            .stderr
            .starts_with("error: the peer answered 8 RESOURCE_EXHAUSTED"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_deadline_ends_each_kind_of_call() {
    let peer = TestPeer::start(&[]);
    for kind in ["server", "client", "bidi"] {
        let started = Instant::now();
        // For client and bidi nobody finishes typing.
        let ended = peer.begin(&["hello", kind, "--deadline", "0.2"]).wait();
        assert_eq!(ended.code, Some(1), "{kind}");
        assert!(
            ended
                .stderr
                .starts_with("error: the peer answered 4 DEADLINE_EXCEEDED"),
            "{kind}: {}",
            ended.stderr
        );
        assert!(
            ended.stderr.contains("\nhint: allow more time with --deadline"),
            "{kind}: {}",
            ended.stderr
        );
        assert!(started.elapsed() >= Duration::from_millis(200), "{kind}");
    }
}

#[test]
fn the_peer_saying_no_ends_a_call_whose_input_is_still_open() {
    let peer = TestPeer::start(&[]);
    let ended = peer
        .begin(&["hello", "server", "--metadata", "parcero-count=100001"])
        .wait();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(
        ended
            .stderr
            .starts_with("error: the peer answered 3 INVALID_ARGUMENT: "),
        "{}",
        ended.stderr
    );

    let peer = TestPeer::start(&["--max-message-bytes", "100"]);
    let mut client = peer.begin(&["hello", "client"]);
    client.type_in(&format!("{}\n", "n".repeat(101)));
    assert_eq!(client.wait().code, Some(1));
}

#[test]
fn a_line_that_is_not_text_ends_the_call_with_its_number() {
    let peer = TestPeer::start(&[]);
    let mut client = peer.begin(&["hello", "bidi"]);
    client.type_in("Ana\n");
    assert_eq!(client.stdout.next().unwrap(), "Hello Ana");
    client.type_bytes(b"\xff\n");
    let ended = client.wait();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(
        ended
            .stderr
            .starts_with("error: line 2 is not UTF-8 text\nhint: "),
        "{}",
        ended.stderr
    );
}
