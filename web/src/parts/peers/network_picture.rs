//! The network drawn: this peer in the middle, the style of a line by its path, and who knows whom.

use leptos::prelude::*;

use crate::{
    model::peers::{
        Peers,
        peer::Relation,
        picture::{Line, Look, MIDDLE, Node, Picture},
    },
    parts::icon::WarningIcon,
    settings::Say,
};

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
            <div class="graph" class:is-dense=move || picture.with(|picture| picture.is_dense) role="img" aria-label=label>
                <svg class="lines">{lines}</svg>
                <div class="node is-own" style:left=percent(MIDDLE.0) style:top=percent(MIDDLE.1) title=own>
                    <span class="circle">
                        <span class="name">{own}</span>
                        <span class="sub">{say.text(|texts| texts.peers.this_peer)}</span>
                    </span>
                </div>
                {nodes}
            </div>
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
    let how = move || {
        let texts = &say.texts().peers;
        if !is_online {
            return (texts.away.to_owned(), None);
        }
        let path = path.map(|path| (texts.table.path_is)(path));
        match (round_trip_ms.map(|time| say.language().time(time)), path) {
            (Some(time), path) => (time, path),
            (None, path) => (path.unwrap_or(texts.here).to_owned(), None),
        }
    };
    // A narrow screen has no room for the path; the line has its colour and its dashes.
    let sub = move || {
        let (first, path) = how();
        view! {
            <span class="sub">
                {first} {path.map(|path| view! { <span class="path">{format!(" · {path}")}</span> })}
            </span>
        }
    };
    let doubt = node
        .is_doubtful
        .then(|| view! { <span class="sub doubt">{say.text(|texts| texts.peers.table.doubtful)}</span> });
    let sign = node
        .is_doubtful
        .then(|| view! { <span class="warning"><WarningIcon /></span> });
    let place = if node.is_above { "label is-above" } else { "label" };
    view! {
        <div class=class style:left=percent(node.at.0) style:top=percent(node.at.1) title=node.name.clone()
            data-node=node.id.clone() data-doubtful=node.is_doubtful>
            <span class="circle">{initial(&node.name)} {sign}</span>
            <span class=place>
                <span class="name">{node.name.clone()}</span>
                {(!is_dense).then_some(sub)}
                {doubt}
            </span>
        </div>
    }
}

fn percent(part: f64) -> String {
    format!("{part:.1}%")
}

/// The letter that stands for a name in its circle.
fn initial(name: &str) -> Option<String> {
    let letter = name.chars().find(|letter| letter.is_alphanumeric())?;
    Some(letter.to_uppercase().collect())
}
