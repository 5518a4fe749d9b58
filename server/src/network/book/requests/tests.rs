//! What must be true of requests that wait.

use std::time::Duration;

use tokio::time::advance;

use super::{
    super::tests::{book, id},
    *,
};
use crate::network::{
    card::now,
    known::{Relation, Source},
    near::Reach,
};

fn place(last: u8) -> Place {
    Place::Address(IpAddr::from([192, 168, 1, last]))
}

fn strangers(numbers: std::ops::RangeInclusive<u16>) -> (tempfile::TempDir, Book) {
    book(
        numbers
            .map(|number| Known {
                last_seen: Some(1),
                ..Known::new(id(number), Source::Called)
            })
            .collect(),
    )
}

fn asking(book: &Book) -> Vec<EndpointId> {
    let mut asking: Vec<_> = book
        .all()
        .into_iter()
        .filter(|known| known.asks)
        .map(|known| known.id)
        .collect();
    asking.sort();
    asking
}

fn ids(numbers: impl IntoIterator<Item = u16>) -> Vec<EndpointId> {
    let mut ids: Vec<_> = numbers.into_iter().map(id).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn made_up_keys_of_one_machine_do_not_fill_the_list() {
    let (_folder, book) = strangers(1..=40);
    let there: HashSet<_> = ids(1..=40).into_iter().collect();
    for number in 1..=30 {
        assert_eq!(
            book.take_request(id(number), place(1), &there),
            number <= 8,
            "{number}"
        );
    }
    assert_eq!(asking(&book), ids(1..=8));
    assert!(
        book.take_request(id(40), place(2), &there),
        "an honest one beside them"
    );
    assert!(
        book.take_request(id(1), place(1), &there),
        "who waits already goes on waiting"
    );
    assert_eq!(asking(&book).len(), 9);
}

#[tokio::test]
async fn of_those_of_one_machine_the_oldest_that_is_not_there_makes_way() {
    let (_folder, book) = strangers(1..=10);
    let there: HashSet<_> = ids([1, 3]).into_iter().collect();
    for number in 1..=10 {
        assert!(book.take_request(id(number), place(1), &there), "{number}");
    }
    // 2 and 4 went for 9 and 10.
    assert_eq!(asking(&book), ids([1, 3, 5, 6, 7, 8, 9, 10]));
}

#[tokio::test]
async fn a_full_list_has_room_for_a_new_one_as_long_as_somebody_in_it_is_not_there() {
    let (_folder, book) = strangers(1..=66);
    let there: HashSet<_> = ids((1..=64).filter(|&number| number != 7)).into_iter().collect();
    for number in 1..=64 {
        assert!(book.take_request(id(number), place((number / 8) as u8), &there));
    }
    assert!(book.take_request(id(65), place(100), &there));
    assert_eq!(asking(&book).len(), MAX_WAITING);
    assert!(!asking(&book).contains(&id(7)));
    let there: HashSet<_> = ids(1..=66).into_iter().collect();
    assert!(
        !book.take_request(id(66), place(101), &there),
        "all of them are there"
    );
    // Somebody was answered.
    book.change(id(1), |known| known.asks = false);
    assert!(book.take_request(id(66), place(101), &there));
}

#[tokio::test]
async fn nothing_is_noted_of_a_friend_or_one_that_was_blocked_or_told_no_meanwhile() {
    let (_folder, book) = strangers(1..=3);
    book.change(id(1), Known::befriend);
    book.change(id(2), |known| known.relation = Relation::Blocked);
    book.change(id(3), |known| known.declined_until = now() + 60);
    for number in 1..=4 {
        assert!(
            !book.take_request(id(number), place(1), &HashSet::new()),
            "{number}"
        );
    }
    assert_eq!(asking(&book), []);
    book.change(id(3), |known| known.declined_until = now());
    assert!(
        book.take_request(id(3), place(1), &HashSet::new()),
        "the time is over"
    );
}

#[tokio::test]
async fn to_ask_again_and_again_writes_nothing() {
    let (_folder, book) = strangers(1..=1);
    let there = HashSet::new();
    assert!(book.take_request(id(1), place(1), &there));
    book.flush().await.unwrap();
    for _ in 0..1000 {
        assert!(book.take_request(id(1), place(1), &there));
    }
    assert_eq!(book.pages().unwritten.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn requests_of_one_place_come_slowly_and_do_not_slow_those_of_another() {
    let requests = Requests::default();
    let taken = |place| (0..1000).filter(|_| requests.may_come(place)).count();
    assert_eq!(taken(place(1)), 16);
    assert_eq!(taken(place(2)), 16);
    advance(Duration::from_secs(60)).await;
    assert_eq!(taken(place(1)), 6);
}

#[tokio::test(start_paused = true)]
async fn places_that_are_remembered_are_so_many_and_quiet_ones_make_way() {
    let requests = Requests::default();
    let place = |number: u32| Place::Address(IpAddr::from(number.to_be_bytes()));
    for number in 0..2000 {
        assert_eq!(requests.may_come(place(number)), number < 1024, "{number}");
    }
    advance(Duration::from_secs(600)).await;
    assert!(requests.may_come(place(1500)));
}

#[test]
fn a_machine_of_the_internet_has_one_place_however_many_addresses_it_takes() {
    let near = Near::with(Reach::Internet, &[("2001:db8:7::5", 64)]);
    let of = |text: &str| Place::of(Some(&TransportAddr::Ip(text.parse().unwrap())), &near);
    assert_eq!(of("[2001:db8:8::1]:1"), of("[2001:db8:8::2]:2"));
    assert_ne!(of("[2001:db8:8::1]:1"), of("[2001:db8:9::1]:1"));
    assert_ne!(of("[2001:db8:7::1]:1"), of("[2001:db8:7::2]:1"), "neighbours");
    assert_ne!(of("192.0.2.1:1"), of("192.0.2.2:1"));
    assert_eq!(of("192.0.2.1:1"), of("[::ffff:192.0.2.1]:2"));
    assert_eq!(Place::of(None, &near), Place::Hidden);
}
