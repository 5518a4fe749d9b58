//! Connections that say too little too slowly are closed (S17). All wait at once, for the waiting is the test.

use std::{future::Future, pin::Pin, time::Duration};

use crate::support::{
    TestPeer,
    http1::{Raw, UPGRADE, request},
};

/// By when such a connection must be gone.
const LIMIT: Duration = Duration::from_secs(15);
/// A timer that fires earlier would hit callers that are merely slow.
const EARLIEST: Duration = Duration::from_secs(8);

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";
const SETTINGS_ACK: &[u8] = b"\0\0\0\x04\x01\0\0\0\0";
const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0abcdefgh";
/// The first half of a HEADERS frame on stream 1: its length says 40, and 3 bytes follow.
const HALF_HEADERS: &[u8] = b"\0\0\x28\x01\x04\0\0\0\x01abc";
/// A HEADERS frame that is not the last of its block, which a CONTINUATION would have to follow.
const NO_CONTINUATION: &[u8] = b"\0\0\x01\x01\0\0\0\0\x01\x83";

type Closing<'a> = Pin<Box<dyn Future<Output = (&'static str, Option<Duration>)> + 'a>>;

/// Says `first`, then `drip` every second.
fn case<'a>(peer: &'a TestPeer, name: &'static str, first: Vec<u8>, drip: &'static [u8]) -> Closing<'a> {
    Box::pin(async move {
        let mut raw = Raw::connect(peer).await;
        raw.send(first).await;
        (name, raw.closed(LIMIT, drip).await)
    })
}

/// Says `request` and waits for its answer, then goes on with `second` and `drip`.
fn after<'a>(
    peer: &'a TestPeer,
    name: &'static str,
    request: &'a [u8],
    second: &'static [u8],
    drip: &'static [u8],
) -> Closing<'a> {
    Box::pin(async move {
        let mut raw = Raw::connect(peer).await;
        raw.send(request).await;
        raw.answer(false).await;
        raw.send(second).await;
        (name, raw.closed(LIMIT, drip).await)
    })
}

#[tokio::test]
async fn a_connection_that_never_comes_to_its_point_is_closed_within_15_seconds() {
    let peer = TestPeer::start(&[]);
    let host = peer.host();
    let page = request("GET", "/", &[("host", &host)], b"");
    let half_head = format!("GET / HTTP/1.1\r\nhost: {host}\r\n").into_bytes();
    let refused = request("GET", "/", &[("host", "evil.example")], b"");
    let http2 = |more: &[&[u8]]| [PREFACE, SETTINGS, &more.concat()].concat();

    let mut upgrade = vec![("host", host.as_str())];
    upgrade.extend(UPGRADE);
    let upgrade = request("GET", "/greet.Greeter/BidirectionalStreaming", &upgrade, b"");

    let cases = vec![
        case(&peer, "silence", vec![], b""),
        case(&peer, "one byte", b"G".to_vec(), b""),
        case(&peer, "half a head", half_head.clone(), b""),
        case(&peer, "a head that drips", half_head, b"x-more: 1\r\n"),
        case(&peer, "empty lines", vec![], b"\r\n"),
        case(&peer, "half an HTTP/2 preface", PREFACE[..10].to_vec(), b""),
        case(
            &peer,
            "a preface that drips",
            b"PRI * HTTP/2.0\r\n\r\n".to_vec(),
            b"",
        ),
        case(&peer, "an HTTP/2 preface", PREFACE.to_vec(), b""),
        case(&peer, "a preface and settings", http2(&[]), b""),
        case(
            &peer,
            "a preface, settings and pings",
            http2(&[SETTINGS_ACK]),
            PING,
        ),
        case(
            &peer,
            "half an HTTP/2 head",
            http2(&[SETTINGS_ACK, HALF_HEADERS]),
            b"",
        ),
        case(
            &peer,
            "an HTTP/2 head never continued",
            http2(&[SETTINGS_ACK, NO_CONTINUATION]),
            PING,
        ),
        after(&peer, "half of a second head", &page, b"GET / HT", b""),
        after(
            &peer,
            "a second head that drips",
            &page,
            b"GET / HTTP/1.1\r\n",
            b"x-more: 1\r\n",
        ),
        after(&peer, "half a head after a refusal", &refused, b"GET", b""),
        after(
            &peer,
            "a socket whose first message never comes",
            &upgrade,
            b"",
            b"",
        ),
        // A final frame of a binary message of 10 bytes, masked, of which 2 come.
        after(
            &peer,
            "a socket whose first message never ends",
            &upgrade,
            b"\x82\x8aabcdef",
            b"",
        ),
    ];
    for (name, closed) in futures_util::future::join_all(cases).await {
        let after = closed.unwrap_or_else(|| panic!("{name}: still open after {LIMIT:?}"));
        // What is broken HTTP may be refused at once, and a socket that answers no ping is noticed sooner.
        let is_broken = ["empty lines", "an HTTP/2 head never continued"].contains(&name);
        let is_socket = name.starts_with("a socket");
        assert!(
            is_broken || is_socket || after > EARLIEST,
            "{name}: closed after {after:?} already"
        );
        println!("{name}: closed after {after:.1?}");
    }
}

#[tokio::test]
async fn a_connection_with_an_open_call_is_not_idle() {
    use crate::support::{
        road::{Ask, Line, Road},
        wire::hello,
    };
    let peer = TestPeer::start(&[]);
    let peer = &peer;
    // Thirteen seconds without a byte: past the time a head may take.
    let calls = Road::ALL.map(|road| async move {
        let mut line = Line::connect(peer, road).await;
        let ask = Ask::greeter("ServerStreaming")
            .with("parcero-interval-ms", "13000")
            .with("parcero-count", "2");
        let (mut asker, answers) = line.open(&ask).await;
        asker.send(&hello("Hola", "Ana")).await;
        asker.finish().await;
        assert_eq!(answers.whole().await.messages.len(), 2, "{road:?}");
    });
    futures_util::future::join_all(calls).await;
}

#[tokio::test]
async fn a_connection_kept_alive_between_calls_stays_open() {
    let peer = TestPeer::start(&[]);
    let host = peer.host();
    let page = request("GET", "/", &[("host", &host)], b"");
    let mut raw = Raw::connect(&peer).await;
    raw.send(&page).await;
    raw.answer(false).await;
    assert_eq!(
        raw.closed(Duration::from_secs(14), b"").await,
        None,
        "closed while idle for a moment"
    );
    raw.send(&page).await;
    assert_eq!(raw.answer(false).await.status, 200);
}
