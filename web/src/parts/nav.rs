//! The side of the page: its views, who this peer is, language, theme and keys.

use leptos::prelude::*;

use super::{
    icon::{Logo, ThemeIcon},
    switch::Switch,
};
use crate::{
    i18n::Language,
    model::{
        peers::identity::short,
        presence::{Now, Presence},
        view::View,
    },
    settings::{Say, Settings, Theme},
};

/// The side of the page; on a narrow screen, its top.
#[component]
pub fn Nav(
    /// Whether the peer is there, and its name.
    #[prop(into)]
    presence: Signal<Presence>,
    /// Its public key, once it is known.
    own_id: Signal<Option<String>>,
    /// The view that is shown.
    #[prop(into)]
    view: Signal<View>,
    /// How many ask to be friends.
    requests: Signal<u64>,
    /// Shows the keys.
    #[prop(into)]
    on_keys: Callback<()>,
) -> impl IntoView {
    let say = Say::here();
    let link = move |to: View| {
        let (label, key) = match to {
            View::Hello => (say.text(|texts| texts.hello.title), "1"),
            View::Peers => (say.text(|texts| texts.peers.title), "2"),
        };
        let count = move || (to == View::Peers && requests.get() > 0).then(|| requests.get());
        view! {
            <li>
                <a
                    href=format!("#{}", to.word())
                    aria-current=move || (view.get() == to).then_some("page")
                    data-view=to.word()
                    data-requests=count
                >
                    {label}
                    {move || count().map(|count| view! {
                        <span class="count" title=move || (say.texts().peers.requests)(count)>
                            <span aria-hidden="true">{count}</span>
                            <span class="unseen">{move || (say.texts().peers.requests)(count)}</span>
                        </span>
                    })}
                    <kbd aria-hidden="true">{key}</kbd>
                </a>
            </li>
        }
    };
    view! {
        <nav class="nav" aria-label=say.text(|texts| texts.shell.views)>
            <div class="brand">
                <Logo />
                <span>{"Parcero"}</span>
            </div>
            <ul class="views">
                {View::ALL.into_iter().map(link).collect_view()}
            </ul>
            <div class="self">
                <SelfName presence own_id />
                <div class="choices">
                    <LanguageSwitch />
                    <ThemeSwitch />
                    <button
                        type="button"
                        class="button quiet small"
                        data-action="keys"
                        aria-haspopup="dialog"
                        aria-label=say.text(|texts| texts.shell.keys)
                        title=say.text(|texts| texts.shell.keys)
                        on:click=move |_| on_keys.run(())
                    >
                        {"?"}
                    </button>
                </div>
            </div>
        </nav>
    }
}

/// The name of this peer, and whether it is there: by colour and by word.
#[component]
fn SelfName(presence: Signal<Presence>, own_id: Signal<Option<String>>) -> impl IntoView {
    let say = Say::here();
    let dot = move || {
        presence.with(|presence| match presence.now {
            Now::Asking => "dot is-asking",
            Now::Stopping => "dot is-stopping",
            Now::Here => "dot is-here",
            Now::Gone { .. } => "dot is-gone",
        })
    };
    let word = move || {
        let texts = &say.texts().presence;
        presence.with(|presence| match presence.now {
            Now::Asking => texts.asking,
            Now::Stopping => texts.stopping_word,
            Now::Here => texts.here,
            Now::Gone { .. } => texts.gone,
        })
    };
    let name = move || presence.with(|presence| presence.peer.as_ref().map(|peer| peer.name.clone()));
    let version = move || presence.with(|presence| presence.peer.as_ref().map(|peer| peer.version.clone()));
    view! {
        <p class="self-name" data-presence=move || presence.with(|presence| match presence.now {
            Now::Asking => "asking",
            Now::Stopping => "stopping",
            Now::Here => "here",
            Now::Gone { .. } => "gone",
        })>
            <span class=dot />
            <b title=version>{name}</b>
            <span class="muted">{word}</span>
            {move || own_id.get().map(|id| view! { <code class="muted own-id" title=id.clone()>{short(&id)}</code> })}
        </p>
    }
}

#[component]
fn LanguageSwitch() -> impl IntoView {
    let settings = expect_context::<Settings>();
    let button = move |language: Language| {
        view! {
            <button
                type="button"
                lang=language.tag()
                title=language.name()
                aria-pressed=move || (settings.language.get() == language).to_string()
                data-language=if language == Language::Spanish { "es" } else { "en" }
                on:click=move |_| settings.choose_language(language)
            >
                <span aria-hidden="true">{language.short()}</span>
                <span class="unseen">{language.name()}</span>
            </button>
        }
    };
    view! {
        <Switch label=Say::here().text(|texts| texts.shell.language)>
            {Language::ALL.into_iter().map(button).collect_view()}
        </Switch>
    }
}

#[component]
fn ThemeSwitch() -> impl IntoView {
    let say = Say::here();
    let settings = expect_context::<Settings>();
    let button = move |theme: Theme| {
        let label = say.text(move |texts| match theme {
            Theme::System => texts.shell.system,
            Theme::Light => texts.shell.light,
            Theme::Dark => texts.shell.dark,
        });
        view! {
            <button
                type="button"
                title=label
                aria-label=label
                aria-pressed=move || (settings.theme.get() == theme).to_string()
                data-theme-choice=theme.word()
                on:click=move |_| settings.choose_theme(theme)
            >
                <ThemeIcon theme />
            </button>
        }
    };
    view! {
        <Switch label=say.text(|texts| texts.shell.theme)>
            {Theme::ALL.into_iter().map(button).collect_view()}
        </Switch>
    }
}
