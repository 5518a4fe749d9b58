//! What is true only while connections live: who is linked, who was heard, and what is being dialled.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use contract::parcero::v1::Introduction;
use futures_util::future::{BoxFuture, Shared};
use iroh::{EndpointId, endpoint::Connection};
use tokio::time::Instant;

use super::{NetworkError, card::Card, goodbye::Goodbye, link::Link};
use crate::calls::{self, Dialled};

/// A peer that answered so long ago counts as being there.
const FRESH: Duration = Duration::from_secs(13);
/// A connection for calls that nobody has used for so long is closed.
const CALLS_IDLE: Duration = Duration::from_secs(30);

/// Links with one peer: one that each end dialled, and as many again that have not been missed yet.
const MAX_LINKS: usize = 4;

fn is_for_calls(connection: &Connection) -> bool {
    connection.alpn() == calls::ALPN
}

/// A dial that everybody waits for who wants the same.
pub(super) type Dialling<T> = Shared<BoxFuture<'static, Result<T, NetworkError>>>;

/// See the module.
#[derive(Default)]
pub(super) struct Live {
    pub(super) is_stopping: bool,
    lines: HashMap<EndpointId, Lines>,
    pub(super) linking: HashMap<EndpointId, Dialling<Link>>,
    pub(super) calling: HashMap<EndpointId, Dialling<Dialled>>,
    /// Whom to try again at once.
    due: HashSet<EndpointId>,
}

/// Everything there is between us and one peer.
#[derive(Default)]
struct Lines {
    links: Vec<Link>,
    /// Every connection, whoever dialled and whatever for.
    connections: Vec<Connection>,
    /// The connection for calls that we dialled, and when somebody was seen to use it last.
    calls: Option<(Dialled, Instant)>,
    /// When it answered last.
    heard: Option<Instant>,
    /// Its newest card, to be passed on.
    card: Option<Card>,
    /// Bytes in and out of the connections that have ended.
    traffic: (u64, u64),
}

impl Lines {
    fn link(&self) -> Option<&Link> {
        self.links.iter().find(|link| link.is_alive() && link.is_ready())
    }

    fn is_there(&self) -> bool {
        self.link().is_some() || self.heard.is_some_and(|heard| heard.elapsed() < FRESH)
    }

    fn bytes(&self) -> (u64, u64) {
        let open = self.connections.iter().map(Connection::stats);
        open.fold(self.traffic, |(received, sent), stats| {
            (received + stats.udp_rx.bytes, sent + stats.udp_tx.bytes)
        })
    }

    /// Lets go of what has ended.
    fn prune(&mut self) {
        self.links.retain(Link::is_alive);
        self.calls
            .take_if(|(calls, _)| calls.connection.close_reason().is_some());
        let traffic = &mut self.traffic;
        self.connections.retain(|connection| {
            let is_open = connection.close_reason().is_none();
            if !is_open {
                let stats = connection.stats();
                traffic.0 += stats.udp_rx.bytes;
                traffic.1 += stats.udp_tx.bytes;
            }
            is_open
        });
    }
}

/// One peer, as it is at the moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Sight {
    pub(super) link: Option<Link>,
    pub(super) is_there: bool,
    pub(super) bytes: (u64, u64),
}

impl Live {
    /// A link to a peer, if there is one to talk on.
    pub(super) fn link(&self, id: EndpointId) -> Option<Link> {
        self.lines.get(&id)?.link().cloned()
    }

    /// Everybody to whom there is a link.
    pub(super) fn linked(&self) -> HashSet<EndpointId> {
        let linked = self.lines.iter().filter(|(_, lines)| lines.link().is_some());
        linked.map(|(id, _)| *id).collect()
    }

    /// Whether a peer has proved that it belongs here. It has to stay in touch for that.
    pub(super) fn is_admitted(&self, id: EndpointId) -> bool {
        let lines = self.lines.get(&id);
        lines.is_some_and(|lines| lines.links.iter().any(Link::is_alive))
    }

    /// Notes a new link, unless there are more than two peers that dial each other at once can come to.
    pub(super) fn add_link(&mut self, link: &Link) -> bool {
        let lines = self.lines.entry(link.id()).or_default();
        lines.links.retain(Link::is_alive);
        let has_room = lines.links.len() < MAX_LINKS;
        if has_room {
            lines.heard = Some(Instant::now());
            lines.links.push(link.clone());
        }
        has_room
    }

    /// A link has ended. A peer that has no other and was lost is not there, and is looked for at once.
    pub(super) fn remove_link(&mut self, link: &Link) {
        let Some(lines) = self.lines.get_mut(&link.id()) else {
            return;
        };
        lines.prune();
        if lines.links.is_empty() && !link.was_idle() {
            lines.heard = None;
            // What else there is to it leads to the same process. One that says why it goes closes that itself.
            if !link.was_closed_by_the_other_end() {
                for connection in lines
                    .connections
                    .iter()
                    .filter(|connection| is_for_calls(connection))
                {
                    Goodbye::Lost.close(connection);
                }
            }
            lines.prune();
            self.due.insert(link.id());
        }
    }

    /// There is news of a peer: it is tried at once.
    pub(super) fn hurry(&mut self, id: EndpointId) {
        self.due.insert(id);
    }

    /// Whom to try again at once, once.
    pub(super) fn take_due(&mut self) -> HashSet<EndpointId> {
        std::mem::take(&mut self.due)
    }

    /// Notes a connection, unless there are `most` to that peer already.
    pub(super) fn add_connection(&mut self, connection: &Connection, most: usize) -> bool {
        let lines = self.lines.entry(connection.remote_id()).or_default();
        lines.prune();
        let has_room = lines.connections.len() < most;
        if has_room {
            lines.connections.push(connection.clone());
        }
        has_room
    }

    /// How many connections there are with some peers.
    pub(super) fn count(&self, with: impl Fn(EndpointId) -> bool) -> usize {
        let lines = self.lines.iter().filter(|(id, _)| with(**id));
        lines.map(|(_, lines)| lines.connections.len()).sum()
    }

    /// Every connection there is, or those to one peer.
    pub(super) fn connections(&self, with: Option<EndpointId>) -> Vec<Connection> {
        let lines = self
            .lines
            .iter()
            .filter(|(id, _)| with.is_none_or(|with| with == **id));
        lines.flat_map(|(_, lines)| lines.connections.clone()).collect()
    }

    /// The connection for calls that we dialled, while it is open; it counts as used now.
    pub(super) fn calls(&mut self, id: EndpointId) -> Option<Dialled> {
        let (calls, used) = self.lines.get_mut(&id)?.calls.as_mut()?;
        if calls.connection.close_reason().is_some() {
            return None;
        }
        *used = Instant::now();
        Some(calls.clone())
    }

    /// Keeps a connection for calls.
    pub(super) fn keep_calls(&mut self, id: EndpointId, calls: Dialled) {
        self.lines.entry(id).or_default().calls = Some((calls, Instant::now()));
    }

    /// A dial has ended: whether the peer is there.
    pub(super) fn answered(&mut self, id: EndpointId, answered: bool) {
        let lines = self.lines.entry(id).or_default();
        lines.heard = answered.then(Instant::now);
    }

    /// Lets go of what has ended, closes connections that nobody uses, and forgets those of whom nothing is known.
    /// What is left: the links that we dialled and that carry no calls, and of each peer whether it dialled us as well.
    pub(super) fn tidy(&mut self, is_known: impl Fn(EndpointId) -> bool) -> Vec<(Link, bool)> {
        let mut spare = Vec::new();
        for lines in self.lines.values_mut() {
            lines.prune();
            if lines.link().is_some() {
                lines.heard = Some(Instant::now());
            }
            if let Some((calls, used)) = &mut lines.calls {
                if calls.is_in_use() {
                    *used = Instant::now();
                } else if used.elapsed() > CALLS_IDLE {
                    Goodbye::Idle.close(&calls.connection);
                    lines.calls = None;
                }
            }
            // The other end answers calls only while there is a link; whoever dialled it.
            let has_calls = lines.connections.iter().any(is_for_calls);
            let they_dialled = lines.links.iter().any(|link| !link.we_dialled());
            if !has_calls {
                let ours = lines
                    .links
                    .iter()
                    .filter(|link| link.we_dialled() && link.is_ready());
                spare.extend(ours.map(|link| (link.clone(), they_dialled)));
            }
        }
        self.lines
            .retain(|id, lines| !lines.connections.is_empty() || is_known(*id));
        spare
    }

    /// One peer, as it is at the moment.
    pub(super) fn sight(&self, id: EndpointId) -> Sight {
        self.lines.get(&id).map_or_else(Sight::default, |lines| Sight {
            link: lines.link().cloned(),
            is_there: lines.is_there(),
            bytes: lines.bytes(),
        })
    }

    /// Whose card this is, if it is the one that was seen last.
    pub(super) fn whose(&self, introduction: &Introduction) -> Option<EndpointId> {
        let id = Card::claimed(introduction)?;
        let card = self.lines.get(&id)?.card.as_ref()?;
        card.is(introduction).then_some(id)
    }

    /// Keeps a card to be passed on, unless there is a newer one. What a peer says itself is the newest.
    pub(super) fn keep_card(&mut self, card: Card, by_itself: bool) {
        let kept = &mut self.lines.entry(card.id).or_default().card;
        if by_itself || kept.as_ref().is_none_or(|kept| kept.made <= card.made) {
            *kept = Some(card);
        }
    }

    /// The cards of those that are there, but of one.
    pub(super) fn cards(&self, but: EndpointId) -> Vec<&Card> {
        let there = self
            .lines
            .iter()
            .filter(|(id, lines)| **id != but && lines.is_there());
        there.filter_map(|(_, lines)| lines.card.as_ref()).collect()
    }
}
