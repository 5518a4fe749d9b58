//! Text from a peer, shown so that it cannot act on a terminal or look like something else.

use std::borrow::Cow;

/// Characters that move the cursor, colour, reorder or hide text are written out: `‹U+202E›`.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    replace(text, |c| format!("‹U+{:04X}›", u32::from(c)))
}

/// The same for a line of JSON, where such a character can be written as an escape and still mean the same.
pub(super) fn visible_json(line: &str) -> Cow<'_, str> {
    replace(line, |c| {
        c.encode_utf16(&mut [0; 2])
            .iter()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect()
    })
}

fn replace(text: &str, write: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) {
            shown.push_str(&write(c));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Whether a character does something instead of being seen.
fn acts(c: char) -> bool {
    match c {
        '\t' => false,
        // C0, DEL and C1: terminals obey these.
        c if c.is_control() => true,
        // Marks and isolates of writing direction, which make text read in another order than it is stored.
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => true,
        // Nothing to see: zero-width space (its joiners belong to words and emoji), interlinear marks, line separators, invisible operators, tags.
        '\u{00AD}' | '\u{180E}' | '\u{200B}' | '\u{2028}' | '\u{2029}' => true,
        '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' => true,
        '\u{E0000}'..='\u{E007F}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_of_any_script_is_left_alone() {
        for text in ["", "Hello Ana", "¡Quiubo, parcero!", "مرحبا", "你好 😀", "a\tb"] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn what_acts_on_a_terminal_is_written_out() {
        assert_eq!(visible("a\x1b[2Jb"), "a‹U+001B›[2Jb");
        assert_eq!(visible("a\nb\rc\u{7f}\0"), "a‹U+000A›b‹U+000D›c‹U+007F›‹U+0000›");
        assert_eq!(visible("\u{9b}31m"), "‹U+009B›31m");
        assert_eq!(visible("gpj.\u{202E}exe"), "gpj.‹U+202E›exe");
        assert_eq!(visible("a\u{200B}b\u{E0041}"), "a‹U+200B›b‹U+E0041›");
    }

    #[test]
    fn json_means_the_same_afterwards() {
        let text = "a\u{9b}\u{202E}\u{E0041}ñ";
        let line = serde_json::to_string(text).unwrap();
        let shown = visible_json(&line);
        assert_eq!(shown, r#""a\u009b\u202e\udb40\udc41ñ""#);
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    }
}
