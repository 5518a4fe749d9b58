//! The two languages of the page.

mod english;
mod numbers;
pub mod peers;
mod spanish;
pub mod texts;
pub mod times;

use texts::Texts;

/// A language the page speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Spanish as in Colombia.
    Spanish,
}

impl Language {
    /// Every language, in the order of the switch.
    pub const ALL: [Language; 2] = [Language::English, Language::Spanish];

    /// The language of a tag such as `es-CO`; English for all that is not Spanish.
    pub fn of_tag(tag: &str) -> Language {
        match tag.split(['-', '_']).next() {
            Some(primary) if primary.eq_ignore_ascii_case("es") => Language::Spanish,
            _ => Language::English,
        }
    }

    /// Its tag: what `<html lang>` says and what `Intl` formats numbers for.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Spanish => "es-CO",
        }
    }

    /// Its name for itself, as short as a switch needs it.
    pub fn short(self) -> &'static str {
        match self {
            Language::English => "EN",
            Language::Spanish => "ES",
        }
    }

    /// Its name for itself.
    pub fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Spanish => "Español",
        }
    }

    /// Everything the page says in it.
    pub fn texts(self) -> &'static Texts {
        match self {
            Language::English => &english::ENGLISH,
            Language::Spanish => &spanish::SPANISH,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn every_kind_of_spanish_is_spanish_and_all_else_is_english() {
        for tag in ["es", "es-CO", "ES-mx", "es_ES"] {
            assert_eq!(Language::of_tag(tag), Language::Spanish, "{tag}");
        }
        for tag in ["en", "en-GB", "de", "", "est"] {
            assert_eq!(Language::of_tag(tag), Language::English, "{tag}");
        }
    }

    #[test]
    fn a_language_is_found_again_by_its_tag() {
        for language in Language::ALL {
            assert_eq!(Language::of_tag(language.tag()), language);
        }
    }
}
