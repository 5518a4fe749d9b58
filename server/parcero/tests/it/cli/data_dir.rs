//! How commands find a peer, and how two peers keep out of each other's way.

use crate::support::{TestPeer, data_dir, parcero, run};

#[test]
fn without_a_peer_a_client_command_says_how_to_get_one() {
    let folder = data_dir();
    for command in [&["hello", "unary"][..], &["hello"], &["about"]] {
        let ended = run(parcero().args(command).arg("--data-dir").arg(folder.path()), "");
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        let lines: Vec<_> = ended.stderr.lines().collect();
        assert!(
            lines[0].starts_with("error: no peer is running with the data folder"),
            "{lines:?}"
        );
        assert_eq!(lines[1], "hint: start one with `parcero`, or name one with --url");
    }
}

#[test]
fn parcero_beside_a_running_peer_prints_its_address() {
    let peer = TestPeer::start(&[]);
    let ended = peer.run(&[]);
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stdout, format!("Parcero is at {}\n", peer.url));

    let ended = peer.run(&["--json"]);
    assert_eq!(
        ended.stdout,
        format!("{{\"url\":\"{}\",\"others\":[]}}\n", peer.url)
    );
}

#[test]
fn serve_beside_a_running_peer_is_refused() {
    let peer = TestPeer::start(&[]);
    let ended = peer.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(
        ended
            .stderr
            .contains("a peer is already running with the data folder"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains(&peer.url), "{}", ended.stderr);
    assert_eq!(
        peer.run(&["about"]).code,
        Some(0),
        "the running peer is not harmed"
    );
}

#[test]
fn the_record_of_a_killed_peer_is_not_believed() {
    let folder = TestPeer::start(&[]).kill();
    assert!(folder.path().join("peer.json").exists(), "it could not clean up");

    let ended = run(parcero().args(["about", "--data-dir"]).arg(folder.path()), "");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("no peer is running"), "{}", ended.stderr);

    let peer = TestPeer::start_in(folder, "127.0.0.1:0", &[]);
    assert_eq!(peer.run(&["hello", "unary"]).stdout, "Hello parcero\n");
}

#[test]
fn a_peer_can_be_started_again_on_its_port() {
    let peer = TestPeer::start(&["--name", "first"]);
    let port = peer.port;
    let peer = peer.restart(&["--name", "second"]);
    assert_eq!(peer.port, port);
    assert!(peer.run(&["about"]).stdout.starts_with("name      second\n"));
}

#[test]
fn the_folder_is_found_by_the_environment_too() {
    let peer = TestPeer::start(&[]);
    let ended = run(
        parcero().arg("about").env("PARCERO_DATA_DIR", peer.data_dir()),
        "",
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let ended = run(parcero().arg("about").env("PARCERO_URL", &peer.url), "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn the_folder_is_in_the_place_of_the_platform_by_default() {
    let home = data_dir();
    let peer = crate::support::Running::start(
        parcero()
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("HOME", home.path())
            .env_remove("XDG_DATA_HOME"),
    );
    peer.stdout.next().unwrap();
    assert!(home.path().join(".local/share/parcero/peer.json").exists());
}

#[cfg(unix)]
#[test]
fn a_folder_open_to_others_that_is_not_ours_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let ended = run(parcero().args(["serve", "--data-dir"]).arg(folder.path()), "");
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("other accounts of this machine can open"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("hint: close it with"), "{}", ended.stderr);
}

// S23
#[test]
fn the_token_is_on_disk_and_nowhere_else() {
    let folder = data_dir();
    let mut peer = crate::support::Running::start(
        parcero()
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder.path())
            .env("PARCERO_LOG", "trace"),
    );
    peer.finish_typing();
    peer.stdout.next().unwrap();
    let token = std::fs::read_to_string(folder.path().join("token")).unwrap();
    assert_eq!(token.len(), 64);
    let record = std::fs::read_to_string(folder.path().join("peer.json")).unwrap();
    assert!(!record.contains(&token));

    let mut about = parcero();
    about
        .args(["about", "--data-dir"])
        .arg(folder.path())
        .env("PARCERO_LOG", "trace");
    let client = run(&mut about, "");
    assert_eq!(client.code, Some(0));
    assert!(!client.stderr.contains(&token) && !client.stdout.contains(&token));

    peer.stop();
    let ended = peer.wait();
    assert!(!ended.stderr.is_empty(), "everything is logged");
    assert!(!ended.stderr.contains(&token));
    assert!(!folder.path().join("token").exists());
}

// S25: what this account keeps is of no use to another one.
#[cfg(target_os = "linux")]
#[test]
fn another_account_gets_nothing_out_of_the_folder_of_a_running_peer() {
    use std::os::unix::{fs::PermissionsExt, process::CommandExt};

    if !rustix::process::geteuid().is_root() {
        let how = "only root can act as another account";
        assert!(std::env::var_os("PARCERO_REQUIRE_ALL").is_none(), "{how}");
        eprintln!("!! SKIPPED: {how}");
        return;
    }
    // The binary may be where that account cannot go. Copied by another process, or a test that starts something just then
    // would keep it open for writing.
    let open_to_all = tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(0o755))
        .tempdir()
        .unwrap();
    let binary = open_to_all.path().join("parcero");
    let copied = run(
        std::process::Command::new("cp")
            .arg(env!("CARGO_BIN_EXE_parcero"))
            .arg(&binary),
        "",
    );
    assert_eq!(copied.code, Some(0), "{}", copied.stderr);
    let as_nobody = |program: &std::path::Path, arguments: &[&str]| {
        let mut command = std::process::Command::new(program);
        command.args(arguments).env_clear().current_dir("/");
        run(command.uid(65534).gid(65534), "")
    };
    assert_eq!(as_nobody(&binary, &["--version"]).code, Some(0), "it can be run");

    let peer = TestPeer::start(&[]);
    let folder = peer.data_dir().to_str().unwrap();
    for arguments in [&["about"][..], &["peers"], &["hello", "unary"], &["serve"], &[]] {
        let refused = as_nobody(&binary, &[arguments, &["--data-dir", folder]].concat());
        assert_eq!(
            (refused.code, refused.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
        assert!(refused.stderr.contains("Permission denied"), "{}", refused.stderr);
    }
    for name in ["key", "token", "peer.json", "peer.db"] {
        let path = format!("{folder}/{name}");
        assert!(std::path::Path::new(&path).exists(), "{path}");
        let read = as_nobody("/bin/cat".as_ref(), &[&path]);
        assert_eq!((read.code, read.stdout.as_str()), (Some(1), ""), "{path}");
    }
    assert_eq!(peer.run(&["about"]).code, Some(0), "its own account uses it");
}
