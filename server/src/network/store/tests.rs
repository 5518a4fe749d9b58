//! What must be true of the database.

use iroh::SecretKey;

use super::*;
use crate::network::{
    InvitationSecret,
    known::{Relation, Source},
};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn what_is_known_survives_a_restart() {
    let folder = folder();
    let path = folder.path().join("peer.db");
    let known = Known {
        own_name: "Ana".into(),
        label: Some("Anita".into()),
        relation: Relation::Friend,
        addresses: ["127.0.0.1:4000".parse().unwrap()].into(),
        card_made: 5,
        first_seen: 1,
        last_seen: Some(2),
        version: "0.1.0".into(),
        asks: true,
        asked: true,
        declined_until: 7,
        invitation: Some(InvitationSecret::new([8; 16])),
        ticket_addresses: ["[::1]:5".parse().unwrap()].into(),
        ..Known::new(SecretKey::from_bytes(&[1; 32]).public(), Source::Ticket)
    };
    let (store, before) = Store::open(&path, "home").unwrap();
    assert_eq!(before, []);
    let row = Row::Known(Box::new(known.clone()));
    store.write(vec![row]).await.unwrap();
    drop(store);
    assert_eq!(Store::open(&path, "work").unwrap().1, [], "of another network");
    let (store, after) = Store::open(&path, "home").unwrap();
    assert_eq!(after, std::slice::from_ref(&known));
    store.write(vec![Row::Forgotten(known.id)]).await.unwrap();
    drop(store);
    assert_eq!(Store::open(&path, "home").unwrap().1, []);
}

#[tokio::test]
async fn a_row_that_cannot_be_written_keeps_no_other_from_being_written() {
    let folder = folder();
    let path = folder.path().join("peer.db");
    let (store, _) = Store::open(&path, "").unwrap();
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON peers WHEN NEW.own_name = 'bad'
                  BEGIN SELECT RAISE(ABORT, 'no'); END";
    store
        .transact(move |transaction| transaction.execute_batch(refuse))
        .await
        .unwrap();
    let row = |number, name: &str| {
        let known = Known::new(SecretKey::from_bytes(&[number; 32]).public(), Source::Called);
        Row::Known(Box::new(Known {
            own_name: name.into(),
            ..known
        }))
    };
    store
        .write(vec![row(1, "one"), row(2, "bad"), row(3, "three")])
        .await
        .unwrap();
    drop(store);
    let (store, known) = Store::open(&path, "").unwrap();
    let mut names: Vec<_> = known.into_iter().map(|known| known.own_name).collect();
    names.sort();
    assert_eq!(names, ["one", "three"]);
    // But where the database does not work, that is said.
    store
        .transact(|transaction| transaction.execute_batch("DROP TABLE peers"))
        .await
        .unwrap();
    store.write(vec![row(1, "one")]).await.unwrap_err();
}

#[tokio::test]
async fn numbers_without_end_are_written_as_the_largest_there_are() {
    let folder = folder();
    let path = folder.path().join("peer.db");
    let (store, _) = Store::open(&path, "").unwrap();
    let endless = Known {
        card_made: u64::MAX,
        first_seen: u64::MAX,
        last_seen: Some(u64::MAX),
        declined_until: u64::MAX,
        ..Known::new(SecretKey::from_bytes(&[1; 32]).public(), Source::Called)
    };
    store.write(vec![Row::Known(Box::new(endless))]).await.unwrap();
    drop(store);
    let (_, known) = Store::open(&path, "").unwrap();
    let largest = i64::MAX as u64;
    assert_eq!((known[0].card_made, known[0].last_seen), (largest, Some(largest)));
    assert_eq!((known[0].first_seen, known[0].declined_until), (largest, largest));
}

#[test]
fn a_newer_database_is_refused_in_words_and_left_alone() {
    let folder = folder();
    let path = folder.path().join("peer.db");
    let newer = i64::try_from(VERSION).unwrap() + 1;
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", newer).unwrap();
    drop(connection);
    let before = fs::read(&path).unwrap();
    let refused = Store::open(&path, "").unwrap_err();
    assert!(matches!(refused, StoreError::TooNew { found, .. } if found == newer));
    let said = refused.to_string();
    assert!(said.contains("newer Parcero"), "{said}");
    assert!(said.contains(folder.path().to_str().unwrap()), "{said}");
    assert_eq!(fs::read(&path).unwrap(), before);
}
