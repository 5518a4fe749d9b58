//! What may be asked of a peer, and what comes of it.

use super::*;

fn listening_on(address: &str) -> Result<ServeOptions, ConfigError> {
    Wishes {
        listen: vec![address.parse().unwrap()],
        ..Wishes::default()
    }
    .or_defaults()
}

fn named(name: &str) -> Result<ServeOptions, ConfigError> {
    Wishes {
        name: Some(name.into()),
        ..Wishes::default()
    }
    .or_defaults()
}

fn limited_to(bytes: usize) -> Result<ServeOptions, ConfigError> {
    Wishes {
        max_message_bytes: Some(bytes),
        ..Wishes::default()
    }
    .or_defaults()
}

#[test]
fn the_default_is_both_names_of_this_machine() {
    let options = Wishes::default().or_defaults().unwrap();
    assert_eq!(options.listen[0], "127.0.0.1:50051".parse().unwrap());
    assert!(
        options.listen[1..]
            .iter()
            .all(|address| *address == "[::1]:50051".parse().unwrap())
    );
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
    let options = flags.over(file).or_defaults().unwrap();
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
    assert!(matches!(wishes.or_defaults(), Err(ConfigError::Origin(_))));
}

#[test]
fn a_settings_file_may_be_missing_but_not_misspelt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    assert_eq!(Wishes::in_file(&path).unwrap(), Wishes::default());

    fs::write(&path, "lisen = ['127.0.0.1:7']").unwrap();
    let error = Wishes::in_file(&path).unwrap_err().to_string();
    assert!(
        error.contains("lisen") && error.contains("config.toml"),
        "{error}"
    );
}
