//! The few drawings of the page.

use leptos::{attr::Attribute, html::HtmlElement, prelude::*, svg};

use crate::settings::Theme;

/// The two rings of Parcero: one that sends, one that answers.
#[component]
pub fn Logo() -> impl IntoView {
    let ring = |at: &'static str, class: &'static str| {
        svg::circle()
            .attr("cx", at)
            .attr("cy", "12")
            .attr("r", "4.2")
            .attr("class", class)
    };
    drawing("logo").child((ring("7", "ring-out"), ring("17", "ring-in")))
}

/// A sun, a moon or a screen.
#[component]
pub fn ThemeIcon(
    /// The theme it stands for.
    theme: Theme,
) -> impl IntoView {
    let path = match theme {
        Theme::System => "M4 5h16v11H4z M9 20h6 M12 16v4",
        Theme::Light => {
            "M8 12a4 4 0 1 0 8 0a4 4 0 1 0-8 0 M12 2v3 M12 19v3 M2 12h3 M19 12h3 M5 5l2 2 M17 17l2 2 M5 19l2-2 M17 7l2-2"
        }
        Theme::Dark => "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z",
    };
    drawing("icon").child(svg::path().attr("d", path))
}

/// A triangle with an exclamation mark.
#[component]
pub fn WarningIcon() -> impl IntoView {
    drawing("icon").child(svg::path().attr("d", "M12 4L2.5 20h19z M12 10v5 M12 17.5v.1"))
}

/// An empty drawing of 24 by 24, of no meaning to who does not see it.
fn drawing(class: &'static str) -> HtmlElement<svg::Svg, impl Attribute, ()> {
    svg::svg()
        .attr("viewBox", "0 0 24 24")
        .attr("aria-hidden", "true")
        .attr("class", class)
}
