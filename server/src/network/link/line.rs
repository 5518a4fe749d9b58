//! What runs a link: it listens, talks, and does what the other end asks for.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use contract::parcero::v1::{Acquaintances, Ping, Pong, control::Say};
use iroh::endpoint::{RecvStream, SendStream};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, timeout},
};

use super::{INTRODUCE_EVERY, Link, QUEUE, Queue};
use crate::{
    audit,
    bucket::Bucket,
    network::{
        Network,
        goodbye::Goodbye,
        introductions::Round,
        wire::{WireError, hear, say},
    },
};

/// How often each end asks the other for a sign of life.
const PING_EVERY: Duration = Duration::from_millis(1500);
/// How long a sign of life may take, which is looked at with every next one; also how long a word may take to be sent.
const PONG_TIME: Duration = Duration::from_millis(2500);
/// How often the other end may say something: signs of life come twice in [`PING_EVERY`], the rest is rare. Whoever says
/// more in a second, after a first rush, is cut off.
const WORDS_A_SECOND: f64 = 10.0;
const FIRST_RUSH: f64 = 60.0;

/// What runs a link. Dropped, at whatever point, it ends the link.
pub(in crate::network) struct Line {
    network: Network,
    link: Link,
    /// `None` once it runs.
    ends: Option<(SendStream, RecvStream, Queue)>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.link.close(Goodbye::Lost);
        self.network.unlinked(&self.link);
    }
}

impl Line {
    pub(in crate::network) fn new(
        network: Network,
        link: Link,
        send: SendStream,
        receive: RecvStream,
        queue: Queue,
    ) -> Self {
        Self {
            network,
            link,
            ends: Some((send, receive, queue)),
        }
    }

    pub(in crate::network) fn link(&self) -> &Link {
        &self.link
    }

    /// Talks until either end stops.
    pub(in crate::network) async fn run(mut self) {
        let Some((send, receive, queue)) = self.ends.take() else {
            return;
        };
        let (heard, said) = mpsc::channel(QUEUE);
        let asked = Mutex::new(None);
        tokio::select! {
            () = self.listen(receive, &heard, &asked) => {}
            () = self.talk(send, queue, &asked) => {}
            () = self.think(said) => {}
            _ = self.link.connection().closed() => {}
        }
    }

    /// Reads what the other end says.
    async fn listen(&self, mut receive: RecvStream, heard: &mpsc::Sender<Say>, asked: &Asked) {
        let mut words = Bucket::new(FIRST_RUSH, WORDS_A_SECOND);
        loop {
            let said = match hear(&mut receive).await {
                Ok(said) => said,
                Err(WireError::TooLong(_) | WireError::Garbled(_)) => {
                    return self.link.close(Goodbye::Malformed);
                }
                Err(WireError::Read(_) | WireError::Write(_)) => return,
            };
            if !words.take() {
                audit::refused(self.link.id(), "it talks without end: cut off");
                return self.link.close(Goodbye::Malformed);
            }
            self.link.spoke();
            match said {
                // What a newer peer says, and this one does not understand.
                None => {}
                Some(Say::Ping(Ping { number })) => {
                    // No room: the other end does not read, and will not get this either.
                    let _ = self.link.tell(Say::Pong(Pong { number }));
                }
                Some(Say::Pong(Pong { number })) => {
                    let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some((_, since)) = asked.take_if(|(asked, _)| *asked == number) {
                        self.link.answered(since.elapsed());
                    }
                }
                Some(said) => {
                    let taken = heard.send(said).await;
                    if taken.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Says what is to be said, asks for signs of life, and introduces others.
    async fn talk(&self, mut send: SendStream, mut queue: Queue, asked: &Asked) {
        let mut pings = interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut introductions = interval(INTRODUCE_EVERY);
        introductions.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut round = Round::default();
        let mut number = 0;
        loop {
            let next = tokio::select! {
                said = queue.recv() => match said {
                    Some(said) => said,
                    None => return,
                },
                _ = pings.tick() => {
                    let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
                    match *asked {
                        Some((_, since)) if since.elapsed() >= PONG_TIME => return,
                        Some(_) => continue,
                        None => {
                            number += 1;
                            *asked = Some((number, Instant::now()));
                            Say::Ping(Ping { number })
                        }
                    }
                }
                _ = introductions.tick() => {
                    let peers = self.network.introductions(self.link.id(), &mut round);
                    Say::Acquaintances(Acquaintances { peers })
                }
            };
            if !matches!(timeout(PONG_TIME, say(&mut send, next)).await, Ok(Ok(()))) {
                return;
            }
        }
    }

    /// Does what the other end's words ask for.
    async fn think(&self, mut said: mpsc::Receiver<Say>) {
        while let Some(said) = said.recv().await {
            if let Some(answer) = self.network.heard(&self.link, said).await {
                // No room: the other end does not read, and is asked again when it is back.
                let _ = self.link.tell(answer);
            }
        }
    }
}

/// The ping that waits for its answer, and since when.
type Asked = Mutex<Option<(u64, Instant)>>;
