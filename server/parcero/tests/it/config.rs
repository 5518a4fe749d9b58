//! Flags over the environment over a file over the defaults, and who gave what.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Ended, data_dir, parcero, run};

/// `parcero config show` with these flags, in an environment of these variables, with this file in the data folder.
fn show(flags: &[&str], variables: &[(&str, &str)], file: Option<&str>) -> (Ended, tempfile::TempDir) {
    let folder = data_dir();
    if let Some(text) = file {
        std::fs::write(folder.path().join("config.toml"), text).unwrap();
    }
    let mut command = parcero();
    command.args(["config", "show", "--data-dir"]).arg(folder.path());
    command.args(flags).envs(variables.iter().copied());
    (run(&mut command, ""), folder)
}

/// The object of one key.
#[track_caller]
fn setting(ended: &Ended, key: &str) -> Value {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|setting| setting["key"] == key)
        .unwrap_or_else(|| panic!("no {key} in {}", ended.stdout))
}

#[track_caller]
fn check(ended: &Ended, sentence: &str, hint: &str) {
    assert_eq!(ended.code, Some(2), "{}", ended.stdout);
    let (said, advised) = ended.stderr.split_once("hint: ").unwrap_or((&ended.stderr, ""));
    assert!(said.contains(sentence), "{}", ended.stderr);
    assert!(advised.contains(hint), "{}", ended.stderr);
}

#[test]
fn a_value_that_cannot_be_is_to_be_changed_where_it_was_given() {
    let far = "0.0.0.0:50051";
    let listen = Some("listen = ['0.0.0.0:50051']");
    let said = |flags: &[&str], variables: &[(&str, &str)], file| show(flags, variables, file).0;
    let sentence = "can be reached from other machines";
    check(
        &said(&["--listen", far], &[], listen),
        sentence,
        "leave --listen away",
    );
    let by_variable = said(&[], &[("PARCERO_LISTEN", far)], listen);
    check(
        &by_variable,
        sentence,
        "change PARCERO_LISTEN in the environment\n",
    );
    let by_file = said(&[], &[], listen);
    check(&by_file, sentence, "change `listen` in ");
    assert!(!by_file.stderr.contains("--listen"), "{}", by_file.stderr);
    let no_list = said(&[], &[], Some("listen = '127.0.0.1:0'"));
    check(&no_list, "expected a list: ['127.0.0.1:0']", "correct the file");
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file_and_that_over_the_default() {
    let name = |flags: &[&str], variables: &[(&str, &str)], file| {
        let (ended, folder) = show(&[flags, &["--json"]].concat(), variables, file);
        let setting = setting(&ended, "name");
        let place = setting["place"].as_str().unwrap().to_owned();
        let is_file = Path::new(&place) == folder.path().join("config.toml");
        let value = setting["values"][0].as_str().unwrap().to_owned();
        let place = if is_file { "the file".to_owned() } else { place };
        (value, setting["origin"].as_str().unwrap().to_owned(), place)
    };
    let (flag, variable, file) = (&["--name", "a"], [("PARCERO_NAME", "b")], Some("name = 'c'"));
    let seen = name(flag, &variable, file);
    assert_eq!(seen, ("a".into(), "ORIGIN_FLAG".into(), "--name".into()));
    let seen = name(&[], &variable, file);
    assert_eq!(
        seen,
        ("b".into(), "ORIGIN_ENVIRONMENT".into(), "PARCERO_NAME".into())
    );
    let seen = name(&[], &[], file);
    assert_eq!(seen, ("c".into(), "ORIGIN_FILE".into(), "the file".into()));
    let (_, origin, place) = name(&[], &[], None);
    assert_eq!((origin.as_str(), place.as_str()), ("ORIGIN_DEFAULT", ""));
}

#[test]
fn no_by_a_stronger_layer_wins_over_yes_by_a_weaker_one() {
    let file = Some("no-discovery = true\ninternet = true\n");
    let (ended, _folder) = show(
        &["--json", "--internet=false"],
        &[("PARCERO_NO_DISCOVERY", "0")],
        file,
    );
    assert_eq!(setting(&ended, "no-discovery")["values"], json!(["false"]));
    assert_eq!(
        setting(&ended, "no-discovery")["origin"],
        json!("ORIGIN_ENVIRONMENT")
    );
    assert_eq!(setting(&ended, "internet")["values"], json!(["false"]));
    assert_eq!(setting(&ended, "internet")["origin"], json!("ORIGIN_FLAG"));

    let (ended, _folder) = show(&[], &[("PARCERO_INTERNET", "perhaps")], None);
    check(&ended, "invalid value 'perhaps'", "");
}

#[test]
fn what_is_shown_is_a_file_that_can_be_used() {
    let flags = [
        "--name",
        "a \"quoted\" name",
        "--listen",
        "127.0.0.1:7,[::1]:7",
        "--internet",
        "--relay",
        "https://relay.example",
    ];
    let (first, _folder) = show(&flags, &[], None);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let (second, _folder) = show(&[], &[], Some(&first.stdout));
    assert_eq!(second.stdout, first.stdout, "{}", second.stderr);

    let (with_origin, _folder) = show(&["--origin", "--name", "casa"], &[], Some(&first.stdout));
    let line = |key: &str| {
        let line = with_origin.stdout.lines().find(|line| line.starts_with(key));
        line.unwrap().to_owned()
    };
    assert!(line("name =").contains("# by the flag --name"), "{with_origin:?}");
    assert!(line("listen =").contains("config.toml"), "{with_origin:?}");
    let (third, _folder) = show(&[], &[], Some(&with_origin.stdout));
    assert_eq!(third.code, Some(0), "also with origins: {}", third.stderr);
}

#[test]
fn an_unknown_key_is_an_error_that_names_the_known_one() {
    let (ended, _folder) = show(&[], &[], Some("peer-lisen = '127.0.0.1:0'\n"));
    check(
        &ended,
        "config.toml is not understood",
        "did you mean `peer-listen`?",
    );
    let (ended, _folder) = show(&[], &[], Some("max_message_bytes = 5\n"));
    check(&ended, "max_message_bytes", "did you mean `max-message-bytes`?");
    let (ended, _folder) = show(&[], &[], Some("colour = 'blue'\n"));
    check(&ended, "colour", "lists the keys");
    let (ended, _folder) = show(&[], &[], Some("name = 5\n"));
    check(&ended, "invalid type", "");
    let (ended, _folder) = show(&[], &[], Some("name = 'casa'\n\nnme = 'x'\n"));
    check(
        &ended,
        "config.toml is not understood, line 3: unknown field `nme`",
        "did you mean `name`?",
    );
    assert!(!ended.stderr.contains('‹'), "{}", ended.stderr);
    assert_eq!(
        ended.stderr.matches("unknown field").count(),
        1,
        "{}",
        ended.stderr
    );
    let (ended, _folder) = show(&[], &[], Some("name = 'casa'\nlisten = [\n"));
    check(&ended, "config.toml is not understood, line ", "lists the keys");
    assert!(!ended.stderr.contains('‹'), "{}", ended.stderr);
    // The same for the environment, and clap says it for a flag.
    let (ended, _folder) = show(&[], &[("PARCERO_NMAE", "casa")], None);
    check(
        &ended,
        "the environment has PARCERO_NMAE",
        "did you mean PARCERO_NAME?",
    );
    let (ended, _folder) = show(&["--nmae", "casa"], &[], None);
    check(&ended, "--name", "");
    // What is no slip is told.
    let (ended, _folder) = show(&[], &[("PARCERO_COLOUR", "blue")], None);
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.stderr.contains("note: the environment has PARCERO_COLOUR"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_file_that_was_named_must_be_there_and_is_read_in_place_of_the_usual_one() {
    let elsewhere = data_dir();
    let named = elsewhere.path().join("other.toml");
    let flags = ["--json", "--config", named.to_str().unwrap()];
    let (ended, _folder) = show(&flags, &[], Some("name = 'usual'"));
    check(&ended, "cannot read", "--config");
    assert!(ended.stderr.contains("there is no such file"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("correct the file"), "{}", ended.stderr);

    std::fs::write(&named, "name = 'named'").unwrap();
    let (ended, _folder) = show(&flags, &[], Some("name = 'usual'"));
    let name = setting(&ended, "name");
    assert_eq!(name["values"], json!(["named"]));
    assert_eq!(name["place"], json!(named));
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_data_folder_the_file_is_in_the_folder_of_the_platform() {
    let home = data_dir();
    let folder = home.path().join(".config/parcero");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "name = 'from home'").unwrap();
    let mut command = parcero();
    command
        .args(["config", "show", "--json"])
        .env("HOME", home.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_DATA_HOME");
    let ended = run(&mut command, "");
    assert_eq!(setting(&ended, "name")["values"], json!(["from home"]));
    assert!(!home.path().join(".local").exists(), "showing makes nothing");
}

#[cfg(unix)]
#[test]
fn a_secret_comes_by_a_file_or_the_environment_and_is_never_shown() {
    const SECRET: &str = "0123456789abcdef-secret";

    let folder = data_dir();
    let file = folder.path().join("secret");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    let path = file.to_str().unwrap();
    let mode =
        |mode| std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    let no_secret = |ended: &Ended| {
        assert!(
            !ended.stdout.contains(SECRET) && !ended.stderr.contains(SECRET),
            "{ended:?}"
        );
    };

    mode(0o644);
    let (ended, _folder) = show(&["--secret-file", path], &[], None);
    check(&ended, "other accounts can read the secret", "chmod 600");
    mode(0o600);
    for extra in [&[][..], &["--origin"], &["--json"]] {
        let (ended, _folder) = show(&[&["--secret-file", path], extra].concat(), &[], None);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stdout.contains(path));
        no_secret(&ended);

        let (ended, _folder) = show(extra, &[("PARCERO_SECRET", SECRET)], None);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stdout.contains("secret"));
        no_secret(&ended);
    }
    let (ended, _folder) = show(&["--secret-file", path], &[("PARCERO_SECRET", SECRET)], None);
    check(&ended, "given twice", "unset PARCERO_SECRET");
    no_secret(&ended);

    let (ended, _folder) = show(&["--secret", SECRET], &[], None);
    check(&ended, "unexpected argument", "");
    let (ended, _folder) = show(&[], &[], Some(&format!("secret = '{SECRET}'")));
    check(&ended, "does not belong in", "secret-file");
    no_secret(&ended);
    let (ended, _folder) = show(&[], &[("PARCERO_SECRET", "short")], None);
    check(&ended, "has 5 bytes", "/dev/urandom");
}

#[test]
fn an_invitation_in_a_ticket_is_not_shown() {
    let peer = crate::support::TestPeer::start(&[]);
    let ticket = |flags: &[&str]| {
        let ended = peer.run(&[&["ticket"], flags].concat());
        ended.stdout.trim().to_owned()
    };
    let (invitation, plain) = (ticket(&[]), ticket(&["--plain"]));
    for extra in [&[][..], &["--json"]] {
        let (ended, _folder) = show(
            &[&["--primary", &invitation, "--backup", "parcerogarbled"], extra].concat(),
            &[],
            None,
        );
        assert_eq!(ended.code, Some(2), "the backup is no ticket");
        assert!(ended.stdout.contains(&plain), "{}", ended.stdout);
        assert!(!ended.stdout.contains(&invitation) && !ended.stderr.contains(&invitation));
        assert!(!ended.stdout.contains("garbled"), "{}", ended.stdout);
    }
}

#[test]
fn a_relay_without_the_internet_is_an_error() {
    let (ended, _folder) = show(&["--relay", "https://relay.example"], &[], None);
    check(&ended, "https://relay.example", "--internet");
    let (ended, _folder) = show(&["--internet", "--relay", "nowhere"], &[], None);
    check(&ended, "`nowhere` is not the address of a relay", "https://");
}
