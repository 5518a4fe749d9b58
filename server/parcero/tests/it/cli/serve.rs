//! Starting a peer.

use std::net::TcpListener;

use crate::support::{TestPeer, data_dir, parcero, run};

/// What `parcero serve` says when it does not start.
#[track_caller]
fn check_refused(arguments: &[&str], sentence: &str, hint: &str) {
    let folder = data_dir();
    let ended = run(
        parcero()
            .arg("serve")
            .arg("--data-dir")
            .arg(folder.path())
            .args(arguments),
        "",
    );
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(2), ""),
        "{}",
        ended.stderr
    );
    let lines: Vec<_> = ended.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].starts_with("error: ") && lines[0].contains(sentence),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with("hint: ") && lines[1].contains(hint),
        "{lines:?}"
    );
}

#[test]
fn serve_prints_exactly_one_line_with_the_port_it_took() {
    let peer = TestPeer::start(&[]);
    assert_ne!(peer.port, 0);
    assert_eq!(peer.url, format!("http://localhost:{}", peer.port));
    let (ended, _data_dir) = peer.stop();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""));
}

#[test]
fn with_json_the_one_line_is_an_object() {
    let folder = data_dir();
    let mut peer = crate::support::Running::start(
        parcero()
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder.path()),
    );
    peer.finish_typing();
    let line: serde_json::Value = serde_json::from_str(&peer.stdout.next().unwrap()).unwrap();
    assert!(line["url"].as_str().unwrap().starts_with("http://localhost:"));
}

#[test]
fn an_address_that_others_can_reach_is_refused_with_the_way_through_ssh() {
    for address in ["0.0.0.0:50051", "[::]:50051", "192.0.2.1:50051"] {
        check_refused(
            &["--listen", address],
            "can be reached from other machines",
            "ssh -L 50051:localhost:50051",
        );
    }
    // One good address does not excuse another.
    check_refused(
        &["--listen", "127.0.0.1:0", "--listen", "0.0.0.0:0"],
        "can be reached from other machines",
        "ssh -L 50051:localhost:50051",
    );
}

#[test]
fn a_taken_port_is_a_sentence_that_says_what_to_do() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    check_refused(
        &["--listen", &address],
        &format!("{address} is taken by another program"),
        "--listen 127.0.0.1:0",
    );
}

#[test]
fn every_address_that_was_asked_for_is_served() {
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("SKIPPED: this machine has no IPv6");
        return;
    }
    let peer = TestPeer::start(&["--listen", "[::1]:0"]);
    for address in peer.record()["addresses"].as_array().unwrap() {
        let url = format!("http://{}", address.as_str().unwrap());
        let ended = run(parcero().args(["hello", "unary", "--url", &url]), "");
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (Some(0), "Hello parcero\n"),
            "{url}"
        );
    }
}

#[test]
fn localhost_leads_to_a_peer_that_listens_by_ipv6_alone() {
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("SKIPPED: this machine has no IPv6");
        return;
    }
    let peer = TestPeer::start_in(data_dir(), "[::1]:0", &[]);
    assert_eq!(peer.url, format!("http://[::1]:{}", peer.port));
    let by_name = format!("http://localhost:{}", peer.port);
    let ended = run(parcero().args(["hello", "unary", "--url", &by_name]), "");
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "Hello parcero\n"),
        "{}",
        ended.stderr
    );
}

// S23
#[cfg(target_os = "linux")]
#[test]
fn open_opens_the_page_in_the_browser_and_tells_it_no_secret() {
    use std::os::unix::fs::PermissionsExt;

    let folder = data_dir();
    let opened = folder.path().join("opened");
    let browser = folder.path().join("xdg-open");
    // Written beside and renamed, so that the test never reads half of it.
    let script = format!(
        "#!/bin/sh\n(echo \"$1\"; env) > '{0}.new'\nmv '{0}.new' '{0}'\n",
        opened.display()
    );
    std::fs::write(&browser, script).unwrap();
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::join_paths(
        std::iter::once(folder.path().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );

    let data_dir = data_dir();
    let peer = crate::support::Running::start(
        parcero()
            .args(["serve", "--open", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data_dir.path())
            .env("PATH", path.unwrap())
            .env("PARCERO_SECRET", "a secret of more than sixteen letters")
            .env("LANGUAGE", "es"),
    );
    let line = peer.stdout.next().unwrap();
    let told = crate::support::until(|| std::fs::read_to_string(&opened).ok());
    let (url, environment) = told.split_once('\n').unwrap();
    assert_eq!(line, format!("Parcero is at {url}"));
    assert!(environment.contains("LANGUAGE=es\n"), "{environment}");
    assert!(
        !environment.contains("sixteen letters") && !environment.contains("PARCERO_"),
        "{environment}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_peer_may_open_as_many_files_as_the_system_lets_it() {
    let peer = TestPeer::start(&[]);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", peer.record()["pid"])).unwrap();
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    let words: Vec<_> = files.split_whitespace().collect();
    assert_eq!(words[3], words[4], "soft and hard: {files}");
}
