//! The views of the page.

/// A view of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The four kinds of call.
    Hello,
    /// The peers of the network.
    Peers,
}

impl View {
    /// All of them, in the order of the side.
    pub const ALL: [View; 2] = [View::Hello, View::Peers];

    /// Its name in the address and in `data-view`.
    pub fn word(self) -> &'static str {
        match self {
            View::Hello => "hello",
            View::Peers => "peers",
        }
    }

    /// The view that the fragment of an address names, if it names one. An address without a fragment is that of the
    /// first view, as one that was opened so leads back to it.
    pub fn of(fragment: &str) -> Option<View> {
        if fragment.is_empty() {
            return View::ALL.first().copied();
        }
        let word = fragment.strip_prefix('#')?;
        View::ALL.into_iter().find(|view| view.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::View;

    #[test]
    fn a_view_is_found_by_its_fragment_and_nothing_else_is_one() {
        for view in View::ALL {
            assert_eq!(View::of(&format!("#{}", view.word())), Some(view));
        }
        assert_eq!(View::of(""), Some(View::Hello));
        for nothing in ["#", "peers", "#main", "#peers/", "#join=x"] {
            assert_eq!(View::of(nothing), None, "{nothing}");
        }
    }
}
