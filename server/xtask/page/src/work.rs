//! What is measured, the same in every lane.
//!
//! Each is a fixed number of messages, timed from the first to the last: what opens a socket is not counted, and
//! nothing is left on its way that would slow what comes next.

use futures_util::future;
use web_sys::Performance;

/// What is done so many times.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work {
    /// A small message there and back, one after the other, on so many sockets at once.
    RoundTrips(u32),
    /// The same with a call, and so a socket, for each.
    ShortCalls,
    /// A stream of messages of so many bytes.
    Stream(Direction, usize),
}

/// Where a stream goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Direction {
    /// Answers to one request.
    Down,
    /// Requests, and one answer at the end.
    Up,
    /// Requests as fast as they leave, and their answers as they come.
    BothWays,
}

/// The body of a small message, in bytes.
pub(crate) const SMALL: usize = 16;

/// A way from the page to the server.
pub(crate) trait Lane {
    /// A socket that is open.
    type Conversation;
    /// Whether these are calls, which share WebSocket messages where they can: then more are counted.
    const MAKES_CALLS: bool;

    /// Opens a socket.
    async fn open(&self) -> Result<Self::Conversation, String>;
    /// Sends a small message and waits for it to come back.
    async fn round_trip(conversation: &mut Self::Conversation) -> Result<(), String>;
    /// Ends it, with all that belongs to it.
    async fn end(conversation: Self::Conversation) -> Result<(), String>;
    /// Moves so many messages of so many bytes. Milliseconds from the first to the last.
    async fn stream(&self, direction: Direction, bytes: usize, count: u32) -> Result<f64, String>;
}

/// Does `work`, `count` times. Times per second.
pub(crate) async fn per_second<L: Lane>(
    lane: &L,
    work: Work,
    count: u32,
    clock: &Performance,
) -> Result<f64, String> {
    let milliseconds = match work {
        Work::RoundTrips(sockets) => {
            let mut conversations = Vec::new();
            for _ in 0..sockets {
                let mut conversation = lane.open().await?;
                L::round_trip(&mut conversation).await?;
                conversations.push(conversation);
            }
            let began = clock.now();
            let each = count / sockets;
            future::try_join_all(conversations.iter_mut().map(async |conversation| {
                for _ in 0..each {
                    L::round_trip(conversation).await?;
                }
                Ok::<_, String>(())
            }))
            .await?;
            let milliseconds = clock.now() - began;
            for conversation in conversations {
                L::end(conversation).await?;
            }
            milliseconds
        }
        Work::ShortCalls => {
            let began = clock.now();
            for _ in 0..count {
                let mut conversation = lane.open().await?;
                L::round_trip(&mut conversation).await?;
                L::end(conversation).await?;
            }
            clock.now() - began
        }
        Work::Stream(direction, bytes) => lane.stream(direction, bytes, count).await?,
    };
    Ok(f64::from(count) * 1000.0 / milliseconds)
}
