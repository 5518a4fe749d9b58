//! Every key of the configuration, by the file, by the environment and by a flag, from there to what it does.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
};

use iroh::{EndpointAddr, SecretKey};
use parcero::network::Ticket;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Running, TestPeer, data_dir, parcero, run};

/// Who gives a value, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    File,
    Environment,
    Flag,
}

const LAYERS: [Layer; 3] = [Layer::File, Layer::Environment, Layer::Flag];

/// A person's wishes: a key, and what it is set to.
type Wishes = Vec<(&'static str, String)>;

/// A value for every key there is, another one in each layer as far as there are three.
fn wishes(layer: Layer, folder: &TempDir) -> Wishes {
    let number = layer as u8 + 1;
    vec![
        ("listen", format!("[::1]:{number}")),
        ("name", format!("casa {number}")),
        ("allow-origin", format!("http://localhost:{number}")),
        ("max-message-bytes", format!("100{number}")),
        ("peer-listen", format!("127.0.0.1:{number}")),
        ("no-discovery", (layer != Layer::Environment).to_string()),
        ("network", format!("street {number}")),
        ("secret-file", secret(folder, number)),
        ("primary", ticket(number).to_string()),
        ("backup", ticket(number + 10).to_string()),
        // No relay without it.
        ("internet", true.to_string()),
        ("relay", format!("https://relay-{number}.example")),
    ]
}

/// A ticket of nobody.
fn ticket(number: u8) -> Ticket {
    let id = SecretKey::from_bytes(&[number; 32]).public();
    let address = EndpointAddr::new(id).with_ip_addr("127.0.0.1:9".parse().unwrap());
    Ticket::new(address, None)
}

/// A file with a secret.
fn secret(folder: &TempDir, number: u8) -> String {
    let path = folder.path().join(format!("secret-{number}"));
    fs::write(&path, format!("a secret of more than sixteen letters {number}")).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    path.display().to_string()
}

/// The binary, in an environment that says nothing of it.
fn alone() -> Command {
    let mut command = parcero();
    command
        .env_remove("PARCERO_PEER_LISTEN")
        .env_remove("PARCERO_NO_DISCOVERY");
    command
}

/// Gives these wishes to a command that has its words already; `file` is its configuration.
fn give(layer: Layer, wishes: &Wishes, command: &mut Command, file: &std::path::Path) {
    match layer {
        Layer::File => {
            let lines = wishes.iter().map(|(key, value)| match *key {
                "max-message-bytes" | "no-discovery" | "internet" => format!("{key} = {value}\n"),
                "listen" | "allow-origin" | "relay" => format!("{key} = ['{value}']\n"),
                _ => format!("{key} = '{value}'\n"),
            });
            fs::write(file, lines.collect::<String>()).unwrap();
        }
        Layer::Environment => {
            let name = |key: &str| format!("PARCERO_{}", key.replace('-', "_").to_uppercase());
            command.envs(wishes.iter().map(|(key, value)| (name(key), value)));
        }
        Layer::Flag => {
            command.args(wishes.iter().map(|(key, value)| format!("--{key}={value}")));
        }
    }
}

#[test]
fn every_key_is_taken_from_a_flag_before_the_environment_before_the_file() {
    let folder = data_dir();
    let all = LAYERS.map(|layer| wishes(layer, &folder));
    // The last one that is given wins; first nobody gives anything.
    for count in 0..=LAYERS.len() {
        let data = data_dir();
        let mut command = alone();
        command.args(["config", "show", "--json"]);
        for (&layer, wishes) in LAYERS.iter().zip(&all).take(count) {
            give(layer, wishes, &mut command, &data.path().join("config.toml"));
        }
        let ended = run(command.arg("--data-dir").arg(data.path()), "");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let settings: Vec<Value> = ended
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let keys: Vec<_> = settings
            .iter()
            .map(|setting| setting["key"].as_str().unwrap())
            .collect();
        let known: Vec<_> = all[0].iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, known, "a key that this test does not know");

        for (place, setting) in settings.iter().enumerate() {
            let Some(winner) = count.checked_sub(1) else {
                assert_eq!(setting["origin"], "ORIGIN_DEFAULT", "{setting}");
                continue;
            };
            let origin = ["ORIGIN_FILE", "ORIGIN_ENVIRONMENT", "ORIGIN_FLAG"][winner];
            assert_eq!(setting["origin"], origin, "{setting}");
            assert_eq!(setting["values"][0], all[winner][place].1, "{setting}");
        }
    }
}

/// What each key but two does, whoever gives it. What `internet` and `relay` do is in the tests with machines of their own.
#[test]
fn every_key_does_the_same_in_the_file_in_the_environment_and_as_a_flag() {
    for layer in LAYERS {
        let (folder, data) = (data_dir(), data_dir());
        let wishes: Wishes = wishes(layer, &folder)
            .into_iter()
            .filter(|(key, _)| !matches!(*key, "internet" | "relay"))
            .map(|(key, value)| match key {
                "listen" => (key, "[::1]:0".to_owned()),
                "peer-listen" => (key, "127.0.0.1:0".to_owned()),
                "no-discovery" => (key, true.to_string()),
                _ => (key, value),
            })
            .collect();
        let file = folder.path().join("named.toml");
        let mut command = alone();
        command.arg("serve");
        give(layer, &wishes, &mut command, &file);
        // Where these two are cannot stand in the file.
        match layer {
            Layer::File => command
                .env("PARCERO_CONFIG", &file)
                .env("PARCERO_DATA_DIR", data.path()),
            Layer::Environment => command.env("PARCERO_DATA_DIR", data.path()),
            Layer::Flag => command.arg("--data-dir").arg(data.path()),
        };
        let mut peer = Running::start(&mut command);
        let said = peer.stdout.next().unwrap_or_else(|| peer.stderr.rest());
        let door = said
            .strip_prefix("Parcero is at http://")
            .unwrap_or_else(|| panic!("{layer:?}: {said}"));
        let wish = |key: &str| wishes.iter().find(|(known, _)| *known == key).unwrap().1.as_str();

        assert!(door.starts_with("[::1]:"), "{layer:?}: {said}");
        peer.stderr.find("They find it by its address");
        assert_eq!(status(door, wish("allow-origin")), "200", "{layer:?}");
        assert_eq!(status(door, "http://localhost:9"), "403", "{layer:?}");

        let asked = |words: &[&str]| -> Vec<Value> {
            let ended = run(parcero().args(words).arg("--data-dir").arg(data.path()), "");
            assert_eq!(ended.code, Some(0), "{layer:?}: {}", ended.stderr);
            let lines = ended.stdout.lines();
            lines.map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        let about = &asked(&["about", "--json"])[0];
        assert_eq!(about["name"], wish("name"), "{layer:?}");
        assert_eq!(about["maxMessageBytes"], wish("max-message-bytes"), "{layer:?}");
        let own = &asked(&["ticket", "--plain", "--json"])[0];
        assert_eq!(own["network"], wish("network"), "{layer:?}");
        assert_eq!(own["networkIsSecret"], true, "{layer:?}");
        for address in own["addresses"].as_array().unwrap() {
            assert!(
                address.as_str().unwrap().starts_with("127.0.0.1:"),
                "{layer:?}: {own}"
            );
        }
        let known: Vec<_> = asked(&["peers", "--json"])
            .into_iter()
            .map(|peer| peer["id"].clone())
            .collect();
        for friend in ["primary", "backup"] {
            let id = wish(friend).parse::<Ticket>().unwrap().id().to_string();
            assert!(known.contains(&id.into()), "{layer:?}: {friend} in {known:?}");
        }
        peer.stop();
        assert_eq!(peer.wait().code, Some(0), "{layer:?}");
    }
}

/// The status with which a page of this origin gets the page of the peer.
fn status(door: &str, origin: &str) -> String {
    let mut stream = TcpStream::connect(door).unwrap();
    let request = format!("GET / HTTP/1.1\r\nhost: {door}\r\norigin: {origin}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let head = String::from_utf8_lossy(&answer[..answer.len().min(20)]).into_owned();
    head.split(' ').nth(1).unwrap_or(&head).to_owned()
}

#[test]
fn what_is_logged_is_as_much_as_parcero_log_says_and_where_that_is_silent_rust_log() {
    const TOLD_AT_DEBUG: &str = "refused at the door";
    for (variables, is_told) in [
        (&[][..], false),
        (&[("PARCERO_LOG", "debug")], true),
        (&[("RUST_LOG", "debug")], true),
        (&[("PARCERO_LOG", "info"), ("RUST_LOG", "debug")], false),
        (&[("PARCERO_LOG", ""), ("RUST_LOG", "debug")], true),
    ] {
        let mut command = parcero();
        command.envs(variables.iter().copied());
        let peer = TestPeer::start_as(command, data_dir(), "127.0.0.1:0", &[]);
        assert_eq!(
            status(&peer.address().to_string(), "null"),
            "403",
            "{variables:?}"
        );
        let (ended, _folder) = peer.stop();
        assert_eq!(
            ended.stderr.contains(TOLD_AT_DEBUG),
            is_told,
            "{variables:?}: {}",
            ended.stderr
        );
    }
    let mut command = parcero();
    command.env("PARCERO_LOG", "=loud=");
    let peer = TestPeer::start_as(command, data_dir(), "127.0.0.1:0", &[]);
    peer.says("note: PARCERO_LOG is not understood");
}
