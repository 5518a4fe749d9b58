//! What may be asked of a peer, and what comes of it.

use super::*;

fn listening_on(address: &str) -> Result<ServeOptions, ConfigError> {
    Wishes {
        listen: vec![address.parse().unwrap()],
        ..Wishes::default()
    }
    .or_defaults(None)
}

fn named(name: &str) -> Result<ServeOptions, ConfigError> {
    Wishes {
        name: Some(name.into()),
        ..Wishes::default()
    }
    .or_defaults(None)
}

fn limited_to(bytes: usize) -> Result<ServeOptions, ConfigError> {
    Wishes {
        max_message_bytes: Some(bytes),
        ..Wishes::default()
    }
    .or_defaults(None)
}

#[test]
fn the_default_is_both_names_of_this_machine() {
    let options = Wishes::default().or_defaults(None).unwrap();
    let mut both = vec!["127.0.0.1:50051".parse().unwrap()];
    if TcpListener::bind("[::1]:0").is_ok() {
        both.push("[::1]:50051".parse().unwrap());
    }
    assert_eq!(options.listen, both);
    assert_eq!(options.max_message_bytes, 4_194_304);
    assert!(!options.name.is_empty());
}

#[test]
fn only_the_loopback_is_taken() {
    for address in ["127.0.0.1:0", "[::1]:50051"] {
        assert!(listening_on(address).is_ok(), "{address}");
    }
    for address in [
        "0.0.0.0:50051",
        "[::]:0",
        "192.168.1.4:80",
        "[fe80::1]:80",
        "[::ffff:127.0.0.1]:80",
    ] {
        assert!(
            matches!(listening_on(address), Err(ConfigError::NotLoopback(_))),
            "{address}"
        );
    }
    assert!(matches!(
        listening_on("127.0.0.2:80"),
        Err(ConfigError::OddLoopback(_))
    ));
}

#[test]
fn a_name_has_1_to_64_characters_and_no_control_character() {
    assert!(named("ñ").is_ok());
    assert!(named(&"ñ".repeat(64)).is_ok());
    assert!(matches!(named(&"ñ".repeat(65)), Err(ConfigError::NameLength(65))));
    assert!(matches!(named(""), Err(ConfigError::NameLength(0))));
    assert!(matches!(named("a\u{1b}[2J"), Err(ConfigError::NameControl)));
}

#[test]
fn a_message_limit_is_1_byte_to_256_mebibytes() {
    assert!(matches!(limited_to(0), Err(ConfigError::MessageLimit(0))));
    assert!(limited_to(1).is_ok());
    assert!(limited_to(LARGEST_MAX_MESSAGE_BYTES).is_ok());
    assert!(limited_to(LARGEST_MAX_MESSAGE_BYTES + 1).is_err());
}

#[test]
fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
    let file: Wishes = toml::from_str(
        "name = 'from the file'\nmax-message-bytes = 100\nlisten = ['127.0.0.1:7']\n\
         allow-origin = ['http://localhost:8080']",
    )
    .unwrap();
    let flags = Wishes {
        name: Some("from a flag".into()),
        ..Wishes::default()
    };
    let options = flags.over(file).or_defaults(None).unwrap();
    assert_eq!(options.name, "from a flag");
    assert_eq!(options.max_message_bytes, 100);
    assert_eq!(options.listen, ["127.0.0.1:7".parse().unwrap()]);
    assert_eq!(options.allow_origin, ["http://localhost:8080".parse().unwrap()]);
}

#[test]
fn an_origin_is_checked_at_the_start() {
    let wishes = Wishes {
        allow_origin: vec!["localhost".into()],
        ..Wishes::default()
    };
    assert!(matches!(wishes.or_defaults(None), Err(ConfigError::Origin(_))));
}

/// What `config show --origin` would tell of one key.
#[track_caller]
fn check_origin(key: &str, flags: &[&str], file: &str, value: &str, origin: &Origin) {
    use clap::{Args, Command, FromArgMatches};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, file).unwrap();
    let matches = Given::augment_args(Command::new("x").no_binary_name(true)).get_matches_from(flags);
    let given = Given::from_arg_matches(&matches).unwrap();
    let configuration = Configuration::read(given, None, &path, std::iter::empty()).unwrap();
    let setting = configuration
        .settings()
        .into_iter()
        .find(|setting| setting.key == key)
        .unwrap();
    assert_eq!(setting.value.unwrap().to_string(), value);
    let origin = match origin {
        Origin::File(_) => Origin::File(path),
        other => other.clone(),
    };
    assert_eq!(setting.origin, origin);
}

#[test]
fn every_value_knows_where_it_comes_from() {
    let by_flag = |flag: &str| Origin::Flag(flag.to_owned());
    let by_file = Origin::File(PathBuf::new());
    check_origin(
        "name",
        &["--name", "a"],
        "name = 'b'",
        "\"a\"",
        &by_flag("--name"),
    );
    check_origin("name", &[], "name = 'b'", "\"b\"", &by_file);
    check_origin("max-message-bytes", &[], "", "4194304", &Origin::Default);
    check_origin(
        "listen",
        &["--listen", "[::1]:0"],
        "",
        "[\"[::1]:0\"]",
        &by_flag("--listen"),
    );
    check_origin("internet", &[], "", "false", &Origin::Default);
    // A flag can also say no.
    check_origin(
        "no-discovery",
        &["--no-discovery=false"],
        "no-discovery = true",
        "false",
        &by_flag("--no-discovery"),
    );
    check_origin(
        "internet",
        &["--internet"],
        "internet = false",
        "true",
        &by_flag("--internet"),
    );
}

#[test]
fn every_key_is_a_flag_a_variable_and_a_key_of_the_file() {
    let keys: Vec<_> = given::keys().collect();
    assert_eq!(keys.len(), 12, "{keys:?}");
    for key in &keys {
        assert_eq!(
            key.variable,
            format!("PARCERO_{}", key.name.replace('-', "_").to_uppercase())
        );
        // The file takes it: an unknown key would be named, a wrong type is not what is looked for here.
        let answer = toml::from_str::<Wishes>(&format!("{} = {{}}", key.name));
        assert!(!answer.unwrap_err().to_string().contains("unknown field"));
    }
}

#[test]
fn a_relay_is_taken_with_the_internet_only_and_must_be_an_address() {
    let with = |internet, relay: &str| {
        Wishes {
            internet,
            relay: vec![relay.to_owned()],
            ..Wishes::default()
        }
        .or_defaults(None)
    };
    assert!(matches!(
        with(None, "https://relay.example"),
        Err(ConfigError::RelayAlone(_))
    ));
    assert!(matches!(
        with(Some(false), "https://relay.example"),
        Err(ConfigError::RelayAlone(_))
    ));
    let options = with(Some(true), "https://relay.example").unwrap();
    assert_eq!(options.internet.unwrap().relays.len(), 1);
    for wrong in [
        "relay.example",
        "",
        "ftp://relay.example",
        "https://",
        "file:///x",
    ] {
        assert!(
            matches!(with(Some(true), wrong), Err(ConfigError::Relay(_))),
            "{wrong}"
        );
    }
    assert_eq!(Wishes::default().or_defaults(None).unwrap().internet, None);
}

#[test]
fn a_file_may_be_missing_but_not_misspelt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    assert_eq!(Wishes::in_file(&path).unwrap(), None);

    std::fs::write(&path, "lisen = ['127.0.0.1:7']").unwrap();
    let error = Wishes::in_file(&path).unwrap_err();
    assert!(
        matches!(&error, ConfigError::NotUnderstood { meant: Some(meant), .. } if meant == "listen"),
        "{error}"
    );
    let error = error.to_string();
    assert!(
        error.contains("lisen") && error.contains("config.toml"),
        "{error}"
    );
}
