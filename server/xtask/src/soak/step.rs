//! What a caller does: one thing after the other, by chance.

use std::net::SocketAddr;

use anyhow::Context;

use super::{hello, rude};
use crate::roads::{Road, Way};

/// One thing to do.
#[derive(Debug, Clone, Copy)]
enum Step {
    Unary,
    ServerStreaming,
    ClientStreaming,
    Bidi,
    GiveUp,
    StopReading,
    Deadline,
    TooLarge,
    Rude,
}

/// Every step as often as it is to come, among this many.
const STEPS: [Step; 20] = [
    Step::Unary,
    Step::Unary,
    Step::Unary,
    Step::ServerStreaming,
    Step::ServerStreaming,
    Step::ServerStreaming,
    Step::ClientStreaming,
    Step::ClientStreaming,
    Step::ClientStreaming,
    Step::Bidi,
    Step::Bidi,
    Step::Bidi,
    Step::GiveUp,
    Step::GiveUp,
    Step::StopReading,
    Step::Deadline,
    Step::TooLarge,
    Step::Rude,
    Step::Rude,
    Step::Rude,
];

/// Someone who calls a peer, with a connection kept for each way.
pub(super) struct Caller {
    address: SocketAddr,
    choices: fastrand::Rng,
    native: Road,
    web: Road,
    bridge: Road,
}

impl Caller {
    /// A caller of the peer at `address`.
    pub(super) async fn new(address: SocketAddr, choices: fastrand::Rng) -> anyhow::Result<Self> {
        Ok(Self {
            address,
            choices,
            native: Road::connect(Way::Native, address).await?,
            web: Road::connect(Way::Web, address).await?,
            bridge: Road::connect(Way::Bridge, address).await?,
        })
    }

    /// Takes so many steps.
    pub(super) async fn work(mut self, steps: u64) -> anyhow::Result<()> {
        for number in 1..=steps {
            let step = STEPS[self.choices.usize(..STEPS.len())];
            let way = match step {
                // gRPC-Web over HTTP/1.1 carries no stream of requests.
                Step::ClientStreaming | Step::Bidi => [Way::Native, Way::Bridge][self.choices.usize(..2)],
                _ => [Way::Native, Way::Web, Way::Bridge][self.choices.usize(..3)],
            };
            self.take(step, way)
                .await
                .with_context(|| format!("step {number}, {step:?} by {way:?}"))?;
        }
        Ok(())
    }

    async fn take(&mut self, step: Step, way: Way) -> anyhow::Result<()> {
        let choices = &mut self.choices;
        let road = match way {
            Way::Native => &mut self.native,
            Way::Web => &mut self.web,
            Way::Bridge => &mut self.bridge,
        };
        match step {
            Step::Unary => hello::unary(road, choices).await,
            Step::ServerStreaming => hello::server_streaming(road, choices).await,
            Step::ClientStreaming => hello::client_streaming(road, choices).await,
            Step::Bidi => hello::bidi(road, choices).await,
            Step::Deadline => hello::deadline(road, choices).await,
            Step::TooLarge => hello::too_large(road, choices).await,
            // On a connection of its own: unread answers fill an HTTP/2 connection's window for all its calls.
            Step::GiveUp => rude::give_up(Road::connect(way, self.address).await?, choices).await,
            Step::StopReading => rude::stop_reading(Road::connect(way, self.address).await?, choices).await,
            Step::Rude => rude::break_rules(self.address, choices).await,
        }
    }
}
