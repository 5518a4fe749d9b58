//! Readers that do not read cost the peers on the way a bounded amount of memory, whichever direction is not read.

use std::time::Duration;

use crate::support::{
    TestPeer,
    figures::soon,
    network::is_there,
    road::{Ask, Event, Line, Road},
    wire::hello,
};

use super::far::PEER_KEY;

/// One message.
const MESSAGE: usize = 1024 * 1024;
/// What each peer may grow by: what QUIC holds of one stream, the windows of HTTP/2, and a few messages that are being
/// encoded or taken apart.
const MOST: usize = 16 * 1024 * 1024;
/// Time enough for many times as much to pass, where nothing holds it up: a machine passes on some hundred MB a second.
const GROWING: Duration = Duration::from_secs(3);
/// A sender that gets rid of nothing for so long is held up.
const STUCK: Duration = Duration::from_millis(500);

/// Two peers whose connection for calls is open, and the memory of both.
struct Two {
    far: TestPeer,
    before: [usize; 2],
}

impl Two {
    async fn start() -> Self {
        let far = TestPeer::start(&[]);
        let near = far.friend().await;
        let id = far.key().await;
        near.sees(&id, is_there).await;
        // Whatever is made once is made by then.
        let large = hello("", &"n".repeat(MESSAGE));
        let ask = Ask::greeter("BidirectionalStreaming").with(PEER_KEY, &id);
        let mut line = Line::connect(near, Road::Native).await;
        let answer = line.call(&ask, &[large]).await;
        assert_eq!(answer.messages.len(), 1);
        let before = [near.memory(), far.memory()];
        Self { far, before }
    }

    async fn have_not_grown(&self) {
        let now = [self.far.friend().await.memory(), self.far.memory()];
        for (who, (now, before)) in ["near", "far"].into_iter().zip(now.into_iter().zip(self.before)) {
            let grown = now.saturating_sub(before);
            println!("{who}: {} KiB more", grown / 1024);
            assert!(grown < MOST, "{who}: {grown} bytes more");
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_passed_on_and_not_read_costs_neither_peer_more_than_a_few_messages() {
    let two = Two::start().await;
    let near = two.far.friend().await;
    let mut line = Line::connect(near, Road::Native).await;
    let ask = Ask::greeter("ServerStreaming")
        .with(PEER_KEY, &two.far.key().await)
        .with("parcero-interval-ms", "0")
        .with("parcero-count", "100000");
    let (mut asker, mut answers) = line.open(&ask).await;
    asker.send(&hello("Hola", &"n".repeat(MESSAGE))).await;
    asker.finish().await;
    assert!(matches!(soon(answers.next()).await, Some(Event::Headers(_))));
    // From here on nobody reads.
    tokio::time::sleep(GROWING).await;
    two.have_not_grown().await;
    // It was held up, not broken off.
    answers.message().await;
}

#[tokio::test]
async fn an_upload_that_is_passed_on_and_not_read_costs_neither_peer_more_than_a_few_messages() {
    let two = Two::start().await;
    let near = two.far.friend().await;
    let mut line = Line::connect(near, Road::Native).await;
    let ask = Ask::greeter("BidirectionalStreaming").with(PEER_KEY, &two.far.key().await);
    let (mut asker, mut answers) = line.open(&ask).await;
    // Its answers are not read: so the far peer stops reading.
    let large = hello("", &"n".repeat(MESSAGE));
    let mut sent = 0;
    while let Ok(taken) = tokio::time::timeout(STUCK, asker.send(&large)).await {
        assert!(taken, "the call ended");
        sent += large.len();
        assert!(sent < 8 * MOST, "nothing holds the sender up");
    }
    println!("{} KiB were taken", sent / 1024);
    two.have_not_grown().await;
    answers.message().await;
}
