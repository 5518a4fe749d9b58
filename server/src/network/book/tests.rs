//! What must be true of the book.

use iroh::SecretKey;

use super::*;

pub(super) fn id(number: u16) -> EndpointId {
    let mut key = [0; 32];
    key[..2].copy_from_slice(&number.to_be_bytes());
    SecretKey::from_bytes(&key).public()
}

pub(super) fn book(known: Vec<Known>) -> (tempfile::TempDir, Book) {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&folder.path().join("peer.db"), "").unwrap();
    (folder, Book::new(id(0), store, known))
}

#[tokio::test]
async fn an_older_card_does_not_undo_a_newer_one_unless_its_peer_says_so_itself() {
    let (_folder, book) = book(vec![]);
    let key = SecretKey::from_bytes(&[5; 32]);
    let new = Card::make(&key, "new", &["127.0.0.1:1".parse().unwrap()]);
    let old = Card {
        made: new.made - 10,
        name: "old".into(),
        ..new.clone()
    };
    book.take_card(&new, Some(id(3)));
    book.take_card(&old, Some(id(3)));
    assert_eq!(book.get(key.public()).unwrap().own_name, "new");
    book.take_card(&old, None);
    assert_eq!(book.get(key.public()).unwrap().own_name, "old");
}

#[tokio::test]
async fn a_card_from_the_future_is_out_of_date_after_a_day() {
    let (_folder, book) = book(vec![]);
    let key = SecretKey::from_bytes(&[5; 32]);
    let card = |made, name| Card::make_at(made, &key, name, &[]);
    book.take_card(&card(u64::MAX, "future"), Some(id(3)));
    book.take_card(&card(now(), "today"), Some(id(3)));
    assert_eq!(book.get(key.public()).unwrap().own_name, "future");
    book.take_card(&card(now() + CLOCKS_DIFFER + 10, "tomorrow"), Some(id(3)));
    assert_eq!(book.get(key.public()).unwrap().own_name, "tomorrow");
}

#[tokio::test]
async fn a_card_from_the_end_of_time_keeps_no_decision_from_being_written() {
    let (folder, book) = book(vec![]);
    let card = Card::make_at(u64::MAX, &SecretKey::from_bytes(&[5; 32]), "x", &[]);
    book.take_card(&card, None);
    book.change(card.id, |known| {
        known.last_seen = Some(1);
        // As it was taken before.
        known.card_made = u64::MAX;
    });
    book.meet(id(1), Source::Called, None);
    book.change(id(1), |known| known.relation = Relation::Blocked);
    book.flush().await.unwrap();
    let (_, known) = Store::open(&folder.path().join("peer.db"), "").unwrap();
    assert!(
        known
            .iter()
            .any(|known| known.id == id(1) && known.relation == Relation::Blocked)
    );
}

#[tokio::test]
async fn only_what_is_true_now_makes_a_peer_forgotten() {
    let (_folder, book) = book(vec![]);
    book.meet(id(1), Source::Called, None);
    let before = book.get(id(1)).unwrap();
    let is_gone = |known: &Known| known.relation == Relation::Stranger;
    assert!(is_gone(&before));
    // Meanwhile.
    book.change(id(1), Known::befriend);
    book.forget_if(id(1), is_gone);
    assert_eq!(book.relation(id(1)), Some(Relation::Friend));
    book.forget_if(id(1), |known| known.relation == Relation::Friend);
    assert_eq!(book.get(id(1)), None);
}

#[tokio::test]
async fn who_asks_to_be_a_friend_outlives_a_crowd_of_strangers_that_ask_nothing() {
    let (_folder, book) = book(vec![]);
    book.meet(id(1), Source::Called, None);
    book.change(id(1), |known| {
        known.last_seen = Some(1);
        known.asks = true;
    });
    for number in 2..3000 {
        book.meet(id(number), Source::Called, None);
        book.change(id(number), |known| known.last_seen = Some(u64::from(number)));
    }
    assert!(book.get(id(1)).is_some_and(|known| known.asks));
    assert_eq!(book.all().len(), MAX_STRANGERS + 1);
}

#[tokio::test]
async fn this_peer_is_not_among_the_peers_it_knows() {
    let (_folder, book) = book(vec![]);
    book.meet(id(0), Source::Discovered, None);
    assert_eq!(book.all(), []);
}

#[tokio::test]
async fn one_that_invents_peers_pushes_out_its_own_inventions_and_nobody_else() {
    let (_folder, book) = book(vec![]);
    book.meet(id(1), Source::Discovered, None);
    book.meet(id(2), Source::Introduced, Some(id(60_001)));
    for number in 1000..3000 {
        book.meet(id(number), Source::Introduced, Some(id(60_000)));
    }
    assert_eq!(book.all().len(), MAX_RUMOURS + 2);
    assert!(book.get(id(1)).is_some() && book.get(id(2)).is_some());
    // And nothing of that was written down.
    book.flush().await.unwrap();
    assert_eq!(book.store.count().await.unwrap(), 0);
}

#[tokio::test]
async fn friends_and_those_who_answered_outlive_a_crowd_of_strangers() {
    let (_folder, book) = book(vec![]);
    book.meet(id(1), Source::Called, None);
    book.change(id(1), Known::befriend);
    for number in 2..3000 {
        book.meet(id(number), Source::Called, None);
        book.change(id(number), |known| known.last_seen = Some(u64::from(number)));
    }
    assert_eq!(book.all().len(), MAX_STRANGERS + 1);
    assert_eq!(book.relation(id(1)), Some(Relation::Friend));
    assert!(book.get(id(2999)).is_some() && book.get(id(2)).is_none());
}
