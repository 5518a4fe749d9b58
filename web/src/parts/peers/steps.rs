//! A diagnosis in words: each step, how it stands, what was seen, and what to try where one failed.

use leptos::prelude::*;

use super::failure_words;
use crate::{
    model::peers::{
        diagnosis::{Diagnosis, Mark, Step},
        evidence::{Evidence, Seen},
    },
    settings::Say,
};

/// The steps.
#[component]
pub fn Steps(
    /// The diagnosis as it stands.
    diagnosis: Diagnosis,
    /// The time, in seconds since 1970.
    now: Signal<i64>,
) -> impl IntoView {
    let say = Say::here();
    let row = move |(step, mark, evidence): (Step, Mark, &str)| {
        let evidence = (!evidence.is_empty()).then(|| {
            let said = evidence.to_owned();
            view! { <span class="muted evidence">{move || self::evidence(say, step, &said)}</span> }
        });
        view! {
            <li class=class(mark) data-step=step.word() data-mark=word(mark)>
                <span class="mark" aria-hidden="true">{sign(mark)}</span>
                <span>
                    <b>{say.text(move |texts| (texts.peers.diagnosis.step)(step))}</b>
                    {": "}
                    {say.text(move |texts| (texts.peers.diagnosis.mark)(mark))}
                    {evidence}
                </span>
            </li>
        }
    };
    let rows = diagnosis.steps().map(row).collect_view();
    let is_well = diagnosis.is_well();
    let failed = diagnosis.failed().map(|(step, said)| (step, said.to_owned()));
    let broken = diagnosis.broken().cloned();
    let (ended_at, is_past) = (diagnosis.ended_at(), diagnosis.is_past());
    let last = move || {
        let texts = &say.texts().peers.diagnosis;
        // What it came to, and what to try next, is no longer so.
        if is_past {
            return ().into_any();
        }
        if let Some(status) = &broken {
            return view! { <p class="wrong">{failure_words(say, status)}</p> }.into_any();
        }
        match &failed {
            Some((step, said)) => {
                let next = (texts.next)(*step, said);
                view! { <p class="next" data-next><b>{texts.try_next}</b> " " {next}</p> }.into_any()
            }
            None if is_well => view! { <p data-next>{texts.well}</p> }.into_any(),
            None => ().into_any(),
        }
    };
    let made = move || {
        let when = say.language().moment_ago(now.get(), ended_at?);
        let texts = &say.texts().peers.diagnosis;
        let text = match (is_past, is_well) {
            (false, _) => texts.made,
            (true, false) => texts.made_before_it_came,
            (true, true) => texts.made_before_it_went,
        }(&when);
        Some(view! { <p class="muted" data-made>{text}</p> })
    };
    view! {
        <section class="steps" class:is-past=is_past aria-label=say.text(|texts| texts.peers.diagnosis.title)>
            <ol>{rows}</ol>
            <div role="status">{last}</div>
            {made}
        </section>
    }
}

/// What was seen, in the language of the page; what is passed on as it was said is quoted.
fn evidence(say: Say, step: Step, said: &str) -> impl IntoView + use<> {
    let texts = &say.texts().peers.diagnosis;
    let evidence = Evidence::read(step, said);
    let clause = |(place, seen): (usize, &Seen<'_>)| {
        let before = if place == 0 { "" } else { ": " };
        let said = match seen {
            Seen::Quote(said) => view! { <q lang="en">{(*said).to_owned()}</q> }.into_any(),
            known => (texts.seen)(known).into_any(),
        };
        view! { {before} {said} }
    };
    let clauses = evidence.seen.iter().enumerate().map(clause).collect_view();
    let says_how_long = |seen: &Seen<'_>| matches!(seen, Seen::NoAnswer(_) | Seen::NoReply(_));
    let took = evidence
        .took_ms
        .filter(|_| !evidence.seen.iter().any(says_how_long))
        .map(|took_ms| format!(" ({})", say.language().time(took_ms as f64)));
    view! { {clauses} {took} }
}

fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::Passed => "passed",
        Mark::Failed => "failed",
        Mark::Trying => "trying",
        Mark::Untried => "untried",
    }
}

fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Passed => "is-passed",
        Mark::Failed => "is-failed",
        Mark::Trying => "is-trying",
        Mark::Untried => "is-untried",
    }
}

fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Passed => "✓",
        Mark::Failed => "✕",
        Mark::Trying => "…",
        Mark::Untried => "·",
    }
}
