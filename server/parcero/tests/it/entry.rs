//! Who may enter: Host, Origin, Sec-Fetch-Site, and what pages of other origins are told.

use std::process::Stdio;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::support::{
    TestPeer,
    figures::soon,
    http1::{Raw, RawAnswer, UPGRADE, ask, request},
    parcero,
    road::Task,
    wire::{framed, hello},
};

/// A request as a door sees it: method, path, headers, body.
type Target = (
    &'static str,
    &'static str,
    Vec<(&'static str, &'static str)>,
    Vec<u8>,
);

/// Every kind of thing there is behind the door, and some that are not.
fn targets() -> Vec<Target> {
    let body = || framed(0, &hello("Hola", "Ana"));
    let kind = |value| vec![("content-type", value)];
    vec![
        ("GET", "/", vec![], vec![]),
        ("HEAD", "/", vec![], vec![]),
        ("GET", "/nothing-here", vec![], vec![]),
        ("POST", "/", vec![], b"x".to_vec()),
        ("PUT", "/", vec![], b"x".to_vec()),
        ("DELETE", "/", vec![], vec![]),
        ("OPTIONS", "/greet.Greeter/OnlyResponse", vec![], vec![]),
        (
            "POST",
            "/greet.Greeter/OnlyResponse",
            kind("application/grpc"),
            body(),
        ),
        (
            "POST",
            "/greet.Greeter/OnlyResponse",
            kind("application/grpc-web+proto"),
            body(),
        ),
        (
            "POST",
            "/greet.Greeter/Sing",
            kind("application/grpc-web-text"),
            body(),
        ),
        (
            "POST",
            "/parcero.v1.Peers/About",
            kind("application/grpc-web"),
            vec![0; 5],
        ),
        ("GET", "/greet.Greeter/OnlyResponse", UPGRADE.to_vec(), vec![]),
        ("GET", "/", UPGRADE.to_vec(), vec![]),
    ]
}

/// Sends every target with these headers besides, over HTTP/1.1, and checks the status and what is told.
async fn every_target_over_http1(peer: &TestPeer, headers: &[(&str, &str)], status: u16) {
    for (method, path, own, body) in targets() {
        let all = [headers, own.as_slice()].concat();
        let answer = ask(peer, request(method, path, &all, &body)).await;
        let what = format!("{method} {path} {headers:?}");
        assert_eq!(answer.status, status, "{what}");
        check_body(status, method, &answer.body, &what);
        check_tells_other_pages_nothing(&answer);
    }
}

/// Whoever asks for another host gets no body, and whoever is of another origin the reason.
#[track_caller]
fn check_body(status: u16, method: &str, body: &[u8], what: &str) {
    if status != 403 || method == "HEAD" {
        assert_eq!(body, b"", "{what}");
    } else {
        assert!(!detail(body).is_empty(), "{what}");
    }
}

/// The sentence of a problem.
#[track_caller]
fn detail(body: &[u8]) -> String {
    let problem: serde_json::Value = serde_json::from_slice(body).unwrap();
    problem["detail"].as_str().unwrap().to_owned()
}

fn check_tells_other_pages_nothing(answer: &RawAnswer) {
    let told = answer
        .headers
        .keys()
        .find(|name| name.starts_with("access-control-"));
    assert_eq!(told, None, "{answer:?}");
}

/// An HTTP/2 answer: its status, its body, and whether it says anything to pages of other origins.
async fn over_http2(
    peer: &TestPeer,
    authority: &str,
    headers: &[(&str, &str)],
    target: &Target,
) -> (u16, Bytes, bool) {
    let (method, path, own, body) = target;
    let stream = TokioIo::new(TcpStream::connect(peer.address()).await.unwrap());
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    let _connection = Task::spawn(connection);
    let mut request = Request::builder()
        .method(*method)
        .uri(format!("http://{authority}{path}"));
    let upgrade = |name: &str| UPGRADE.iter().any(|(known, _)| *known == name);
    for (name, value) in headers
        .iter()
        .chain(own.iter().filter(|(name, _)| !upgrade(name)))
    {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::from(body.clone()))).unwrap();
    let response = soon(sender.send_request(request)).await.unwrap();
    let status = response.status().as_u16();
    let tells = response
        .headers()
        .keys()
        .any(|name| name.as_str().starts_with("access-control-"));
    let body = soon(response.into_body().collect()).await.unwrap().to_bytes();
    (status, body, tells)
}

// S2: DNS rebinding.
#[tokio::test]
async fn a_foreign_host_gets_421_and_nothing_else_whatever_it_asks() {
    let peer = TestPeer::start(&["--allow-origin", "http://localhost:*"]);
    let port = peer.port;
    let foreign = [
        format!("evil.example:{port}"),
        "evil.example".into(),
        "localhost".into(),
        format!("localhost:{}", port ^ 1),
        format!("localhost.:{port}"),
        format!("localhost.evil.example:{port}"),
        format!("0.0.0.0:{port}"),
        format!("127.0.0.2:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        String::new(),
    ];
    let own = peer.host();
    let origin = format!("http://{own}");
    for host in &foreign {
        every_target_over_http1(&peer, &[("host", host), ("origin", &origin)], 421).await;
    }
    // Two hosts, and none at all.
    every_target_over_http1(&peer, &[("host", &own), ("host", &own)], 421).await;

    for host in foreign.iter().filter(|host| !host.is_empty()) {
        for target in targets() {
            let (status, body, tells) = over_http2(&peer, host, &[], &target).await;
            assert_eq!((status, body.len(), tells), (421, 0, false), "{host} {target:?}");
            let (status, body, tells) = over_http2(&peer, &own, &[("host", host)], &target).await;
            assert_eq!(
                (status, body.len(), tells),
                (421, 0, false),
                "host: {host} {target:?}"
            );
        }
    }
}

// S2
#[tokio::test]
async fn a_request_without_a_host_gets_421_also_in_http_1_0_and_in_absolute_form() {
    let peer = TestPeer::start(&[]);
    let host = peer.host();
    for text in [
        "GET / HTTP/1.1\r\n\r\n".to_owned(),
        "GET / HTTP/1.0\r\n\r\n".to_owned(),
        format!("GET http://evil.example/ HTTP/1.1\r\nhost: {host}\r\n\r\n"),
        format!("GET http://{host}/ HTTP/1.1\r\nhost: evil.example\r\n\r\n"),
    ] {
        let answer = ask(&peer, &text).await;
        assert_eq!((answer.status, answer.body.as_slice()), (421, &b""[..]), "{text}");
    }
    let text = format!("GET http://{host}/ HTTP/1.1\r\nhost: {host}\r\n\r\n");
    assert_eq!(ask(&peer, text).await.status, 200);
    assert_eq!(
        ask(&peer, format!("GET / HTTP/1.0\r\nhost: {host}\r\n\r\n"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn each_of_our_own_names_is_a_host() {
    let peer = TestPeer::start(&[]);
    for name in ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"] {
        let host = format!("{name}:{}", peer.port);
        assert_eq!(
            ask(&peer, request("GET", "/", &[("host", &host)], b""))
                .await
                .status,
            200,
            "{host}"
        );
        let page = ("GET", "/", vec![], vec![]);
        assert_eq!(over_http2(&peer, &host, &[], &page).await.0, 200, "{host}");
    }
}

// S3 for upgrades, S7 for gRPC-Web, and everything else.
#[tokio::test]
async fn a_page_of_another_origin_gets_403_whatever_it_asks_and_cannot_read_why() {
    let peer = TestPeer::start(&["--allow-origin", "http://localhost:8080"]);
    let host = peer.host();
    let foreign = [
        "null".to_owned(),
        "http://evil.example".into(),
        format!("https://{host}"),
        format!("http://localhost:{}", peer.port ^ 1),
        "http://localhost".into(),
        "http://127.0.0.1:8080".into(),
        "http://localhost:8080.evil.example".into(),
        "http://localhost:80801".into(),
        "".into(),
    ];
    for origin in &foreign {
        every_target_over_http1(&peer, &[("host", &host), ("origin", origin)], 403).await;
        for target in targets() {
            let (status, body, tells) = over_http2(&peer, &host, &[("origin", origin)], &target).await;
            let what = format!("{origin} {target:?}");
            assert_eq!((status, tells), (403, false), "{what}");
            check_body(status, target.0, &body, &what);
        }
    }
    let own = format!("http://{host}");
    every_target_over_http1(&peer, &[("host", &host), ("origin", &own), ("origin", &own)], 403).await;
    let two = [
        ("host", &*host),
        ("origin", &own),
        ("origin", "http://localhost:8080"),
    ];
    every_target_over_http1(&peer, &two, 403).await;
}

// S6 and S9: whoever looks into it is told, and nothing that is no origin is repeated.
#[tokio::test]
async fn who_is_refused_by_origin_is_told_how_to_allow_it_and_nothing_hostile_is_repeated() {
    let peer = TestPeer::start(&[]);
    let host = peer.host();
    let asked = async |name: &str, value: &str| {
        let headers = [("host", &*host), (name, value)];
        let answer = ask(&peer, request("GET", "/api/v1/network", &headers, b"")).await;
        assert_eq!(answer.status, 403, "{value}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        detail(&answer.body)
    };
    for origin in [
        "http://localhost:8081",
        "https://example.org",
        "http://[::1]:5000",
    ] {
        let told = asked("origin", origin).await;
        let how = format!("start the peer with --allow-origin {origin}");
        assert!(told.contains(origin) && told.contains(&how), "{told}");
        // And that is so.
        let allowing = TestPeer::start(&["--allow-origin", origin]);
        let own = allowing.host();
        let page = request("GET", "/", &[("host", &*own), ("origin", origin)], b"");
        assert_eq!(ask(&allowing, page).await.status, 200, "{origin}");
    }
    assert!(
        asked("origin", "null")
            .await
            .contains("a file or a sandboxed frame")
    );
    let long = format!("http://{}.example", "a".repeat(300));
    for hostile in [
        "http://<script>",
        "http://[<b>]",
        "javascript:alert(1)",
        "http://a\"b",
        &long,
    ] {
        let told = asked("origin", hostile).await;
        assert!(told.contains("cannot be allowed"), "{told}");
        assert!(!told.contains(hostile), "{told}");
    }
    let told = asked("sec-fetch-site", "cross-site").await;
    assert!(told.contains("a web page of another site"), "{told}");
}

#[tokio::test]
async fn an_origin_is_judged_before_a_token_and_any_other_header() {
    let peer = TestPeer::start(&[]);
    let host = peer.host();
    let headers = [
        ("host", &*host),
        ("origin", "http://evil.example"),
        ("authorization", "Bearer anything"),
        ("sec-fetch-site", "same-origin"),
        ("x-forwarded-host", &host),
    ];
    every_target_over_http1(&peer, &headers, 403).await;
}

// S3: cross-site WebSocket hijack.
#[tokio::test]
async fn a_socket_opens_for_our_own_page_and_for_allowed_ones_and_for_no_other() {
    let peer = TestPeer::start(&["--allow-origin", "http://localhost:8080"]);
    let host = peer.host();
    let upgrade = async |origin: Option<&str>| {
        let mut headers = vec![("host", &*host)];
        headers.extend(origin.map(|origin| ("origin", origin)));
        headers.extend(UPGRADE);
        let answer = ask(
            &peer,
            request("GET", "/greet.Greeter/BidirectionalStreaming", &headers, b""),
        )
        .await;
        if answer.status == 101 {
            assert_eq!(answer.header("sec-websocket-protocol"), Some("grpc-websockets"));
        }
        answer.status
    };
    assert_eq!(upgrade(Some(&format!("http://{host}"))).await, 101);
    assert_eq!(
        upgrade(Some(&format!("http://127.0.0.1:{}", peer.port))).await,
        101
    );
    assert_eq!(upgrade(Some("http://localhost:8080")).await, 101);
    // No browser: a browser always says its origin in an upgrade.
    assert_eq!(upgrade(None).await, 101);
    assert_eq!(upgrade(Some("http://evil.example")).await, 403);
    assert_eq!(upgrade(Some("null")).await, 403);
    assert_eq!(upgrade(Some("http://localhost:8081")).await, 403);
    // An extension's page and a file are other origins, too.
    assert_eq!(upgrade(Some("chrome-extension://abcdefgh")).await, 403);
    assert_eq!(upgrade(Some("file://")).await, 403);
}

// S4, as far as it applies: pictures and scripts of foreign pages send no Origin.
#[tokio::test]
async fn without_an_origin_the_site_decides() {
    let peer = TestPeer::start(&["--allow-origin", "http://localhost:8080"]);
    let host = peer.host();
    for site in ["cross-site", "same-site", "nonsense", "", "\u{e9}"] {
        every_target_over_http1(&peer, &[("host", &host), ("sec-fetch-site", site)], 403).await;
    }
    for (site, mode, dest) in [
        ("cross-site", "no-cors", "image"),
        ("same-site", "no-cors", "script"),
    ] {
        let headers = [
            ("host", &*host),
            ("sec-fetch-site", site),
            ("sec-fetch-mode", mode),
            ("sec-fetch-dest", dest),
        ];
        every_target_over_http1(&peer, &headers, 403).await;
    }
    for site in ["same-origin", "none"] {
        let headers = [("host", &*host), ("sec-fetch-site", site)];
        assert_eq!(
            ask(&peer, request("GET", "/", &headers, b"")).await.status,
            200,
            "{site}"
        );
    }
}

#[tokio::test]
async fn a_link_from_anywhere_opens_the_page_and_does_nothing_else() {
    let peer = TestPeer::start(&[]);
    let host = peer.host();
    let link = async |method: &str, path: &str, dest: &str, more: &[(&str, &str)]| {
        let mut headers = vec![
            ("host", &*host),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", dest),
        ];
        headers.extend(more);
        ask(&peer, request(method, path, &headers, b"")).await.status
    };
    assert_eq!(link("GET", "/", "document", &[]).await, 200);
    assert_eq!(link("GET", "/", "iframe", &[]).await, 403);
    assert_eq!(link("GET", "/", "embed", &[]).await, 403);
    // A form of a foreign page is a navigation, too.
    assert_eq!(link("POST", "/", "document", &[]).await, 403);
    assert_eq!(
        link(
            "POST",
            "/greet.Greeter/OnlyResponse",
            "document",
            &[("content-type", "text/plain")]
        )
        .await,
        403
    );
    assert_eq!(link("GET", "/", "document", &[("origin", "null")]).await, 403);
    assert_eq!(
        link("GET", "/greet.Greeter/OnlyResponse", "document", &UPGRADE).await,
        403
    );
    // Only the page itself is worth a link.
    assert_eq!(link("GET", "/elsewhere", "document", &[]).await, 403);
}

/// A preflight as a browser sends it.
fn preflight(host: &str, origin: &str, asked: &str) -> Vec<u8> {
    let headers = [
        ("host", host),
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", asked),
        // What browsers ask before a public page may reach a private address. Nothing answers it here: S11.
        ("access-control-request-private-network", "true"),
        ("access-control-request-local-network", "true"),
    ];
    request("OPTIONS", "/greet.Greeter/OnlyResponse", &headers, b"")
}

/// A list in a header, sorted.
fn list(answer: &RawAnswer, name: &str) -> Vec<String> {
    let mut items: Vec<_> = answer
        .header(name)
        .unwrap_or_default()
        .split(',')
        .map(|item| item.trim().to_ascii_lowercase())
        .filter(|item| !item.is_empty())
        .collect();
    items.sort();
    items
}

// S6 and S11
#[tokio::test]
async fn a_preflight_of_an_unknown_origin_gets_403_and_its_page_is_told_nothing() {
    let default = TestPeer::start(&[]);
    let with_one = TestPeer::start(&["--allow-origin", "http://localhost:8080"]);
    for peer in [&default, &with_one] {
        for origin in ["http://evil.example", "null", "http://localhost:8081"] {
            let answer = ask(peer, preflight(&peer.host(), origin, "content-type")).await;
            assert_eq!(answer.status, 403, "{origin}");
            check_body(403, "OPTIONS", &answer.body, origin);
            check_tells_other_pages_nothing(&answer);
        }
    }
}

// S6, S7 and S11
#[tokio::test]
async fn an_allowed_origin_may_send_what_grpc_web_needs_and_read_exactly_the_status() {
    let one = TestPeer::start(&["--allow-origin", "http://localhost:8080"]);
    let many = TestPeer::start(&[
        "--allow-origin",
        "https://example.org",
        "--allow-origin",
        "http://localhost:*",
    ]);
    for (peer, origin) in [
        (&one, "http://localhost:8080"),
        (&many, "http://localhost:8080"),
        (&many, "http://localhost:3000"),
        (&many, "https://example.org"),
    ] {
        let asked = "content-type,grpc-timeout,parcero-count,x-grpc-web,x-user-agent";
        let answer = ask(peer, preflight(&peer.host(), origin, asked)).await;
        assert!([200, 204].contains(&answer.status), "{answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        let allowed = list(&answer, "access-control-allow-headers");
        assert_eq!(allowed, asked.split(',').collect::<Vec<_>>(), "{origin}");
        assert!(list(&answer, "access-control-allow-methods").contains(&"post".to_owned()));
        check_opens_no_more_than_it_must(&answer);

        let headers = [
            ("host", &*peer.host()),
            ("origin", origin),
            ("sec-fetch-site", "same-site"),
            ("content-type", "application/grpc-web+proto"),
        ];
        let body = framed(0, &hello("Hola", "Ana"));
        let answer = ask(
            peer,
            request("POST", "/greet.Greeter/OnlyResponse", &headers, &body),
        )
        .await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        assert_eq!(
            list(&answer, "access-control-expose-headers"),
            ["grpc-message", "grpc-status", "grpc-status-details-bin"]
        );
        assert!(list(&answer, "vary").contains(&"origin".to_owned()), "{answer:?}");
        check_opens_no_more_than_it_must(&answer);
    }
}

#[track_caller]
fn check_opens_no_more_than_it_must(answer: &RawAnswer) {
    for name in ["private-network", "local-network", "credentials"] {
        assert_eq!(
            answer.header(&format!("access-control-allow-{name}")),
            None,
            "{answer:?}"
        );
    }
    let star = answer.headers.iter().find(|(name, values)| {
        name.starts_with("access-control-") && values.iter().any(|value| value.contains('*'))
    });
    assert_eq!(star, None, "{answer:?}");
}

// S6: no page of another origin is ever answered as if it were allowed.
#[tokio::test]
async fn our_own_page_needs_no_permission_and_gets_none() {
    let peer = TestPeer::start(&["--allow-origin", "http://localhost:8080"]);
    let host = peer.host();
    let origin = format!("http://{host}");
    let headers = [
        ("host", &*host),
        ("origin", &origin),
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/grpc-web+proto"),
    ];
    let body = framed(0, &hello("Hola", "Ana"));
    let answer = ask(
        &peer,
        request("POST", "/greet.Greeter/OnlyResponse", &headers, &body),
    )
    .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let answer = ask(&peer, request("GET", "/", &[("host", &host)], b"")).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn a_refusal_leaves_the_connection_of_http_1_usable() {
    let peer = TestPeer::start(&[]);
    let host = peer.host();
    let mut raw = Raw::connect(&peer).await;
    for _ in 0..3 {
        raw.send(request("GET", "/", &[("host", "evil.example")], b""))
            .await;
        assert_eq!(raw.answer(false).await.status, 421);
        raw.send(request("GET", "/", &[("host", &host), ("origin", "null")], b""))
            .await;
        assert_eq!(raw.answer(false).await.status, 403);
        raw.send(request("GET", "/", &[("host", &host)], b"")).await;
        assert_eq!(raw.answer(false).await.status, 200);
    }
}

// S1: bind.
#[test]
fn any_address_but_the_loopback_is_refused_with_a_sentence_and_exit_code_2() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:50051", "[::ffff:127.0.0.1]:0"] {
        let data_dir = tempfile::tempdir().unwrap();
        let output = parcero()
            .args(["serve", "--listen", address, "--data-dir"])
            .arg(data_dir.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{address}: {said}");
        assert_eq!(output.stdout, b"", "{address}");
        assert!(said.contains("ssh -L"), "{address}: {said}");
    }
}

// S1: nothing else of this machine's addresses leads in.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn every_listening_socket_is_on_the_loopback() {
    let peer = TestPeer::start(&["--listen", "[::1]:0"]);
    let listening = std::fs::read_to_string(format!("/proc/{}/net/tcp", peer.id())).unwrap()
        + std::fs::read_to_string(format!("/proc/{}/net/tcp6", peer.id()))
            .unwrap()
            .as_str();
    let inodes: Vec<String> = std::fs::read_dir(format!("/proc/{}/fd", peer.id()))
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .map(|target| target.to_string_lossy().into_owned())
        .collect();
    let mut addresses: Vec<&str> = listening
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        // State 0A is LISTEN; the tenth field is the inode.
        .filter(|fields| fields.get(3) == Some(&"0A") && inodes.contains(&format!("socket:[{}]", fields[9])))
        .map(|fields| fields[1].split(':').next().unwrap())
        .collect();
    addresses.sort_unstable();
    // As the kernel writes ::1 and 127.0.0.1.
    assert_eq!(addresses, ["00000000000000000000000001000000", "0100007F"]);
}

#[tokio::test]
async fn any_method_that_is_no_word_is_refused_without_harm() {
    let peer = TestPeer::start(&[]);
    let host = peer.host();
    for method in ["TRACE", "PATCH", "PROPFIND", "QUERY"] {
        let answer = ask(&peer, request(method, "/", &[("host", &host)], b"")).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{method}");
    }
    let method = Method::CONNECT.as_str();
    let answer = ask(&peer, request(method, &host, &[("host", &host)], b"")).await;
    assert!((400..500).contains(&answer.status), "{answer:?}");
}
