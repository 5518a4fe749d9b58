//! Tickets on the command line: made, listed, used up, read from standard input and drawn.

use contract::parcero::v1::CreateInvitationRequest;
use parcero::network::Ticket;
use qrcode::{Color, QrCode};

use crate::support::{TestPeer, until};

/// The one line that a command printed.
#[track_caller]
fn line(peer: &TestPeer, arguments: &[&str]) -> String {
    let ended = peer.run(arguments);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout.lines().count(), 1, "{}", ended.stdout);
    ended.stdout.trim_end().to_owned()
}

/// What is said of the invitations there are, without their ids.
#[track_caller]
fn listed(peer: &TestPeer) -> Vec<String> {
    let ended = peer.run(&["ticket", "--list"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines = ended.stdout.lines();
    lines
        .map(|line| line.split_once("  ").unwrap().1.to_owned())
        .collect()
}

#[tokio::test]
async fn an_invitation_is_listed_with_its_uses_and_its_end_until_it_is_used_up() {
    let peer = TestPeer::start(&[]);
    assert!(
        peer.run(&["ticket", "--list"])
            .stderr
            .contains("No invitation can be used now")
    );
    let ticket = line(&peer, &["ticket", "--uses", "2", "--hours", "3"]);
    assert_eq!(listed(&peer), ["2 uses left, ends in 3 hours"]);
    let friends: Vec<_> = (0..3).map(|_| TestPeer::start(&[])).collect();
    // By an argument, and by standard input, where a ticket is seen by nobody else.
    let added = friends[0].run(&["friend", "add", &ticket]);
    assert!(added.stdout.contains("friend"), "{added:?}");
    assert_eq!(listed(&peer), ["1 use left, ends in 3 hours"]);
    let added = friends[1].run_with_input(&["friend", "add", "-", "--name", "casa"], &format!("{ticket}\n"));
    assert!(
        added.stdout.starts_with("casa ") && added.stdout.contains("friend"),
        "{added:?}"
    );
    assert!(listed(&peer).is_empty());
    let late = friends[2].run_with_input(&["friend", "add", "-"], &ticket);
    assert_eq!(late.code, Some(1), "{late:?}");
    assert!(late.stderr.contains("used up"), "{}", late.stderr);
}

#[tokio::test]
async fn an_invitation_that_has_ended_is_listed_no_more() {
    let peer = TestPeer::start(&[]);
    let second = prost_types::Duration { seconds: 1, nanos: 0 };
    let request = CreateInvitationRequest {
        uses: 5,
        valid_for: Some(second),
    };
    peer.network().await.create_invitation(request).await.unwrap();
    until(|| listed(&peer).is_empty().then_some(()));
    line(&peer, &["ticket"]);
    assert_eq!(listed(&peer), ["1 use left, ends in 7 days"]);
}

#[test]
fn what_is_no_ticket_is_refused_with_a_sentence_wherever_it_came_from() {
    let peer = TestPeer::start(&[]);
    for (argument, input) in [("hello", ""), ("-", "hello\n"), ("-", "")] {
        let ended = peer.run_with_input(&["friend", "add", argument], input);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("ticket"), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn the_address_that_a_peer_says_at_its_start_leads_to_it_and_makes_no_friends() {
    let (peer, other) = (TestPeer::start(&["--name", "casa"]), TestPeer::start(&[]));
    let said = peer.says("by its address: ");
    let address = said.rsplit(' ').next().unwrap();
    let ticket: Ticket = address.parse().unwrap();
    assert_eq!(ticket.id().to_string(), peer.key().await);
    assert!(ticket.invitation().is_none());
    let added = other.run(&["friend", "add", address]);
    assert!(
        added.stdout.starts_with("casa ") && added.stdout.contains("stranger"),
        "{added:?}"
    );
    assert_eq!(line(&peer, &["ticket", "--plain"]), address);
}

#[test]
fn a_ticket_is_drawn_as_the_code_of_its_own_text() {
    let peer = TestPeer::start(&[]);
    for arguments in [&["ticket", "--qr"][..], &["ticket", "--plain", "--qr"]] {
        let drawn = peer.run(arguments);
        assert_eq!(drawn.code, Some(0), "{}", drawn.stderr);
        let (ticket, picture) = drawn.stdout.split_once('\n').unwrap();
        let code = QrCode::new(ticket.to_ascii_uppercase()).unwrap();
        let expected: Vec<Vec<bool>> = code
            .to_colors()
            .chunks(code.width())
            .map(|row| row.iter().map(|color| *color == Color::Dark).collect())
            .collect();
        assert_eq!(modules(picture), expected, "{picture}");
    }
}

/// Which modules of a drawn code are dark, without the light edge around them. A line of text is two rows, and a terminal is
/// taken to be dark: what is not painted.
fn modules(picture: &str) -> Vec<Vec<bool>> {
    /// The edge that a camera needs, in modules.
    const QUIET: usize = 4;
    let mut rows = Vec::new();
    for line in picture.lines() {
        let halves = |is_painted: fn(char) -> bool| line.chars().map(|half| !is_painted(half)).collect();
        rows.push(halves(|half| matches!(half, '█' | '▀')));
        rows.push(halves(|half| matches!(half, '█' | '▄')));
    }
    let side = rows.iter().map(Vec::len).max().unwrap();
    // An odd number of rows ends with half a line.
    rows.truncate(side);
    let is_light = |row: &Vec<bool>| row.iter().all(|dark| !dark);
    assert!(rows[..QUIET].iter().chain(&rows[side - QUIET..]).all(is_light));
    rows[QUIET..side - QUIET]
        .iter()
        .map(|row| {
            assert!(row[..QUIET].iter().chain(&row[side - QUIET..]).all(|dark| !dark));
            row[QUIET..side - QUIET].to_vec()
        })
        .collect()
}
