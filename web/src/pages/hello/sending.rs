//! What is sent in a stream of requests: one burst of messages for each Send.

use std::time::Duration;

use contract::greet::HelloRequest;
use futures_channel::mpsc::{Receiver, Sender};
use futures_util::{SinkExt, StreamExt};

use crate::browser::{Breath, sleep};

/// What one Send sends.
#[derive(Debug, Clone)]
pub(super) struct Burst {
    /// The message.
    pub(super) request: HelloRequest,
    /// How many times.
    pub(super) count: u32,
    /// The pause before the first.
    pub(super) before: Duration,
    /// The pause between two.
    pub(super) between: Duration,
}

/// Sends burst after burst into `requests` until no more can come; then lets go of it, which finishes the stream.
pub(super) async fn feed(mut bursts: Receiver<Burst>, mut requests: Sender<HelloRequest>) {
    let mut breath = Breath::default();
    while let Some(burst) = bursts.next().await {
        pause(burst.before).await;
        for number in 0..burst.count {
            if number > 0 {
                pause(burst.between).await;
            }
            breath.take().await;
            if requests.send(burst.request.clone()).await.is_err() {
                // The call has ended and takes no more; its end says why.
                return;
            }
        }
    }
}

async fn pause(pause: Duration) {
    if !pause.is_zero() {
        sleep(pause).await;
    }
}
