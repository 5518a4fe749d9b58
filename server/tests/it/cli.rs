//! The command line, as a person or a script meets it.

use crate::support::{TestPeer, parcero, run};

#[test]
fn serve_prints_exactly_one_line_with_the_port_it_took() {
    let peer = TestPeer::start(&[]);
    assert_ne!(peer.port, 0);
    assert_eq!(peer.url, format!("http://localhost:{}", peer.port));
    peer.interrupt();
    let (ended, _data_dir) = peer.wait();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""));
}

#[test]
fn hello_unary_greets_once() {
    let peer = TestPeer::start(&[]);
    let ended = peer.run(&["hello", "unary", "--name", "Ana", "--greeting", "Quiubo"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "Quiubo Ana\n"));
}

#[test]
fn without_a_peer_a_client_command_says_how_to_get_one() {
    let folder = tempfile::tempdir().unwrap();
    let ended = run(
        parcero()
            .args(["hello", "unary", "--data-dir"])
            .arg(folder.path()),
        "",
    );
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(
        ended
            .stderr
            .starts_with("error: no peer is running with the data folder"),
        "{}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .contains("\nhint: start one with `parcero`, or name one with --url"),
        "{}",
        ended.stderr
    );
}
