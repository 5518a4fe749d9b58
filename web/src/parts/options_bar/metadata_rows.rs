//! Rows of metadata: a key, a value, and what is wrong with them.

use leptos::prelude::*;

use super::Parsed;
use crate::{
    model::{
        metadata::Metadata,
        options::typed::{Row, Typed},
    },
    settings::Say,
};

/// One line for each row; none at first.
#[component]
pub fn MetadataRows(
    /// What stands in the fields.
    typed: RwSignal<Typed>,
    /// What that means.
    parsed: Parsed,
) -> impl IntoView {
    let ids = move || typed.with(|typed| typed.rows.iter().map(|row| row.id).collect::<Vec<_>>());
    view! {
        <div class="metadata" role="group" aria-label=Say::here().text(|texts| texts.options.metadata)>
            <For each=ids key=|id| *id let(id)>
                <MetadataRow id typed parsed />
            </For>
        </div>
    }
}

#[component]
fn MetadataRow(id: u32, typed: RwSignal<Typed>, parsed: Parsed) -> impl IntoView {
    let say = Say::here();
    let read = move |part: fn(&Row) -> &String| {
        move || typed.with(|typed| typed.rows.iter().find(|row| row.id == id).map(part).cloned())
    };
    let write = move |part: fn(&mut Row) -> &mut String, text: String| {
        typed.update(|typed| {
            if let Some(row) = typed.rows.iter_mut().find(|row| row.id == id) {
                *part(row) = text;
            }
        });
    };
    let error = Memo::new(move |_| {
        parsed.with(|parsed| {
            let problems = parsed.as_ref().err()?;
            problems
                .rows
                .iter()
                .find(|(row, _)| *row == id)
                .map(|(_, error)| *error)
        })
    });
    // What a key that ends in -bin takes, and how many bytes it has taken.
    let bytes = Memo::new(move |_| {
        typed.with(|typed| {
            let row = typed.rows.iter().find(|row| row.id == id)?;
            let is_bytes = row.key.trim().to_ascii_lowercase().ends_with("-bin");
            is_bytes.then(|| {
                let parsed = Metadata::parse(&row.key, &row.value).ok().flatten();
                parsed.as_ref().and_then(Metadata::byte_count)
            })
        })
    });
    let note_id = format!("metadata-{id}-note");
    let described_by = {
        let note_id = note_id.clone();
        move || (error.get().is_some() || bytes.get().is_some()).then(|| note_id.clone())
    };
    let note = move || match (error.get(), bytes.get()) {
        (Some(error), _) => (say.texts().options.bad_row)(error).to_owned(),
        (None, Some(count)) => {
            let hint = say.texts().options.bytes_hint;
            let count =
                count.map(|count| (say.texts().options.bytes_count)(&say.language().count(count as u64)));
            format!("{hint} {}", count.unwrap_or_default())
        }
        (None, None) => String::new(),
    };
    view! {
        <div class="metadata-row" data-metadata=id>
            <input
                class="field mono"
                data-field="metadata-key"
                aria-label=say.text(|texts| texts.options.key)
                placeholder=say.text(|texts| texts.options.key)
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                maxlength="256"
                prop:value=read(|row| &row.key)
                on:input=move |event| write(|row| &mut row.key, event_target_value(&event))
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby=described_by.clone()
            />
            <input
                class="field mono"
                data-field="metadata-value"
                aria-label=say.text(|texts| texts.options.value)
                placeholder=say.text(|texts| texts.options.value)
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                maxlength="8192"
                prop:value=read(|row| &row.value)
                on:input=move |event| write(|row| &mut row.value, event_target_value(&event))
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby=described_by
            />
            <button
                type="button"
                class="button quiet"
                data-action="remove-metadata"
                on:click=move |_| typed.update(|typed| typed.rows.retain(|row| row.id != id))
            >
                {say.text(|texts| texts.options.remove)}
            </button>
            <p id=note_id class="hint" class:wrong=move || error.get().is_some()>{note}</p>
        </div>
    }
}
