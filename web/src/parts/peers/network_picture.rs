//! The network drawn: this peer in the middle, the style of a line by its path, and who knows whom.

use leptos::prelude::*;

use crate::{
    model::peers::{
        Peers,
        peer::Relation,
        picture::{Line, Look, MIDDLE, Node, Picture},
    },
    settings::Say,
};

/// Characters of a name that fit into a circle.
const NAME_CHARS: usize = 8;

/// The drawing and what its lines mean.
#[component]
pub fn NetworkPicture(
    /// The peers.
    #[prop(into)]
    peers: Signal<Peers>,
) -> impl IntoView {
    let say = Say::here();
    let picture = Memo::new(move |_| peers.with(|peers| Picture::of(&peers.list)));
    let own = Memo::new(move |_| {
        peers.with(|peers| peers.own.as_ref().map(|own| own.name.clone()).unwrap_or_default())
    });
    let label = move || {
        let count = picture.with(|picture| picture.nodes.len() as u64);
        (say.texts().peers.picture.label)(&say.language().count(count))
    };
    let left_out = move || {
        let count = picture.with(|picture| picture.left_out);
        (count > 0).then(|| (say.texts().peers.picture.left_out)(&say.language().count(count as u64)))
    };
    let lines = move || picture.with(|picture| picture.lines.iter().map(line).collect_view());
    let nodes = move || {
        picture.with(|picture| {
            let node = |node: &Node| self::node(say, node, picture.is_dense);
            picture.nodes.iter().map(node).collect_view()
        })
    };
    // Only what is in the drawing is explained.
    let looks = Memo::new(move |_| {
        picture.with(|picture| {
            let is_drawn = |look: &Look| picture.lines.iter().any(|line| line.look == *look);
            Look::ALL.into_iter().filter(is_drawn).collect::<Vec<_>>()
        })
    });
    let legend = move |look: Look| {
        view! {
            <li>
                <svg class="sample" aria-hidden="true">
                    <line class=look.class() x1="0" y1="50%" x2="100%" y2="50%" />
                </svg>
                {say.text(move |texts| (texts.peers.picture.look)(look))}
            </li>
        }
    };
    view! {
        <figure class="card network">
            <svg class="graph" class:is-dense=move || picture.with(|picture| picture.is_dense) role="img" aria-label=label>
                {lines}
                <svg class="node is-own" x=percent(MIDDLE.0) y=percent(MIDDLE.1)>
                    <circle r={"30"} />
                    <text y="-2">{move || fitting(&own.get())}</text>
                    <text class="sub" y="13">{say.text(|texts| texts.peers.this_peer)}</text>
                </svg>
                {nodes}
            </svg>
            <figcaption>
                <ul class="legend">
                    <For each=move || looks.get() key=|look| *look children=legend />
                </ul>
                <p class="muted">{left_out}</p>
            </figcaption>
        </figure>
    }
}

fn line(line: &Line) -> impl IntoView + use<> {
    view! {
        <line
            class=line.look.class()
            data-line=line.look.word()
            x1=percent(line.from.0)
            y1=percent(line.from.1)
            x2=percent(line.to.0)
            y2=percent(line.to.1)
        />
    }
}

fn node(say: Say, node: &Node, is_dense: bool) -> impl IntoView + use<> {
    let class = match (node.is_doubtful, node.is_online, node.relation) {
        (true, ..) => "node is-doubtful",
        (false, false, _) => "node is-away",
        (false, true, Relation::Stranger) => "node is-stranger",
        (false, true, Relation::Friend | Relation::Blocked) => "node",
    };
    let (is_online, path, round_trip_ms) = (node.is_online, node.path, node.round_trip_ms);
    let sub = move || {
        let texts = &say.texts().peers;
        if !is_online {
            return texts.away.to_owned();
        }
        let time = round_trip_ms.map(|time| say.language().time(time));
        let path = path.map(|path| (texts.table.path_is)(path).to_owned());
        let parts: Vec<String> = time.into_iter().chain(path).collect();
        if parts.is_empty() {
            texts.here.to_owned()
        } else {
            parts.join(" · ")
        }
    };
    let (radius, name_at) = if is_dense { ("9", "22") } else { ("26", "4") };
    let doubt_at = if is_dense { "35" } else { "56" };
    let doubt = node.is_doubtful.then(|| {
        view! {
            <path class="warning" d="M0 -15L-9 1h18z M0 -9v5 M0 -2v.1" transform=format!("translate({radius} -{radius})") />
            <text class="sub" y=doubt_at>{say.text(|texts| texts.peers.table.doubtful)}</text>
        }
    });
    view! {
        <svg class=class x=percent(node.at.0) y=percent(node.at.1) data-node=node.id.clone() data-doubtful=node.is_doubtful>
            <circle r=radius />
            <text y=name_at>{fitting(&node.name)}</text>
            {(!is_dense).then(|| view! { <text class="sub" y="42">{sub}</text> })}
            {doubt}
        </svg>
    }
}

fn percent(part: f64) -> String {
    format!("{part:.1}%")
}

/// A name, cut to what fits into a circle.
fn fitting(name: &str) -> String {
    if name.chars().count() <= NAME_CHARS {
        return name.to_owned();
    }
    name.chars().take(NAME_CHARS - 1).chain(['…']).collect()
}
