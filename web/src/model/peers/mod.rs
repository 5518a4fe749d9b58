//! The peers of the network, as the page knows them.

pub mod adding;
pub mod ago;
pub mod diagnosis;
pub mod evidence;
pub mod identity;
pub mod inviting;
pub mod join;
pub mod peer;
pub mod picture;
pub mod qr;
pub mod work;

use std::collections::BTreeSet;

use contract::parcero::v1::SelfReply;

use self::peer::{NAME_CHARS, Peer, Relation};
use super::visible::visible;

/// What the page knows of the network.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Peers {
    /// This peer, once it said who it is.
    pub own: Option<Own>,
    /// Every other peer, as this peer lists them: friends first, then by name.
    pub list: Vec<Peer>,
    /// How old the list is.
    pub state: State,
    /// Whose requests a person was told of.
    told: BTreeSet<String>,
}

/// How old the list of peers is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// None came yet.
    #[default]
    Asking,
    /// It is told as it changes.
    Live,
    /// It is the last one of a peer that is not there now.
    Old,
}

/// This peer, as others see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// Its public key in hexadecimal.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name of its network; empty for the common one.
    pub network: String,
    /// Whether nobody enters that network without its secret.
    pub network_is_secret: bool,
}

impl Own {
    /// What a peer said of itself.
    pub fn read(said: &SelfReply) -> Self {
        Self {
            id: visible(&said.id, NAME_CHARS),
            name: visible(&said.name, NAME_CHARS),
            network: visible(&said.network, NAME_CHARS),
            network_is_secret: said.network_is_secret,
        }
    }
}

/// What becomes of the list.
#[derive(Debug, Clone)]
pub enum Event {
    /// This peer said who it is.
    Own(Own),
    /// A new list.
    List(Vec<Peer>),
    /// No more lists come for now.
    Lost,
}

impl Peers {
    /// Takes what happened, and gives the peers that ask to be friends and did not before.
    ///
    /// Those of the first list are no news: they are counted where one sees it at once.
    pub fn apply(&mut self, event: Event) -> Vec<Peer> {
        match event {
            Event::Own(own) => self.own = Some(own),
            Event::Lost => {
                if self.state == State::Live {
                    self.state = State::Old;
                }
            }
            Event::List(list) => {
                let is_first = self.state == State::Asking;
                let news = list
                    .iter()
                    .filter(|peer| peer.asks && !self.told.contains(&peer.id) && !is_first)
                    .cloned()
                    .collect();
                self.told = list
                    .iter()
                    .filter(|peer| peer.asks)
                    .map(|peer| peer.id.clone())
                    .collect();
                self.list = list;
                self.state = State::Live;
                return news;
            }
        }
        Vec::new()
    }

    /// Those of a new list that came since this one, or went, and whether they are here.
    pub fn turned(&self, list: &[Peer]) -> Vec<(String, bool)> {
        let has_turned = |new: &&Peer| {
            self.get(&new.id)
                .is_some_and(|old| old.is_online != new.is_online)
        };
        list.iter()
            .filter(has_turned)
            .map(|peer| (peer.id.clone(), peer.is_online))
            .collect()
    }

    /// The peer with this id.
    pub fn get(&self, id: &str) -> Option<&Peer> {
        self.list.iter().find(|peer| peer.id == id)
    }

    /// How many can be reached, of how many that are not blocked.
    pub fn reachable(&self) -> (usize, usize) {
        let others = || self.list.iter().filter(|peer| peer.relation != Relation::Blocked);
        (others().filter(|peer| peer.is_online).count(), others().count())
    }

    /// How many ask to be friends.
    pub fn requests(&self) -> usize {
        self.list.iter().filter(|peer| peer.asks).count()
    }
}

#[cfg(test)]
mod tests {
    use super::{peer::tests::peer, *};

    #[test]
    fn a_request_is_news_once_and_again_after_it_was_taken_back() {
        let asking = || Peer {
            asks: true,
            ..peer("b", "bogota")
        };
        let mut peers = Peers::default();
        assert!(
            peers.apply(Event::List(vec![asking()])).is_empty(),
            "of the first list"
        );
        assert_eq!(peers.requests(), 1);
        let both = || {
            vec![
                asking(),
                Peer {
                    asks: true,
                    ..peer("c", "cali")
                },
            ]
        };
        let news = peers.apply(Event::List(both()));
        assert_eq!(
            news.iter().map(|peer| peer.id.as_str()).collect::<Vec<_>>(),
            ["c"]
        );
        assert!(peers.apply(Event::List(both())).is_empty());
        assert!(peers.apply(Event::List(vec![peer("b", "bogota")])).is_empty());
        assert_eq!(peers.apply(Event::List(vec![asking()])).len(), 1);
    }

    #[test]
    fn the_list_outlives_the_one_who_tells_it_and_is_called_old_then() {
        let mut peers = Peers::default();
        peers.apply(Event::Lost);
        assert_eq!(peers.state, State::Asking, "there is nothing to be old");
        peers.apply(Event::List(vec![peer("b", "bogota")]));
        peers.apply(Event::Lost);
        assert_eq!((peers.state, peers.list.len()), (State::Old, 1));
    }

    #[test]
    fn only_those_that_came_or_went_have_turned() {
        let here = |id: &str| Peer {
            is_online: true,
            ..peer(id, id)
        };
        let mut peers = Peers::default();
        assert_eq!(peers.turned(&[here("b")]), [], "nobody knows how it was");
        peers.apply(Event::List(vec![here("b"), peer("c", "c"), here("d")]));
        let turned = peers.turned(&[peer("b", "b"), here("c"), here("d"), here("e")]);
        assert_eq!(turned, [("b".to_owned(), false), ("c".to_owned(), true)]);
    }

    #[test]
    fn a_blocked_peer_is_not_counted_among_those_to_reach() {
        let mut peers = Peers::default();
        peers.apply(Event::List(vec![
            Peer {
                is_online: true,
                ..peer("b", "bogota")
            },
            peer("c", "cali"),
            Peer {
                relation: Relation::Blocked,
                ..peer("d", "duitama")
            },
        ]));
        assert_eq!(peers.reachable(), (1, 2));
    }
}
