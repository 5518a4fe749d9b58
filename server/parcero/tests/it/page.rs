//! The page as a browser gets it: headers, codings, caching, and what is not there.
#![cfg(feature = "page")]

use crate::support::{
    TestPeer,
    http1::{Raw, RawAnswer, ask, request},
};

async fn get(peer: &TestPeer, path: &str, headers: &[(&str, &str)]) -> RawAnswer {
    let host = peer.host();
    let all = [&[("host", host.as_str())], headers].concat();
    ask(peer, request("GET", path, &all, b"")).await
}

/// The paths the index names, as a browser would find them.
async fn named_by_the_index(peer: &TestPeer) -> Vec<String> {
    let index = String::from_utf8(get(peer, "/", &[]).await.body).unwrap();
    let mut paths: Vec<String> = index
        .split(['"', '\''])
        .filter(|text| text.starts_with('/') && text.contains('.') && !text.contains(char::is_whitespace))
        .map(str::to_owned)
        .collect();
    paths.sort();
    paths.dedup();
    assert!(
        paths.iter().any(|path| path.ends_with(".js")),
        "{paths:?} in {index}"
    );
    assert!(
        paths.iter().any(|path| path.ends_with(".wasm")),
        "{paths:?} in {index}"
    );
    paths
}

// S8 and S11
#[track_caller]
fn check_protected(answer: &RawAnswer) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{answer:?}");
    }
    let told = answer
        .headers
        .keys()
        .find(|name| name.starts_with("access-control-") || *name == "server" || *name == "x-powered-by");
    assert_eq!(told, None, "{answer:?}");
}

// S8
#[tokio::test]
async fn every_answer_tells_the_browser_to_keep_it_to_itself() {
    let peer = TestPeer::start(&[]);
    let host = peer.host();
    let mut paths = named_by_the_index(&peer).await;
    paths.extend([
        "/".to_owned(),
        "/nothing-here".to_owned(),
        "/../etc/passwd".to_owned(),
    ]);
    for path in &paths {
        check_protected(&get(&peer, path, &[]).await);
    }
    for method in ["POST", "OPTIONS", "DELETE"] {
        check_protected(&ask(&peer, request(method, "/", &[("host", &host)], b"")).await);
    }
    check_protected(&ask(&peer, request("GET", "/", &[("host", "evil.example")], b"")).await);
    check_protected(&get(&peer, "/", &[("origin", "null")]).await);
    let headers = [("host", &*host), ("content-type", "application/grpc-web+proto")];
    let call = ask(
        &peer,
        request("POST", "/greet.Greeter/OnlyResponse", &headers, &[0; 5]),
    )
    .await;
    check_protected(&call);
    // Answers to calls are nobody else's business, a cache's least of all.
    assert_eq!(call.header("cache-control"), Some("no-store"));
}

// S10
#[tokio::test]
async fn the_policy_of_the_page_allows_its_own_code_and_nothing_that_could_run_another_s() {
    let peer = TestPeer::start(&[]);
    let index = get(&peer, "/", &[]).await;
    let policy = index.header("content-security-policy").unwrap().to_owned();
    let directives: Vec<(&str, Vec<&str>)> = policy
        .split(';')
        .map(|directive| {
            let mut words = directive.split_whitespace();
            (words.next().unwrap(), words.collect())
        })
        .collect();
    let sources = |name: &str| {
        let found = directives.iter().find(|(directive, _)| *directive == name);
        &found.unwrap_or_else(|| panic!("no {name} in {policy}")).1
    };
    for name in ["default-src", "base-uri", "form-action", "frame-ancestors"] {
        assert_eq!(*sources(name), ["'none'"], "{policy}");
    }
    for never in [
        "unsafe-inline",
        "'unsafe-eval'",
        "unsafe-hashes",
        "http:",
        "https:",
        " * ",
        "strict-dynamic",
    ] {
        assert!(!policy.contains(never), "{never} in {policy}");
    }
    for source in sources("script-src").iter().chain(sources("style-src")) {
        let fine = ["'self'", "'wasm-unsafe-eval'"].contains(source) || source.starts_with("'sha256-");
        assert!(fine, "{source} in {policy}");
    }
    let own_socket = format!("ws://{}", peer.host());
    assert_eq!(*sources("connect-src"), ["'self'", &own_socket], "{policy}");
    assert_eq!(*sources("require-trusted-types-for"), ["'script'"], "{policy}");

    // What is inline is there by its hash, and nothing else is inline.
    let html = String::from_utf8(index.body).unwrap();
    let inline = html.matches("<script").count() - html.matches("<script src").count();
    let hashes = sources("script-src")
        .iter()
        .filter(|source| source.starts_with("'sha256-"))
        .count();
    assert_eq!(inline, hashes, "{policy}");
    for attribute in [" onclick=", " onload=", " onerror=", " style=\"", "javascript:"] {
        assert!(!html.contains(attribute), "{attribute} in {html}");
    }
}

// S9: the page's own code never turns text into markup.
#[test]
fn no_source_of_the_page_turns_text_into_markup() {
    fn sources(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    let web = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/src");
    sources(&web, &mut found);
    assert!(found.len() > 3, "{found:?}");
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        for never in [
            "inner_html",
            "set_outer_html",
            "insert_adjacent_html",
            "document().write",
            "eval(",
        ] {
            assert!(!text.contains(never), "{never} in {}", path.display());
        }
    }
}

#[tokio::test]
async fn the_page_comes_compressed_as_the_browser_likes_it_best() {
    let peer = TestPeer::start(&[]);
    let mut paths = named_by_the_index(&peer).await;
    paths.push("/".to_owned());
    for path in &paths {
        let plain = get(&peer, path, &[]).await;
        assert_eq!(
            (plain.status, plain.header("content-encoding")),
            (200, None),
            "{path}"
        );
        for (accepted, coding) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("identity", None),
            ("deflate", None),
        ] {
            let answer = get(&peer, path, &[("accept-encoding", accepted)]).await;
            assert_eq!(answer.status, 200, "{path} {accepted}");
            assert_eq!(answer.header("content-encoding"), coding, "{path} {accepted}");
            assert_eq!(
                answer.header("content-type"),
                plain.header("content-type"),
                "{path} {accepted}"
            );
            assert!(
                answer.header("vary").unwrap().contains("accept-encoding"),
                "{path} {accepted}"
            );
            let unpacked = match coding {
                None => answer.body,
                Some("gzip") => {
                    let mut bytes = Vec::new();
                    let mut decoder = flate2::read::GzDecoder::new(answer.body.as_slice());
                    std::io::Read::read_to_end(&mut decoder, &mut bytes).unwrap();
                    bytes
                }
                Some(_) => {
                    let mut bytes = Vec::new();
                    brotli::BrotliDecompress(&mut answer.body.as_slice(), &mut bytes).unwrap();
                    bytes
                }
            };
            assert!(
                unpacked == plain.body,
                "{path} {accepted}: other bytes than uncompressed"
            );
        }
    }
}

#[tokio::test]
async fn what_has_a_hash_in_its_name_is_kept_for_ever_and_the_index_never() {
    let peer = TestPeer::start(&[]);
    assert_eq!(
        get(&peer, "/", &[]).await.header("cache-control"),
        Some("no-cache")
    );
    for path in named_by_the_index(&peer).await {
        let cached = get(&peer, &path, &[]).await;
        assert_eq!(
            cached.header("cache-control"),
            Some("public, max-age=31536000, immutable"),
            "{path}"
        );
        assert!(
            path.chars().filter(char::is_ascii_digit).count() > 0,
            "no hash in {path}"
        );
        // Another content would have another name: this name with another hash is nothing.
        let (start, end) = path.rsplit_once('-').unwrap_or((&path, ".js"));
        let other = get(&peer, &format!("{start}-0000{end}"), &[]).await;
        assert_eq!(other.status, 404, "{path}");
        assert_eq!(other.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[tokio::test]
async fn each_file_says_what_it_is() {
    let peer = TestPeer::start(&[]);
    for path in named_by_the_index(&peer)
        .await
        .iter()
        .map(String::as_str)
        .chain(["/"])
    {
        let answer = get(&peer, path, &[]).await;
        let expected = match path.rsplit_once('.').map_or("html", |(_, extension)| extension) {
            "html" => "text/html; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "wasm" => "application/wasm",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            other => panic!("what is {other}?"),
        };
        assert_eq!(answer.header("content-type"), Some(expected), "{path}");
    }
}

#[tokio::test]
async fn head_says_the_same_as_get_without_the_body() {
    let peer = TestPeer::start(&[]);
    let host = peer.host();
    let mut raw = Raw::connect(&peer).await;
    for path in ["/", "/nothing-here"] {
        let got = get(&peer, path, &[]).await;
        raw.send(request("HEAD", path, &[("host", &host)], b"")).await;
        // The next answer on this connection would be garbled had there been a body.
        let head = raw.answer(true).await;
        assert_eq!(head.status, got.status, "{path}");
        let mut headers = (head.headers, got.headers);
        headers.0.remove("date");
        headers.1.remove("date");
        assert_eq!(headers.0, headers.1, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_404_and_what_cannot_be_written_is_405() {
    let peer = TestPeer::start(&[]);
    let host = peer.host();
    for path in [
        "/nothing-here",
        "//",
        "/index.html.bak",
        "/%2e%2e/Cargo.toml",
        "/?/../x",
        "/.well-known/x",
    ] {
        let expected = if path.starts_with("/?") { 200 } else { 404 };
        assert_eq!(get(&peer, path, &[]).await.status, expected, "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let answer = ask(&peer, request(method, "/", &[("host", &host)], b"")).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some("GET, HEAD")),
            "{method}"
        );
    }
}
