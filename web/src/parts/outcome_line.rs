//! The line below a diagram: how the call stands, how long, how much. And a sentence if it failed.

use leptos::prelude::*;
use tonic::Code;

use crate::{
    i18n::Language,
    model::{
        call::{
            Call,
            phase::{Doing, EndedBy, Outcome, Phase},
        },
        hello::Kind,
        status::{self, Explanation},
        visible::visible,
    },
    settings::Say,
};

/// What a peer may say about a failure on a card, in characters: four lines. Inspect shows all of it.
const SAID_CHARS: usize = 300;

/// How a call ended, in words; one that was passed on to a far peer is explained otherwise.
pub fn explanation(outcome: &Outcome, is_far: bool, language: Language) -> Explanation {
    match outcome.by {
        EndedBy::Person => status::cancelled_by_you(language),
        EndedBy::Peer | EndedBy::Deadline | EndedBy::Way if outcome.status.code() == Code::Ok => {
            status::ok(language)
        }
        EndedBy::Peer | EndedBy::Deadline | EndedBy::Way if is_far => {
            status::explain_far(&outcome.status, language)
        }
        EndedBy::Peer | EndedBy::Deadline | EndedBy::Way => status::explain(&outcome.status, language),
    }
}

/// The pill: the status as number and name, or what the call is doing.
#[component]
pub fn StatusPill(
    /// The call.
    #[prop(into)]
    call: Signal<Call>,
) -> impl IntoView {
    let say = Say::here();
    let face = Memo::new(move |_| {
        call.with(|call| match (call.phase(), call.doing()) {
            (Phase::Ended(outcome), _) => {
                let code = outcome.status.code();
                let look = match outcome.by {
                    EndedBy::Person => "pill",
                    EndedBy::Peer | EndedBy::Deadline | EndedBy::Way if code == Code::Ok => "pill is-ok",
                    EndedBy::Peer | EndedBy::Deadline | EndedBy::Way => "pill is-bad",
                };
                let number = i32::from(code);
                (
                    look,
                    number.to_string(),
                    format!("{number} {}", status::name(code)),
                )
            }
            (_, Some(doing)) => {
                let texts = &say.texts().outcome;
                let (word, text) = match doing {
                    Doing::Waiting => ("waiting", texts.waiting),
                    Doing::Receiving => ("receiving", texts.receiving),
                    Doing::Open => ("open", texts.open),
                };
                ("pill is-live", word.to_owned(), text.to_owned())
            }
            (_, None) => ("pill", "idle".to_owned(), say.texts().outcome.idle.to_owned()),
        })
    });
    view! {
        <span class=move || face.get().0 data-status=move || face.get().1>
            {move || face.get().2}
        </span>
    }
}

/// Duration, counts, bytes and round trips.
#[component]
pub fn Figures(
    /// The call.
    #[prop(into)]
    call: Signal<Call>,
    /// The time, as it goes by.
    #[prop(into)]
    now_ms: Signal<f64>,
) -> impl IntoView {
    let say = Say::here();
    let figures = move || {
        let (language, texts) = (say.language(), &say.texts().outcome);
        call.with(|call| {
            let Some(duration_ms) = call.duration_ms(now_ms.get()) else {
                return String::new();
            };
            let (sent, received) = (call.sent(), call.received());
            let mut figures = vec![language.time(duration_ms)];
            if call.kind() == Kind::Unary {
                figures.push((texts.bytes_out)(&language.bytes(sent.bytes)));
                figures.push((texts.bytes_in)(&language.bytes(received.bytes)));
            } else {
                figures.push((texts.sent)(
                    &language.count(sent.messages),
                    &language.bytes(sent.bytes),
                ));
                figures.push((texts.received)(
                    &language.count(received.messages),
                    &language.bytes(received.bytes),
                ));
            }
            if call.is_undelivered() && sent.messages > 0 {
                // After the figure of what was sent.
                figures.insert(2, say.texts().diagram.no_sign.to_owned());
            }
            if call.waiting_to_send() > 0 {
                figures.push((texts.to_send)(&language.count(call.waiting_to_send())));
            }
            if let Some(median_ms) = call.median_round_trip_ms() {
                figures.push((texts.round_trip)(&language.time(median_ms)));
            }
            figures.join(" · ")
        })
    };
    view! { <span class="figures" data-figures>{figures}</span> }
}

/// What went wrong and what to do, if the call failed.
#[component]
pub fn Failed(
    /// The call.
    #[prop(into)]
    call: Signal<Call>,
    /// Whether it was passed on to another peer.
    #[prop(into)]
    is_far: Signal<bool>,
) -> impl IntoView {
    let say = Say::here();
    let failure = Memo::new(move |_| {
        call.with(|call| match call.phase() {
            Phase::Ended(outcome) if outcome.status.code() != Code::Ok => {
                let explanation = explanation(outcome, is_far.get(), say.language());
                let said = visible(&explanation.said, SAID_CHARS);
                Some((explanation.sentence, said, outcome.by))
            }
            _ => None,
        })
    });
    move || {
        failure.get().map(|(sentence, said, by)| {
            let said = (!said.is_empty()).then(|| {
                view! {
                    <span class="said">{say.text(|texts| texts.outcome.peer_says)} " " <q>{said}</q></span>
                }
            });
            // To give a call up is no failure.
            let look = if by == EndedBy::Person {
                "failed is-cancelled"
            } else {
                "failed"
            };
            view! { <p class=look data-failed>{sentence} " " {said}</p> }
        })
    }
}
