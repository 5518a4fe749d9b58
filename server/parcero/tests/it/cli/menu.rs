//! `parcero hello` alone.

use crate::support::TestPeer;

#[test]
fn the_menu_is_talk_and_the_replies_are_data() {
    let peer = TestPeer::start(&[]);
    let ended = peer.run_with_input(&["hello"], "1\nHola\nAna\nq\n");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "Hola Ana\n"));
    for line in [
        "1  unary",
        "2  server streaming",
        "3  client streaming",
        "4  bidirectional streaming",
    ] {
        assert!(ended.stderr.contains(line), "{}", ended.stderr);
    }
}

#[test]
fn every_kind_can_be_chosen_one_after_the_other() {
    let peer = TestPeer::start(&[]);
    let answers = [
        "1", "", "", "3", "Hola", "Ana", "Beto", "", "4", "Ey", "Caro", "", "5", "q",
    ];
    let ended = peer.run_with_input(&["hello"], &answers.join("\n"));
    assert_eq!(
        ended.stdout,
        "Hello parcero\n\
         You have sent 2 messages. Please expect a delayed response.\n  Hola Ana\n  Hola Beto\n\
         Ey Caro\n"
    );
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.stderr.contains("That is none of 1, 2, 3, 4 and q."),
        "{}",
        ended.stderr
    );
}

#[test]
fn server_streaming_from_the_menu_greets_at_the_pace_of_the_peer() {
    let peer = TestPeer::start(&[]);
    let mut client = peer.begin(&["hello"]);
    client.type_in("2\nHola\nAna\n");
    assert_eq!(client.stdout.next().unwrap(), "Hola Ana 1");
}

#[test]
fn the_end_of_the_input_quits() {
    let peer = TestPeer::start(&[]);
    let ended = peer.run(&["hello"]);
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.ends_with("Which one? \n"), "{}", ended.stderr);
    let ended = peer.run_with_input(&["hello"], "4\nHello\nAna");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "Hello Ana\n"));
}

#[test]
fn a_refused_call_brings_the_menu_back() {
    let peer = TestPeer::start(&["--max-message-bytes", "100"]);
    let too_long = "n".repeat(101);
    let ended = peer.run_with_input(&["hello"], &format!("1\n\n{too_long}\n1\n\nAna\nq\n"));
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "Hello Ana\n"),
        "{}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .contains("error: the peer answered 8 RESOURCE_EXHAUSTED"),
        "{}",
        ended.stderr
    );

    let ended = peer.run_with_input(&["hello"], &format!("1\n\n{too_long}\nq\n"));
    assert_eq!(ended.code, Some(1), "it ends as the last call did");
}
