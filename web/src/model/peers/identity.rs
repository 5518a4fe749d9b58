//! A public key as a person compares it.

/// The beginning and the end of an id: `b05c…77ab`.
pub fn short(id: &str) -> String {
    let digits: Vec<char> = id.chars().collect();
    match digits.as_slice() {
        [a, b, c, d, .., w, x, y, z] => [a, b, c, d, &'…', w, x, y, z].into_iter().collect(),
        few => few.iter().collect(),
    }
}

/// The whole id in groups of four digits, to be read to each other: `b05c 1d2e …`.
pub fn fingerprint(id: &str) -> String {
    let digits: Vec<char> = id.chars().collect();
    let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_id_has_both_ends_and_a_fingerprint_has_all_of_it() {
        let id = "b05c0123456789abcdef0123456789abcdef0123456789abcdef0123456777ab";
        assert_eq!(short(id), "b05c…77ab");
        assert!(fingerprint(id).starts_with("b05c 0123 4567 "));
        assert_eq!(fingerprint(id).replace(' ', ""), id);
    }

    #[test]
    fn what_is_no_id_is_shown_as_it_is() {
        assert_eq!(short(""), "");
        assert_eq!(short("ñandú"), "ñandú");
        assert_eq!(fingerprint("ñandú"), "ñand ú");
    }
}
