//! The network drawn: this peer in the middle, the others around it, and who knows whom.

use std::f64::consts::TAU;

use super::peer::{Path, Peer, Relation};

/// Peers that are drawn; the table has all of them. More would lie upon each other.
pub const MAX_DRAWN: usize = 24;

/// Up to so many a peer has a large circle, and how it is reached beside it.
const LARGE: usize = 8;

/// So far above or below the middle, at most, a peer stands beside it.
const LEVEL: f64 = 4.0;

/// This peer stands in the middle. Places are in parts of a hundred of the width and the height.
pub const MIDDLE: (f64, f64) = (50.0, 50.0);

/// The drawing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    /// The other peers.
    pub nodes: Vec<Node>,
    /// The lines between all of them.
    pub lines: Vec<Line>,
    /// Peers that are not drawn.
    pub left_out: usize,
    /// Whether the circles are small, as there are many.
    pub is_dense: bool,
}

/// A peer in the drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub at: (f64, f64),
    /// Whether its name stands above it and not below: away from the middle, so that no line runs through it.
    pub is_above: bool,
    /// Its id.
    pub id: String,
    /// What to call it.
    pub name: String,
    /// What is between it and this peer.
    pub relation: Relation,
    /// Whether it can be reached.
    pub is_online: bool,
    /// How packets to it travel.
    pub path: Option<Path>,
    /// The last measured round trip.
    pub round_trip_ms: Option<f64>,
    /// It has a name that the person knows, and another key.
    pub is_doubtful: bool,
}

/// A line of the drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// From here.
    pub from: (f64, f64),
    /// To there.
    pub to: (f64, f64),
    /// What it means.
    pub look: Look,
}

/// What a line means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Look {
    /// From this peer, inside this network.
    Lan,
    /// From this peer, over the internet.
    Direct,
    /// From this peer, by a relay.
    Relayed,
    /// To a peer there is no connection to.
    None,
    /// Between two others that are connected to each other.
    Knows,
}

impl Look {
    /// Every look, in the order of the legend.
    pub const ALL: [Look; 5] = [Look::Lan, Look::Direct, Look::Relayed, Look::None, Look::Knows];

    /// Its class in the drawing.
    pub fn class(self) -> &'static str {
        match self {
            Look::Lan => "line is-lan",
            Look::Direct => "line is-direct",
            Look::Relayed => "line is-relayed",
            Look::None => "line is-none",
            Look::Knows => "line is-knows",
        }
    }

    /// Its name in `data-line`.
    pub fn word(self) -> &'static str {
        match self {
            Look::Lan => "lan",
            Look::Direct => "direct",
            Look::Relayed => "relayed",
            Look::None => "none",
            Look::Knows => "knows",
        }
    }

    fn of(peer: &Node) -> Self {
        match (peer.is_online, peer.path) {
            (true, Some(Path::Lan)) => Look::Lan,
            (true, Some(Path::Direct)) => Look::Direct,
            (true, Some(Path::Relayed)) => Look::Relayed,
            (true, None) | (false, _) => Look::None,
        }
    }
}

impl Picture {
    /// The drawing of these peers. The blocked are not in it; friends and those who are there come first.
    ///
    /// Everyone keeps their place for as long as the same peers are drawn: the order around the circle is that of
    /// the ids, which never change.
    pub fn of(peers: &[Peer]) -> Self {
        let mut drawn: Vec<&Peer> = peers
            .iter()
            .filter(|peer| peer.relation != Relation::Blocked)
            .collect();
        drawn.sort_by_key(|peer| (!peer.is_online, peer.relation != Relation::Friend, &peer.id));
        let left_out = drawn.len().saturating_sub(MAX_DRAWN);
        drawn.truncate(MAX_DRAWN);
        drawn.sort_by_key(|peer| &peer.id);

        let count = drawn.len();
        let nodes: Vec<Node> = drawn
            .iter()
            .enumerate()
            .map(|(place, peer)| (place_of(place, count), peer))
            .map(|(at, peer)| Node {
                at,
                is_above: at.1 < MIDDLE.1 - LEVEL,
                id: peer.id.clone(),
                name: peer.name.clone(),
                relation: peer.relation,
                is_online: peer.is_online,
                path: peer.path,
                round_trip_ms: peer.round_trip_ms,
                is_doubtful: peer.name_has_another_key,
            })
            .collect();
        let mut lines = acquaintances(&drawn, &nodes);
        lines.extend(nodes.iter().map(|node| Line {
            from: MIDDLE,
            to: node.at,
            look: Look::of(node),
        }));
        Self {
            nodes,
            lines,
            left_out,
            is_dense: count > LARGE,
        }
    }
}

/// A place on the ellipse around the middle; where there are many, two ellipses by turns.
fn place_of(place: usize, count: usize) -> (f64, f64) {
    // An odd number of places, one of them empty at times: a line between two never runs through the middle. From
    // the upper left on, so that nobody stands straight above it.
    let places = count | 1;
    let angle = TAU * (place as f64 / places as f64 - 0.4);
    let (across, down) = match (count > LARGE, place % 2) {
        (false, _) => (34.0, 30.0),
        (true, 0) => (42.0, 38.0),
        (true, _) => (26.0, 22.0),
    };
    (MIDDLE.0 + across * angle.cos(), MIDDLE.1 + down * angle.sin())
}

/// A line between each two that say they are connected, whichever of them says so.
fn acquaintances(drawn: &[&Peer], nodes: &[Node]) -> Vec<Line> {
    let knows = |one: &Peer, other: &Peer| one.is_online && one.knows.contains(&other.id);
    let mut lines = Vec::new();
    for (one, (peer, from)) in drawn.iter().zip(nodes).enumerate() {
        for (other, to) in drawn.iter().zip(nodes).skip(one + 1) {
            if knows(peer, other) || knows(other, peer) {
                lines.push(Line {
                    from: from.at,
                    to: to.at,
                    look: Look::Knows,
                });
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{super::peer::tests::peer, *};

    fn online(id: &str, path: Option<Path>) -> Peer {
        Peer {
            is_online: true,
            path,
            ..peer(id, id)
        }
    }

    fn looks(picture: &Picture) -> Vec<Look> {
        picture.lines.iter().map(|line| line.look).collect()
    }

    #[test]
    fn a_line_tells_the_way_and_none_leads_to_who_is_away() {
        let away = Peer {
            path: Some(Path::Lan),
            ..peer("e", "e")
        };
        let picture = Picture::of(&[
            online("a", Some(Path::Lan)),
            online("b", Some(Path::Direct)),
            online("c", Some(Path::Relayed)),
            online("d", None),
            away,
        ]);
        assert_eq!(
            looks(&picture),
            [Look::Lan, Look::Direct, Look::Relayed, Look::None, Look::None]
        );
    }

    #[test]
    fn two_that_know_each_other_have_one_line_between_them() {
        let mut peers = [
            online("a", None),
            online("b", None),
            Peer {
                relation: Relation::Blocked,
                ..online("c", None)
            },
        ];
        peers[0].knows = vec!["b".into(), "c".into(), "nobody".into()];
        peers[1].knows = vec!["a".into()];
        let picture = Picture::of(&peers);
        assert_eq!(looks(&picture), [Look::Knows, Look::None, Look::None]);
        assert_eq!(picture.nodes.len(), 2, "a blocked one is not drawn");
    }

    #[test]
    fn a_peer_keeps_its_place_whatever_becomes_of_it() {
        let before = Picture::of(&[online("a", None), online("b", None), online("c", None)]);
        let mut gone = peer("b", "zzz");
        gone.relation = Relation::Friend;
        let after = Picture::of(&[gone, online("c", None), online("a", None)]);
        let places = |picture: &Picture| picture.nodes.iter().map(|node| node.at).collect::<Vec<_>>();
        assert_eq!(places(&before), places(&after));
    }

    #[test]
    fn everyone_stands_inside_apart_from_each_other_and_the_rest_are_counted() {
        for count in [1, 2, LARGE, LARGE + 1, MAX_DRAWN, MAX_DRAWN + 26] {
            let peers: Vec<Peer> = (0..count).map(|each| peer(&format!("{each:03}"), "x")).collect();
            let picture = Picture::of(&peers);
            assert_eq!(picture.nodes.len(), count.min(MAX_DRAWN));
            assert_eq!(picture.left_out, count.saturating_sub(MAX_DRAWN));
            let mut places: Vec<(f64, f64)> = picture.nodes.iter().map(|node| node.at).collect();
            places.push(MIDDLE);
            for (place, (x, y)) in places.iter().enumerate() {
                assert!((5.0..=95.0).contains(x) && (8.0..=92.0).contains(y), "{x} {y}");
                for (other_x, other_y) in &places[..place] {
                    let apart = (x - other_x).hypot(y - other_y);
                    assert!(apart > 7.0, "{count}: {apart}");
                }
            }
        }
    }
}
