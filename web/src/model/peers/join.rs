//! Links that carry a ticket: `http://localhost:50051/#join=TICKET`.

/// Where a peer has its page unless told otherwise: a link is opened on another computer than it was made on.
const USUAL_ORIGIN: &str = "http://localhost:50051";

/// What a ticket begins with, in the fragment of a link. A fragment is never sent anywhere.
const JOIN: &str = "#join=";

/// What every ticket begins with.
const BEGINNING: &str = "parcero";

/// The longest ticket there is, about: an id, a secret and thirty-two addresses in base 32.
const MAX_TICKET_CHARS: usize = 2_048;

/// The link that brings this ticket to a friend's own page.
pub fn link(ticket: &str) -> String {
    format!("{USUAL_ORIGIN}/{JOIN}{ticket}")
}

/// What the fragment of an address brings as a ticket, if it does. It may be anything: see [`is_like_a_ticket`].
pub fn ticket_in(fragment: &str) -> Option<&str> {
    Some(fragment.strip_prefix(JOIN)?.trim())
}

/// The ticket in what was pasted: one by itself, or a link that carries one.
pub fn ticket_of(pasted: &str) -> &str {
    let pasted = pasted.trim();
    match pasted.split_once(JOIN) {
        Some((_, ticket)) => ticket.trim(),
        None => pasted,
    }
}

/// Whether a text may be a ticket at all, so that it is worth asking.
pub fn is_like_a_ticket(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_TICKET_CHARS
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a text begins as every ticket does: one that is none all the same is incomplete, or mistyped.
pub fn begins_like_a_ticket(text: &str) -> bool {
    text.starts_with(BEGINNING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_comes_back_out_of_its_link() {
        let link = link("parceroabc234");
        assert_eq!(link, "http://localhost:50051/#join=parceroabc234");
        assert_eq!(ticket_of(&link), "parceroabc234");
        assert_eq!(ticket_of("  parceroabc234\n"), "parceroabc234");
        let (_, fragment) = link.split_at(link.find('#').unwrap());
        assert_eq!(ticket_in(fragment), Some("parceroabc234"));
    }

    #[test]
    fn other_fragments_bring_nothing() {
        for fragment in ["", "#", "#peers", "join=a"] {
            assert_eq!(ticket_in(fragment), None, "{fragment}");
        }
    }

    #[test]
    fn anything_but_letters_and_digits_is_no_ticket() {
        for text in ["", "a b", "<b>", "%3Cb", "ñ"] {
            assert!(!is_like_a_ticket(text), "{text}");
        }
    }

    #[test]
    fn a_ticket_has_a_bearable_length() {
        let fits = "a".repeat(MAX_TICKET_CHARS);
        assert!(is_like_a_ticket(&fits));
        assert!(!is_like_a_ticket(&(fits + "a")));
    }
}
