//! How peers and clients end: signals, closed pipes, lost connections.

#![cfg(unix)]

use std::{
    io::{BufRead, BufReader, Read},
    process::Stdio,
};

use rustix::process::Signal;

use crate::support::{TestPeer, parcero};

#[test]
fn each_stop_signal_ends_an_idle_peer_cleanly() {
    for signal in [Signal::INT, Signal::TERM] {
        let peer = TestPeer::start(&[]);
        peer.signal(signal);
        let (ended, folder) = peer.wait();
        assert_eq!(ended.code, Some(0), "{signal:?}: {}", ended.stderr);
        assert!(!folder.path().join("peer.json").exists());
        assert!(!folder.path().join("token").exists());
    }
}

#[test]
fn a_stopping_peer_says_how_many_calls_are_left_and_lets_them_finish() {
    let peer = TestPeer::start(&[]);
    let mut client = peer.begin(&["hello", "bidi"]);
    client.type_in("Ana\n");
    assert_eq!(client.stdout.next().unwrap(), "Hello Ana");

    peer.signal(Signal::INT);
    peer.says("Waiting for 1 call to finish.");
    for command in [&[][..], &["about"], &["hello", "unary"], &["serve"]] {
        let told = peer.run(command);
        assert_eq!(
            (told.code, told.stdout.as_str()),
            (Some(2), ""),
            "{command:?}: {}",
            told.stderr
        );
        assert!(
            told.stderr.contains(" is stopping\nhint: start one again"),
            "{}",
            told.stderr
        );
    }
    client.type_in("Beto\n");
    assert_eq!(client.stdout.next().unwrap(), "Hello Beto", "the call goes on");
    client.finish_typing();
    assert_eq!(client.wait().code, Some(0));
    let (ended, _folder) = peer.wait();
    assert_eq!(ended.code, Some(0));
}

#[test]
fn a_second_signal_ends_a_peer_at_once() {
    let peer = TestPeer::start(&[]);
    let mut client = peer.begin(&["hello", "bidi"]);
    client.type_in("Ana\n");
    client.stdout.next().unwrap();

    peer.signal(Signal::INT);
    peer.says("Waiting for 1 call to finish.");
    peer.signal(Signal::INT);
    let (ended, folder) = peer.wait();
    assert_eq!(ended.code, Some(130));
    assert!(
        !folder.path().join("token").exists(),
        "even so nothing is left behind"
    );

    let lost = client.wait();
    assert_eq!(lost.code, Some(2), "{}", lost.stderr);
}

#[test]
fn ctrl_c_cancels_a_call_and_exits_with_130() {
    let peer = TestPeer::start(&[]);
    let client = peer.begin(&["hello", "server", "--interval", "60000"]);
    assert_eq!(client.stdout.next().unwrap(), "Hello parcero 1");
    client.signal(Signal::INT);
    assert_eq!(client.wait().code, Some(130));
    // The peer has heard of it: the call is counted as given up by its caller.
    crate::support::until(|| {
        let about: serde_json::Value = serde_json::from_str(&peer.run(&["about", "--json"]).stdout).unwrap();
        (about["calls"]["cancelled"] == "1").then_some(())
    });
}

#[test]
fn ctrl_c_ends_a_client_that_waits_for_a_person_to_type() {
    let peer = TestPeer::start(&[]);
    for arguments in [&["hello"][..], &["hello", "bidi"], &["hello", "client"]] {
        let mut client = peer.begin(arguments);
        if arguments.len() == 1 {
            client.stderr.find("quit");
        } else {
            // A reply would come for bidi alone; that it has the connection shows in the figures of the peer.
            client.type_in("Ana\n");
            crate::support::until(|| {
                let about: serde_json::Value =
                    serde_json::from_str(&peer.run(&["about", "--json"]).stdout).unwrap();
                // The question itself is one of the open calls.
                (about["calls"]["open"] == "2").then_some(())
            });
        }
        client.signal(Signal::INT);
        assert_eq!(client.wait().code, Some(130), "{arguments:?}");
        crate::support::until(|| {
            let about: serde_json::Value =
                serde_json::from_str(&peer.run(&["about", "--json"]).stdout).unwrap();
            (about["calls"]["open"] == "1").then_some(())
        });
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_a_client_quietly() {
    let peer = TestPeer::start(&[]);
    let mut command = peer.command(&["hello", "server", "--count", "100000", "--interval", "0"]);
    let mut client = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(client.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert_eq!(first, "Hello parcero 1\n");

    let mut talk = String::new();
    client.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
    assert_eq!((client.wait().unwrap().code(), talk.as_str()), (Some(0), ""));
}

#[test]
fn completions_into_a_closed_pipe_end_quietly() {
    let mut client = parcero()
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(client.stdout.take());
    let mut talk = String::new();
    client.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
    assert_eq!((client.wait().unwrap().code(), talk.as_str()), (Some(0), ""));
}

#[test]
fn a_peer_that_is_killed_during_a_call_is_a_lost_connection() {
    let peer = TestPeer::start(&[]);
    let mut client = peer.begin(&["hello", "bidi"]);
    client.type_in("Ana\n");
    client.stdout.next().unwrap();
    drop(peer.kill());

    // Its standard input is still open: it does not wait for more.
    let ended = client.wait();
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .stderr
            .starts_with("error: the connection to the peer was lost: "),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("\nhint: "), "{}", ended.stderr);
}
