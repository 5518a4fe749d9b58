//! The file: TOML, with the keys of [`Wishes`].

use std::{fs, io, path::Path};

use super::{ConfigError, Wishes, given};

impl Wishes {
    /// What a person wrote in the file.
    ///
    /// # Errors
    /// Where it is there and cannot be read, or holds what is no key.
    pub fn in_file(path: &Path) -> Result<Option<Self>, ConfigError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            // Nothing is below what is no folder. Whoever needs the folder says what is wrong with it.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(source) => {
                return Err(ConfigError::Unreadable {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        toml::from_str(&text).map(Some).map_err(|error: toml::de::Error| {
            let unknown = unknown_key(&text);
            if unknown.as_deref() == Some("secret") {
                return ConfigError::SecretInFile(path.to_owned());
            }
            ConfigError::NotUnderstood {
                path: path.to_owned(),
                line: error.span().map_or(1, |place| line_of(&text, place.start)),
                why: why(&error, &text),
                meant: unknown.and_then(|key| meant(&key, given::keys().map(|key| key.name))),
            }
        })
    }
}

/// What is wrong, on one line; of a value that must be a list, how it is written as one.
fn why(error: &toml::de::Error, text: &str) -> String {
    let why = error.message().lines().collect::<Vec<_>>().join(", ");
    match error.span().and_then(|place| text.get(place)) {
        Some(value) if why.ends_with("expected a sequence") => {
            why.replace("expected a sequence", &format!("expected a list: [{value}]"))
        }
        _ => why,
    }
}

/// The line of a text, from 1 on, in which a byte of it stands.
fn line_of(text: &str, byte: usize) -> usize {
    1 + text.bytes().take(byte).filter(|byte| *byte == b'\n').count()
}

/// The first key of the file that is none.
fn unknown_key(text: &str) -> Option<String> {
    let table: toml::Table = text.parse().ok()?;
    table
        .into_iter()
        .map(|(key, _)| key)
        .find(|key| given::keys().all(|known| known.name != *key))
}

/// Which of `known` was probably meant: the nearest one, if no more than a third of it would have to be changed.
pub(super) fn meant(word: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let word = word.replace('_', "-");
    known
        .map(|known| (strsim::osa_distance(&word, &known.replace('_', "-")), known))
        .filter(|(distance, known)| *distance * 3 <= known.len().max(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, expected: Option<&str>) {
        let keys = given::keys().map(|key| key.name);
        assert_eq!(meant(word, keys).as_deref(), expected, "{word}");
    }

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        check("nmae", Some("name"));
        check("lisen", Some("listen"));
        check("max_message_bytes", Some("max-message-bytes"));
        check("allow-orgins", Some("allow-origin"));
        check("colour", None);
        check("", None);
    }
}
