//! What is printed, for people and for programs.

use serde_json::{Value, json};

use crate::support::{TestPeer, parcero, run};

fn objects(lines: &str) -> Vec<Value> {
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn json_is_one_whole_object_a_line() {
    let peer = TestPeer::start(&[]);
    let json = |arguments: &[&str], input| {
        let ended = peer.run_with_input(&[arguments, &["--json"]].concat(), input);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        objects(&ended.stdout)
    };
    assert_eq!(
        json(&["hello", "unary"], ""),
        [json!({ "message": "Hello parcero" })]
    );
    assert_eq!(
        json(&["hello", "server", "--count", "2", "--interval", "0"], ""),
        [
            json!({ "message": "Hello parcero 1" }),
            json!({ "message": "Hello parcero 2" })
        ]
    );
    assert_eq!(
        json(&["hello", "client"], "Ana\n"),
        [json!({
            "message": "You have sent 1 messages. Please expect a delayed response.",
            "request": [{ "name": "Ana", "greeting": "Hello" }],
        })]
    );
    assert_eq!(
        json(&["hello", "bidi"], "Ana\n"),
        [json!({ "message": "Hello Ana" })]
    );
}

#[test]
fn what_would_act_on_a_terminal_is_written_out() {
    let peer = TestPeer::start(&[]);
    let name = "\u{1b}[2J\u{202e}gpj\u{9b}\u{7}";
    let ended = peer.run_with_input(&["hello", "bidi"], name);
    assert_eq!(ended.stdout, "Hello ‹U+001B›[2J‹U+202E›gpj‹U+009B›‹U+0007›\n");

    // For a program it stays what it was, and still cannot act.
    let ended = peer.run_with_input(&["hello", "bidi", "--json"], name);
    assert!(
        !ended
            .stdout
            .trim_end()
            .contains(|c: char| c.is_control() || c == '\u{202e}')
    );
    assert_eq!(
        objects(&ended.stdout),
        [json!({ "message": format!("Hello {name}") })]
    );
}

#[test]
fn about_tells_who_the_peer_is_and_what_became_of_its_calls() {
    let peer = TestPeer::start(&["--name", "casa", "--max-message-bytes", "5000"]);
    assert_eq!(peer.run(&["hello", "unary"]).code, Some(0));
    let about = &objects(&peer.run(&["about", "--json"]).stdout)[0];
    assert_eq!(about["name"], "casa");
    assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(about["maxMessageBytes"], "5000");
    assert_eq!(about["calls"]["completed"], "1");
    assert_eq!(about["calls"]["deadlineExceeded"], "0");

    let text = peer.run(&["about"]).stdout;
    assert!(text.contains("name      casa\n"), "{text}");
    assert!(text.contains(&format!("address   {}\n", peer.url)), "{text}");
}

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = run(parcero().args(["completions", shell]), "");
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{shell}");
        assert!(
            ended.stdout.contains("hello") && ended.stdout.contains("bidi"),
            "{shell}"
        );
    }
}

#[test]
fn help_is_data_and_teaches_by_example() {
    for command in [
        &["--help"][..],
        &["serve", "--help"],
        &["hello", "--help"],
        &["hello", "unary", "--help"],
        &["hello", "server", "--help"],
        &["hello", "client", "--help"],
        &["hello", "bidi", "--help"],
        &["about", "--help"],
        &["completions", "--help"],
    ] {
        let ended = run(parcero().args(command), "");
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{command:?}");
        assert!(ended.stdout.contains("Examples:"), "{command:?}");
        assert!(!ended.stdout.contains('\u{1b}'), "no colours in a pipe");
    }
    let ended = run(parcero().arg("--version"), "");
    assert_eq!(ended.stdout, format!("parcero {}\n", env!("CARGO_PKG_VERSION")));
}
