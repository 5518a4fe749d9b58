//! What a peer never writes down.

use std::io::Write;

use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use contract::parcero::v1::RevokeInvitationRequest;
use tempfile::NamedTempFile;

use crate::support::{TestPeer, data_dir, parcero};

/// A peer of the network with this secret that logs all it can.
fn talkative(secret: &NamedTempFile) -> TestPeer {
    let mut command = parcero();
    command.env("RUST_LOG", "trace");
    let arguments = ["--secret-file", secret.path().to_str().unwrap()];
    TestPeer::start_as(command, data_dir(), "127.0.0.1:0", &arguments)
}

/// A file that only this account can read.
fn secret_file(secret: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    writeln!(file, "{secret}").unwrap();
    file
}

/// As it can be written by people and by programs.
fn written(secret: &[u8]) -> Vec<String> {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let base32 = base32(secret);
    // As Rust prints bytes, by numbers and as a string.
    let numbers = format!("{secret:?}");
    let string = format!("{:?}", bytes::Bytes::copy_from_slice(secret));
    vec![
        hex.to_ascii_uppercase(),
        hex,
        base32.to_ascii_lowercase(),
        base32,
        BASE64_STANDARD_NO_PAD.encode(secret),
        BASE64_URL_SAFE_NO_PAD.encode(secret),
        numbers.trim_matches(['[', ']']).to_owned(),
        string.trim_start_matches('b').trim_matches('"').to_owned(),
    ]
}

/// RFC 4648, section 6, without padding.
fn base32(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1))
        .collect();
    let digits = bits.chunks(5).map(|chunk| {
        let number = chunk.iter().fold(0, |number, bit| number << 1 | bit) << (5 - chunk.len());
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[usize::from(number)])
    });
    digits.collect()
}

#[test]
fn what_is_searched_for_is_how_programs_write_it() {
    assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
    assert!(written(b"foobar").contains(&"666f6f626172".to_owned()));
}

// S23
/// Keys, the secret of the network, and tickets with an invitation are for those they were handed to.
#[tokio::test]
async fn no_key_no_secret_and_no_invitation_is_in_the_log_of_any_side_however_much_is_logged() {
    const SECRET: &str = "a secret of more than sixteen letters";
    const OTHER_SECRET: &str = "another secret of more than sixteen letters";
    let (secret, other) = (secret_file(SECRET), secret_file(OTHER_SECRET));
    let (ana, beto, carla) = (talkative(&secret), talkative(&secret), talkative(&secret));
    let stranger = talkative(&other);

    let used = ana.invitation().await;
    beto.add(&used.ticket).await;
    assert_eq!(beto.hello_to(&ana.key().await).await.unwrap(), "Hola Ana");
    let revoked = ana.invitation().await;
    let mut network = ana.network().await;
    network
        .revoke_invitation(RevokeInvitationRequest {
            id: revoked.id.clone(),
        })
        .await
        .unwrap();
    carla.try_to_add(&revoked.ticket).await.unwrap_err();
    let refused = ana.invitation().await;
    stranger.try_to_add(&refused.ticket).await.unwrap_err();

    let mut hidden = [SECRET, OTHER_SECRET]
        .map(|secret| written(secret.as_bytes()))
        .concat();
    for ticket in [&used.ticket, &revoked.ticket, &refused.ticket] {
        let parsed: parcero::network::Ticket = ticket.parse().unwrap();
        hidden.push(ticket.clone());
        hidden.extend(written(parsed.invitation().unwrap().reveal()));
    }
    let mut logs = Vec::new();
    for peer in [ana, beto, carla, stranger] {
        let id = peer.key().await;
        let key = std::fs::read_to_string(peer.data_dir().join("key")).unwrap();
        let key: Vec<u8> = (0..key.trim_end().len() / 2)
            .map(|at| u8::from_str_radix(&key[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let of_it = iroh::SecretKey::from_bytes(&key[..].try_into().unwrap()).public();
        assert_eq!(of_it.to_string(), id, "it is the key");
        hidden.extend(written(&key));
        let (ended, _) = peer.stop();
        let log = format!("{}{}", ended.stdout, ended.stderr);
        assert!(log.lines().any(|line| line.contains("TRACE")), "much is logged");
        assert!(log.contains(&id), "what may be known is there");
        logs.push(log);
    }
    for hidden in &hidden {
        for log in &logs {
            let line = log.lines().find(|line| line.contains(hidden.as_str()));
            assert_eq!(line, None, "{hidden}");
        }
    }
}
