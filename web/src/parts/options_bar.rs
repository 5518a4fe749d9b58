//! The options of a call, always in sight: deadline, messages, pause, metadata.

pub mod metadata_rows;

use leptos::prelude::*;

use crate::{
    model::options::{
        Options, USUAL_COUNT, USUAL_INTERVAL,
        typed::{MAX_ROWS, Problems, Typed, Unit},
    },
    settings::Say,
};
use metadata_rows::MetadataRows;

/// What the fields mean, or what is wrong with them.
pub type Parsed = Signal<Result<Options, Problems>>;

/// The fields, and beside each what is wrong with it.
#[component]
pub fn OptionsBar(
    /// What stands in the fields.
    typed: RwSignal<Typed>,
    /// What that means.
    parsed: Parsed,
    /// The largest message the peer takes, in bytes: no option of a call, but a bound to all of them.
    max_message_bytes: Signal<u64>,
) -> impl IntoView {
    let say = Say::here();
    let limit = move || (say.texts().options.limit)(&say.language().limit(max_message_bytes.get()));
    let problem = move |which: fn(&Problems) -> bool| {
        Signal::derive(move || parsed.with(|parsed| parsed.as_ref().is_err_and(which)))
    };
    let is_full = move || typed.with(|typed| typed.rows.len() >= MAX_ROWS);
    let unit = move |event| {
        let unit = if event_target_value(&event) == "ms" {
            Unit::Milliseconds
        } else {
            Unit::Seconds
        };
        typed.update(|typed| typed.unit = unit);
    };
    let means = move || {
        parsed.with(|parsed| {
            let options = parsed.as_ref().ok()?;
            let language = say.language();
            let count = options.count.map(|count| language.count(count.into()));
            let interval = options
                .interval
                .map(|pause| language.count(pause.as_millis() as u64));
            if count.is_none() && interval.is_none() {
                return None;
            }
            let means = (say.texts().options.means)(count.as_deref(), interval.as_deref());
            Some(view! { <p class="muted hint">{means}</p> })
        })
    };
    view! {
        <section class="options" aria-label=say.text(|texts| texts.options.title)>
            <div class="options-row">
                <NumberField
                    name="deadline"
                    label=say.text(|texts| texts.options.deadline)
                    placeholder=Signal::derive(move || say.texts().options.none.to_owned())
                    value=Signal::derive(move || typed.with(|typed| typed.deadline.clone()))
                    on_input=move |text| typed.update(|typed| typed.deadline = text)
                    is_wrong=problem(|problems| problems.deadline)
                >
                    <select
                        class="field"
                        aria-label=say.text(|texts| texts.options.unit)
                        data-option="unit"
                        prop:value=move || typed.with(|typed| match typed.unit {
                            Unit::Milliseconds => "ms",
                            Unit::Seconds => "s",
                        })
                        on:change=unit
                    >
                        <option value="s">{move || "s"}</option>
                        <option value="ms">{move || "ms"}</option>
                    </select>
                </NumberField>
                <NumberField
                    name="count"
                    label=say.text(|texts| texts.options.count)
                    placeholder=Signal::stored(USUAL_COUNT.to_string())
                    value=Signal::derive(move || typed.with(|typed| typed.count.clone()))
                    on_input=move |text| typed.update(|typed| typed.count = text)
                    is_wrong=problem(|problems| problems.count)
                >
                    {()}
                </NumberField>
                <NumberField
                    name="interval"
                    label=say.text(|texts| texts.options.interval)
                    placeholder=Signal::stored(USUAL_INTERVAL.as_millis().to_string())
                    value=Signal::derive(move || typed.with(|typed| typed.interval.clone()))
                    on_input=move |text| typed.update(|typed| typed.interval = text)
                    is_wrong=problem(|problems| problems.interval)
                >
                    {()}
                </NumberField>
                <button
                    type="button"
                    class="button quiet"
                    data-action="add-metadata"
                    aria-disabled=move || is_full().then_some("true")
                    title=move || is_full().then(|| say.texts().options.full)
                    on:click=move |_| typed.update(Typed::add_row)
                >
                    {"+ "}
                    {say.text(|texts| texts.options.add)}
                </button>
                <span class="hint" data-max-message-bytes=max_message_bytes>{limit}</span>
            </div>
            <Wrong id="deadline-wrong" is_wrong=problem(|problems| problems.deadline)
                text=say.text(|texts| texts.options.bad_deadline) />
            <Wrong id="count-wrong" is_wrong=problem(|problems| problems.count)
                text=say.text(|texts| texts.options.bad_count) />
            <Wrong id="interval-wrong" is_wrong=problem(|problems| problems.interval)
                text=say.text(|texts| texts.options.bad_interval) />
            {means}
            <MetadataRows typed parsed />
        </section>
    }
}

/// A labelled field for a number.
#[component]
fn NumberField(
    name: &'static str,
    label: Signal<&'static str>,
    placeholder: Signal<String>,
    value: Signal<String>,
    #[prop(into)] on_input: Callback<String>,
    is_wrong: Signal<bool>,
    children: Children,
) -> impl IntoView {
    let id = format!("option-{name}");
    view! {
        <div class="option">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                class="field"
                inputmode="decimal"
                autocomplete="off"
                maxlength="12"
                data-option=name
                placeholder=placeholder
                prop:value=value
                on:input=move |event| on_input.run(event_target_value(&event))
                aria-invalid=move || is_wrong.get().then_some("true")
                aria-describedby=move || is_wrong.get().then(|| format!("{name}-wrong"))
            />
            {children()}
        </div>
    }
}

/// What is wrong with a field, if something is.
#[component]
fn Wrong(id: &'static str, is_wrong: Signal<bool>, text: Signal<&'static str>) -> impl IntoView {
    move || {
        is_wrong
            .get()
            .then(|| view! { <p id=id class="wrong">{text}</p> })
    }
}
