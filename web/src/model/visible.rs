//! Text from elsewhere, made safe to look at: what is invisible or turns the line around is shown by its number.

/// `text` with control, zero-width and bidirectional characters written out as `‹U+202E›`, at most `max_chars`
/// characters of it; a longer one ends in `…`.
pub fn visible(text: &str, max_chars: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(max_chars));
    for (count, character) in text.chars().enumerate() {
        if count == max_chars {
            shown.push('…');
            break;
        }
        if hides(character) {
            shown.push_str(&format!("‹U+{:04X}›", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown
}

fn hides(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00ad}' // soft hyphen
            | '\u{061c}' // Arabic letter mark
            | '\u{180e}' // Mongolian vowel separator
            | '\u{200b}' | '\u{200e}' | '\u{200f}' // zero-width space, direction marks
            | '\u{2028}'..='\u{202e}' // line and paragraph separators, embeddings and overrides
            | '\u{2060}'..='\u{206f}' // word joiner, isolates
            | '\u{feff}' // byte order mark
            | '\u{fff9}'..='\u{fffb}' // interlinear annotation
            | '\u{e0000}'..='\u{e007f}' // tags
        )
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_hides_or_turns_the_line_is_written_out() {
        assert_eq!(
            visible("a\u{202e}b\u{200b}c\nd\0", 100),
            "a‹U+202E›b‹U+200B›c‹U+000A›d‹U+0000›"
        );
    }

    #[test]
    fn words_in_any_script_and_joined_emoji_stay_as_they_are() {
        for text in ["Telemática", "مرحبا", "你好", "👩\u{200d}💻", "«ñandú»"] {
            assert_eq!(visible(text, 100), text);
        }
    }

    #[test]
    fn a_long_text_is_cut_by_characters_and_says_so() {
        assert_eq!(visible("ñññ", 3), "ñññ");
        assert_eq!(visible("ññññ", 3), "ñññ…");
        assert_eq!(visible("", 0), "");
    }
}
