//! Text inside other languages: a word of a shell command, a string of JSON or Python.

use std::fmt::Write;

/// One word for a POSIX shell, whatever is in it. (A NUL can be in no argument, and goes.)
pub(super) fn shell(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=@%+,".contains(character);
    // At the start of a word some shells look a `=` up.
    if !text.is_empty() && !text.starts_with('=') && text.chars().all(is_plain) {
        return text.to_owned();
    }
    // Inside single quotes all is itself but the single quote.
    format!("'{}'", text.replace('\0', "").replace('\'', r"'\''"))
}

/// A string of JSON, quotes included. It is one of Python too.
pub(super) fn json(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // Control characters; and those that turn the line around, or end it in some editors.
            '\0'..='\x1f'
            | '\x7f'..='\u{9f}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => {
                // Writing to a String cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_plain_word_needs_no_quotes_and_all_else_is_quoted() {
        for (text, word) in [
            ("Ana", "Ana"),
            ("http://localhost:50051", "http://localhost:50051"),
            ("", "''"),
            ("Ana María", "'Ana María'"),
            ("$HOME", "'$HOME'"),
            ("it's", r"'it'\''s'"),
            ("a\nb", "'a\nb'"),
            ("~", "'~'"),
            ("a=b", "a=b"),
            ("=ls", "'=ls'"),
            ("[::1]", "'[::1]'"),
            ("a;b", "'a;b'"),
        ] {
            assert_eq!(shell(text), word);
        }
    }

    #[test]
    fn json_escapes_quotes_backslashes_and_control_characters() {
        assert_eq!(json("a\"b\\c\n\u{1}é\u{202e}"), r#""a\"b\\c\n\u0001é\u202e""#);
    }

    /// Asks a real shell, as nothing else knows its rules so well.
    #[cfg(unix)]
    fn through_a_shell(words: &[String]) -> Vec<u8> {
        let script = format!("printf '%s\\0' {}", words.join(" "));
        let shell = std::process::Command::new("sh")
            .args(["-c", &script])
            .output()
            .unwrap();
        assert!(shell.status.success(), "{shell:?}");
        shell.stdout
    }

    #[cfg(unix)]
    proptest! {
        // Each case starts a shell.
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_shell_reads_any_text_as_the_one_word_it_was(texts in prop::collection::vec("[^\0]*", 1..20)) {
            let words: Vec<String> = texts.iter().map(|text| shell(text)).collect();
            let expected: String = texts.iter().map(|text| format!("{text}\0")).collect();
            prop_assert_eq!(through_a_shell(&words), expected.into_bytes());
        }

        #[test]
        fn a_shell_leaves_what_it_likes_to_change_alone(text in r#"['"$`\\!*?~#&|;<>(){}\n a]{0,40}"#) {
            prop_assert_eq!(through_a_shell(&[shell(&text)]), format!("{text}\0").into_bytes());
        }
    }
}
