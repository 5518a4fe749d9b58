//! What a person chose: language, theme, shortcuts. Remembered by the browser.

use leptos::prelude::*;

use crate::{
    browser::{forget, remember, remembered},
    i18n::{Language, texts::Texts},
};

/// Names in the browser's storage; `index.html` reads the first two before the page is drawn.
const LANGUAGE: &str = "parcero.language";
const THEME: &str = "parcero.theme";
const SHORTCUTS: &str = "parcero.shortcuts";

/// Which colours the page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// What the system has.
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// All three, in the order of the switch.
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// Its name in `data-theme-choice` and in the storage.
    pub fn word(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// What a person chose. A cheap copy of a handle.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The language of every text.
    pub language: RwSignal<Language>,
    /// The colours.
    pub theme: RwSignal<Theme>,
    /// Whether single keys are shortcuts.
    pub shortcuts: RwSignal<bool>,
}

impl Settings {
    /// What the browser remembers, or else what it says of its person; provided to everything below.
    pub fn provide() -> Self {
        let language = remembered(LANGUAGE)
            .or_else(|| window().navigator().language())
            .map_or(Language::English, |tag| Language::of_tag(&tag));
        let theme = remembered(THEME);
        let theme = Theme::ALL
            .into_iter()
            .find(|known| theme.as_deref() == Some(known.word()))
            .unwrap_or(Theme::System);
        let settings = Self {
            language: RwSignal::new(language),
            theme: RwSignal::new(theme),
            shortcuts: RwSignal::new(remembered(SHORTCUTS).as_deref() != Some("off")),
        };
        settings.show_on_the_document();
        provide_context(Say(settings.language));
        provide_context(settings);
        settings
    }

    /// `<html lang data-theme>` stands outside of what Leptos draws.
    fn show_on_the_document(self) {
        Effect::new(move || {
            if let Some(html) = document().document_element() {
                // Setting an attribute with a fixed name cannot fail.
                let _ = html.set_attribute("lang", self.language.get().tag());
                let _ = match self.theme.get() {
                    Theme::System => html.remove_attribute("data-theme"),
                    chosen => html.set_attribute("data-theme", chosen.word()),
                };
            }
        });
    }

    /// Chooses a language.
    pub fn choose_language(self, language: Language) {
        remember(LANGUAGE, language.tag());
        self.language.set(language);
    }

    /// Chooses a theme.
    pub fn choose_theme(self, theme: Theme) {
        match theme {
            Theme::System => forget(THEME),
            chosen => remember(THEME, chosen.word()),
        }
        self.theme.set(theme);
    }

    /// Turns single-key shortcuts on or off.
    pub fn choose_shortcuts(self, on: bool) {
        if on {
            forget(SHORTCUTS);
        } else {
            remember(SHORTCUTS, "off");
        }
        self.shortcuts.set(on);
    }
}

/// The texts of the chosen language. A cheap copy of a handle.
#[derive(Debug, Clone, Copy)]
pub struct Say(RwSignal<Language>);

impl Say {
    /// The one of this page.
    pub fn here() -> Self {
        expect_context()
    }

    /// The language, followed.
    pub fn language(self) -> Language {
        self.0.get()
    }

    /// The texts, followed.
    pub fn texts(self) -> &'static Texts {
        self.0.get().texts()
    }

    /// One text, which changes with the language.
    pub fn text(
        self,
        which: impl Fn(&'static Texts) -> &'static str + Send + Sync + 'static,
    ) -> Signal<&'static str> {
        Signal::derive(move || which(self.texts()))
    }
}
