//! The tab Headers: metadata, headers and trailers as they crossed, and the status in words.

use http::HeaderMap;
use leptos::prelude::*;

use crate::{
    model::{
        call::{Call, phase::Phase},
        status,
        visible::visible,
    },
    parts::outcome_line::explanation,
    settings::Say,
};

/// Characters of one value; the limit of all metadata together is 16 KiB.
const VALUE_CHARS: usize = 2_000;

/// The header blocks of a call, and its status.
#[component]
pub fn HeadersTab(
    /// The call.
    call: Signal<Call>,
    /// Whether it was passed on to another peer.
    is_far: Signal<bool>,
) -> impl IntoView {
    let say = Say::here();
    let request = Memo::new(move |_| call.with(|call| call.headers().request.as_ref().map(lines)));
    let response = Memo::new(move |_| call.with(|call| call.headers().response.as_ref().map(lines)));
    let trailers = Memo::new(move |_| call.with(|call| call.headers().trailers.as_ref().map(lines)));
    let status = move || {
        call.with(|call| match call.phase() {
            Phase::Ended(outcome) => {
                let explanation = explanation(outcome, is_far.get(), say.language());
                let name = status::name(outcome.status.code());
                let said = (!explanation.said.is_empty()).then(|| {
                    let said = visible(&explanation.said, VALUE_CHARS);
                    view! { <p>{say.text(|texts| texts.outcome.peer_says)} " " <q>{said}</q></p> }
                });
                view! {
                    <p>
                        <b>{format!("{} {name}", explanation.number)}</b>
                        " — "
                        {explanation.sentence}
                    </p>
                    {said}
                }
                .into_any()
            }
            Phase::Idle => super::nothing_yet(say).into_any(),
            Phase::Live => {
                view! { <p class="muted">{say.text(|texts| texts.inspect.not_ended)}</p> }.into_any()
            }
        })
    };
    view! {
        <h3>{say.text(|texts| texts.inspect.request_headers)}</h3>
        <Block lines=request nothing=say.text(|texts| texts.inspect.no_request_headers) />
        <h3>{say.text(|texts| texts.inspect.response_headers)}</h3>
        <Block lines=response nothing=say.text(|texts| texts.inspect.no_response_headers) />
        <h3>{say.text(|texts| texts.inspect.trailers)}</h3>
        <Block lines=trailers nothing=say.text(|texts| texts.inspect.no_trailers) />
        <h3>{say.text(|texts| texts.inspect.status)}</h3>
        {status}
    }
}

type Lines = Vec<(String, String)>;

fn lines(headers: &HeaderMap) -> Lines {
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (
            name.to_string(),
            visible(&String::from_utf8_lossy(value.as_bytes()), VALUE_CHARS),
        )
    };
    headers.iter().map(line).collect()
}

#[component]
fn Block(lines: Memo<Option<Lines>>, nothing: Signal<&'static str>) -> impl IntoView {
    move || match lines.get() {
        Some(lines) if !lines.is_empty() => {
            let line = |(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
            view! { <dl class="headers">{lines.into_iter().map(line).collect_view()}</dl> }.into_any()
        }
        _ => view! { <p class="muted">{nothing}</p> }.into_any(),
    }
}
