//! One card: its fields, the call it makes, and the task that makes it.

use std::time::Duration;

use bridge::tap::Tap;
use contract::greet::HelloRequest;
use futures_channel::mpsc;
use leptos::prelude::*;
use tonic::{Request, Status};

use super::{play::play, sending::Burst};
use crate::{
    browser::{Task, now_ms},
    model::{
        call::{
            Call, Event, Run,
            aside::{Aside, Made},
            phase::Phase,
        },
        hello::Kind,
        options::Options,
        status,
        target::Target,
    },
    pages::announcer::Announcer,
    parts::options_bar::Parsed,
    rpc::Rpc,
    settings::Say,
};

/// Bursts that may wait behind the one that is being sent: more than a person asks for while one lasts.
const MAX_WAITING_BURSTS: usize = 64;
/// Drawing may take this part of the time, so that there is some left for everything else.
const DRAWING_SHARE: f64 = 0.25;

/// A card. A cheap copy of a handle.
#[derive(Clone, Copy)]
pub(super) struct Card {
    /// Its kind of call.
    pub(super) kind: Kind,
    /// The call as it stands.
    pub(super) call: RwSignal<Call>,
    /// The word to greet with.
    pub(super) greeting: RwSignal<String>,
    /// Whom to greet.
    pub(super) name: RwSignal<String>,
    /// The options of the next call.
    pub(super) options: Parsed,
    /// What the last call was made with.
    pub(super) made_with: RwSignal<Options>,
    /// The last call to another peer.
    aside: RwSignal<Aside>,
    rpc: StoredValue<Rpc>,
    bursts: StoredValue<Option<mpsc::Sender<Burst>>>,
    task: StoredValue<Option<Task>>,
    /// When the next drawing may begin; none while one is asked for.
    may_draw_ms: StoredValue<Option<f64>>,
    announcer: Announcer,
    say: Say,
}

impl Card {
    pub(super) fn new(kind: Kind, rpc: Rpc, options: Parsed) -> Self {
        let say = Say::here();
        let texts = untrack(|| &say.texts().hello);
        Self {
            kind,
            call: RwSignal::new(Call::new(kind)),
            greeting: RwSignal::new(texts.default_greeting.to_owned()),
            name: RwSignal::new(texts.default_name.to_owned()),
            options,
            made_with: RwSignal::new(Options::default()),
            aside: RwSignal::new(Aside::default()),
            rpc: StoredValue::new(rpc),
            bursts: StoredValue::new(None),
            task: StoredValue::new(None),
            may_draw_ms: StoredValue::new(Some(0.0)),
            announcer: expect_context(),
            say,
        }
    }

    /// What stands in the fields, followed.
    pub(super) fn request(self) -> HelloRequest {
        HelloRequest {
            name: self.name.get(),
            greeting: self.greeting.get(),
        }
    }

    /// Whom the call that is shown was passed on to, followed; none if it was this peer.
    pub(super) fn callee(self) -> Option<Target> {
        self.made_with.with(|options| options.target.clone())
    }

    /// Whom the call went to that is kept while another peer is chosen, followed.
    pub(super) fn kept_aside(self) -> Option<Option<Target>> {
        self.aside
            .with(|aside| aside.made().map(|made| made.options.target.clone()))
    }

    /// Shows the call to this peer, which may be none yet. One that is under way stays until another one begins.
    pub(super) fn turn_to(self, target: Option<&Target>) {
        let is_there = self
            .made_with
            .with_untracked(|options| Target::is_same(options.target.as_ref(), target));
        if is_there || self.call.with_untracked(Call::is_live) {
            return;
        }
        let shown = Made {
            call: self.call.get_untracked(),
            options: self.made_with.get_untracked(),
        };
        if let Some(next) = self.aside.try_update(|aside| aside.exchange(shown, target)) {
            self.made_with.set(next.options);
            self.call.set(next.call);
        }
    }

    /// Where the calls go.
    pub(super) fn origin(self) -> String {
        self.rpc.with_value(|rpc| rpc.origin().to_owned())
    }

    /// Makes the call; or, in an open one, sends as many messages as the options say.
    pub(super) fn send(self) {
        let Ok(options) = self.options.get_untracked() else {
            return;
        };
        let between = options.interval.unwrap_or_default();
        let count = if self.kind.sends_many() {
            options.count.unwrap_or(1)
        } else {
            1
        };
        self.send_burst(Burst {
            request: untrack(|| self.request()),
            count,
            before: Duration::ZERO,
            between,
        });
    }

    /// Makes the call if none is live, and sends this in it.
    pub(super) fn send_burst(self, burst: Burst) {
        if !self.call.with_untracked(Call::is_live) {
            self.begin();
        }
        let (run, count) = (self.call.with_untracked(Call::run), u64::from(burst.count));
        let sent = self.bursts.try_update_value(|bursts| match bursts {
            Some(bursts) => bursts.try_send(burst).map_err(|refused| refused.is_full()),
            None => Err(false),
        });
        match sent {
            Some(Ok(())) => self.apply(run, Event::AskedToSend(count)),
            Some(Err(true)) => {
                let text = untrack(|| self.say.texts().hello.queue_full);
                self.announcer.say(self.kind.word(), text.to_owned());
            }
            // Finished or ended in this very moment: the card shows that, and there is nothing to send in.
            Some(Err(false)) | None => {}
        }
        if !self.kind.sends_many() {
            self.bursts.set_value(None);
        }
    }

    fn begin(self) {
        let Ok(options) = self.options.get_untracked() else {
            return;
        };
        self.turn_to(options.target.as_ref());
        let mut run = Run::default();
        self.call.update_untracked(|call| run = call.begin(now_ms()));
        self.made_with.set(options);
        let (sender, bursts) = mpsc::channel(MAX_WAITING_BURSTS);
        self.bursts.set_value(Some(sender));
        let rpc = self.rpc.get_value();
        self.task.set_value(Some(Task::spawn(async move {
            let status = play(self, run, rpc, bursts).await;
            self.apply(run, Event::Ended(status.err().unwrap_or_else(|| Status::ok(""))));
            self.announce();
        })));
        self.announce();
        self.draw();
    }

    /// Finishes sending, after what is waiting to be sent.
    pub(super) fn finish(self) {
        self.bursts.set_value(None);
        self.apply(self.call.with_untracked(Call::run), Event::AskedToFinish);
    }

    /// Gives the call up: dropping the task drops the call, which tells the peer.
    pub(super) fn cancel(self) {
        self.task.set_value(None);
        self.bursts.set_value(None);
        self.apply(self.call.with_untracked(Call::run), Event::Cancelled);
        self.announce();
    }

    /// A request with the options of this run, watched as it crosses.
    ///
    /// What that costs while nobody inspects it: a place in a list for each message. Its frame is shared with the
    /// buffer it crossed in, not copied, and is read as text only if its row is drawn; an open Inspect takes apart what
    /// it shows. The last thousand events are kept, and 16 MiB.
    pub(super) fn dress<T>(self, run: Run, message: T) -> Request<T> {
        let mut request = Request::new(message);
        self.made_with
            .with_untracked(|options| options.put_on(self.kind, &mut request));
        let tap = Tap::new(move |crossing| self.apply(run, Event::Crossed(crossing)));
        request.extensions_mut().insert(tap);
        request
    }

    /// Takes what happened, and has it drawn soon.
    fn apply(self, run: Run, event: Event) {
        // The card may be gone while the last words of its call arrive.
        let applied = self
            .call
            .try_update_untracked(|call| call.apply(run, now_ms(), event));
        if applied.is_some() {
            self.draw();
        }
    }

    /// Draws once for all that happens until the next frame; later, if the last drawing took long.
    fn draw(self) {
        let Some(may_draw_ms) = self.may_draw_ms.try_update_value(Option::take).flatten() else {
            return;
        };
        let draw = move || {
            request_animation_frame(move || {
                let began_ms = now_ms();
                self.may_draw_ms.try_update_value(|may| *may = Some(began_ms));
                if self.call.is_disposed() {
                    return;
                }
                self.call.notify();
                // Effects run in the microtasks after this; the task after those knows how long they took.
                set_timeout(
                    move || {
                        let took_ms = now_ms() - began_ms;
                        self.may_draw_ms.try_update_value(|may| {
                            if may.is_some() {
                                *may = Some(now_ms() + took_ms * (1.0 / DRAWING_SHARE - 1.0));
                            }
                        });
                    },
                    Duration::ZERO,
                );
            });
        };
        let pause_ms = may_draw_ms - now_ms();
        if pause_ms < 1.0 {
            draw();
        } else {
            set_timeout(draw, Duration::from_millis(pause_ms as u64));
        }
    }

    /// Says aloud that a call began or how it ended.
    fn announce(self) {
        let text = untrack(|| {
            let kind = (self.say.texts().hello.kind)(self.kind);
            self.call.try_with_untracked(|call| match call.phase() {
                Phase::Ended(outcome) => {
                    let code = outcome.status.code();
                    let status = format!("{} {}", i32::from(code), status::name(code));
                    let took = self
                        .say
                        .language()
                        .time(call.duration_ms(now_ms()).unwrap_or_default());
                    (self.say.texts().outcome.ended)(kind, &status, &took)
                }
                Phase::Idle | Phase::Live => (self.say.texts().outcome.began)(kind),
            })
        });
        if let Some(text) = text {
            self.announcer.say(self.kind.word(), text);
        }
    }
}
