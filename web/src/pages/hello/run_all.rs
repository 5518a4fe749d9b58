//! "Run all four": plays every card that is not playing already.

use std::time::Duration;

use contract::greet::HelloRequest;
use leptos::prelude::*;

use super::{card::Card, sending::Burst};
use crate::{
    model::{call::Call, hello::Kind},
    settings::Say,
};

/// The pause between two names, unless the options say another: one sees them go one by one.
const PAUSE: Duration = Duration::from_millis(400);

/// Plays the cards. A cheap copy of a handle.
#[derive(Clone, Copy)]
pub(super) struct RunAll {
    cards: [Card; 4],
    say: Say,
}

impl RunAll {
    pub(super) fn new(cards: [Card; 4]) -> Self {
        Self {
            cards,
            say: Say::here(),
        }
    }

    /// Starts every card that is at rest.
    pub(super) fn start(self) {
        for card in self.cards {
            if card.call.with_untracked(Call::is_live) {
                continue;
            }
            match card.kind {
                Kind::Unary | Kind::Server => card.send(),
                Kind::Client | Kind::Bidi => self.stream(card),
            }
        }
    }

    /// Greets several people in one call, and finishes.
    fn stream(self, card: Card) {
        let Ok(options) = card.options.get_untracked() else {
            return;
        };
        let between = options.interval.unwrap_or(PAUSE);
        let names = untrack(|| self.say.texts().hello.names);
        for (place, name) in names.into_iter().enumerate() {
            let request = HelloRequest {
                name: name.to_owned(),
                greeting: card.greeting.get_untracked(),
            };
            let before = if place == 0 { Duration::ZERO } else { between };
            card.send_burst(Burst {
                request,
                count: 1,
                before,
                between,
            });
        }
        card.finish();
    }
}
