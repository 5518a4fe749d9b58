//! What a peer keeps in its data folder: its version, who may read it, and the port by which tickets find it.

use std::{
    fs,
    net::{SocketAddr, UdpSocket},
    path::Path,
};

use crate::support::{Ended, TestPeer, data_dir, parcero, run};

/// Tries to start a peer that cannot start.
fn serve(folder: &Path, extra: &[&str]) -> Ended {
    let mut command = parcero();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]);
    run(command.arg(folder).args(extra), "")
}

fn version(folder: &Path) -> i64 {
    let database = rusqlite::Connection::open(folder.join("peer.db")).unwrap();
    database
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn a_folder_that_a_newer_peer_has_used_is_refused_and_left_to_that_one() {
    let peer = TestPeer::start(&[]);
    let key = peer.key().await;
    let (_, folder) = peer.stop();
    let of_today = version(folder.path());
    let set = |version: i64| {
        let database = rusqlite::Connection::open(folder.path().join("peer.db")).unwrap();
        database.pragma_update(None, "user_version", version).unwrap();
    };
    set(of_today + 1);
    let ended = serve(folder.path(), &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
    for told in [folder.path().to_str().unwrap(), "newer Parcero", "--data-dir"] {
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
    assert_eq!(version(folder.path()), of_today + 1);
    // The newer one would find everything as it left it.
    set(of_today);
    let again = TestPeer::start_in(folder, "127.0.0.1:0", &[]);
    assert_eq!(again.key().await, key);
}

/// Where other peers reach it.
async fn address(peer: &TestPeer) -> SocketAddr {
    peer.shown().await.addresses[0].parse().unwrap()
}

#[tokio::test]
async fn a_kept_port_that_another_program_has_is_taken_again_once_it_is_free() {
    let peer = TestPeer::start(&[]);
    let (kept, ticket) = (address(&peer).await, peer.shown().await.ticket);
    let (_, folder) = peer.stop();
    let other = UdpSocket::bind(kept).unwrap();

    let peer = TestPeer::start_in(folder, "127.0.0.1:0", &[]);
    let said = peer.says("cannot be had");
    assert!(
        said.contains("WARN") && said.contains(&kept.port().to_string()),
        "{said}"
    );
    assert_ne!(address(&peer).await, kept);
    let neighbour = TestPeer::start(&[]);
    neighbour.knows(&peer).await;
    assert_eq!(neighbour.hello_to(&peer.key().await).await.unwrap(), "Hola Ana");
    let (_, folder) = peer.stop();

    drop(other);
    let peer = TestPeer::start_in(folder, "127.0.0.1:0", &[]);
    assert_eq!(
        peer.shown().await.ticket,
        ticket,
        "tickets of before are good again"
    );
}

#[test]
fn an_address_for_other_peers_that_another_program_has_is_an_error_that_says_so() {
    let other = UdpSocket::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().to_string();
    let ended = serve(data_dir().path(), &["--peer-listen", &taken]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
    for told in [taken.as_str(), "Another program may have it", "--peer-listen"] {
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
}

// S23
/// Keys, tokens and what is known of others are for this account alone.
#[cfg(unix)]
#[tokio::test]
async fn nothing_in_the_folder_of_a_running_peer_can_be_read_by_another_account() {
    use std::os::unix::fs::PermissionsExt;

    let peer = TestPeer::start(&[]);
    // Something was written down, and is not in the main file of the database yet.
    peer.invitation().await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(peer.data_dir()), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(peer.data_dir()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    names.sort();
    let kept = [
        "key",
        "lock",
        "peer.db",
        "peer.db-shm",
        "peer.db-wal",
        "peer.json",
        "token",
    ];
    assert_eq!(names, kept);
}
