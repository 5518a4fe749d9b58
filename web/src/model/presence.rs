//! Whether the peer on this computer is there, and who it is.

use std::time::Duration;

/// What the page knows of its peer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presence {
    /// Who it is, as it last said.
    pub peer: Option<Peer>,
    /// Whether it is there now.
    pub now: Now,
    /// Whether it came back as another version than the page was made for.
    pub changed: bool,
}

/// Who a peer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its name, safe to look at.
    pub name: String,
    /// The version of its software.
    pub version: String,
    /// The largest message it takes or sends, in bytes.
    pub max_message_bytes: u64,
}

/// Whether a peer is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Now {
    /// Asked for the first time, no answer yet.
    #[default]
    Asking,
    /// It answers.
    Here,
    /// It is stopping: it finishes the calls that are open, and takes no more.
    Stopping,
    /// It does not; this many attempts were made to reach it again.
    Gone {
        /// Attempts so far.
        attempts: u32,
    },
}

/// What becomes of a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It said who it is.
    Said(Peer),
    /// It said that it is stopping.
    Stopping,
    /// It is lost, or was not found.
    Lost,
    /// Another attempt to reach it begins.
    Trying,
}

impl Presence {
    /// Takes what happened.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Said(peer) => {
                self.changed |= self
                    .peer
                    .as_ref()
                    .is_some_and(|before| before.version != peer.version);
                self.peer = Some(peer);
                self.now = Now::Here;
            }
            Event::Stopping => self.now = Now::Stopping,
            Event::Lost => {
                if !matches!(self.now, Now::Gone { .. }) {
                    self.now = Now::Gone { attempts: 0 };
                }
            }
            Event::Trying => {
                if let Now::Gone { attempts } = &mut self.now {
                    *attempts += 1;
                }
            }
        }
    }

    /// How long to wait before the next attempt: a quarter of a second, doubling up to two.
    ///
    /// A peer that restarts is back within a second, and nobody should have to wait for a page much longer.
    pub fn pause(&self) -> Duration {
        match self.now {
            Now::Asking | Now::Here => Duration::ZERO,
            Now::Stopping => Duration::from_millis(250),
            Now::Gone { attempts } => Duration::from_millis(250 << attempts.min(3)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(version: &str) -> Event {
        Event::Said(Peer {
            name: "medellin".into(),
            version: version.into(),
            max_message_bytes: 4_194_304,
        })
    }

    #[test]
    fn a_lost_peer_keeps_its_name_and_its_attempts_are_counted() {
        let mut presence = Presence::default();
        presence.apply(peer("1"));
        presence.apply(Event::Lost);
        presence.apply(Event::Trying);
        presence.apply(Event::Lost);
        presence.apply(Event::Trying);
        assert_eq!(presence.now, Now::Gone { attempts: 2 });
        assert_eq!(
            presence.peer.as_ref().map(|peer| peer.name.as_str()),
            Some("medellin")
        );
        presence.apply(peer("1"));
        assert_eq!(presence.now, Now::Here);
        assert!(!presence.changed);
        presence.apply(Event::Lost);
        assert_eq!(presence.now, Now::Gone { attempts: 0 }, "counted from the start");
    }

    #[test]
    fn a_peer_that_is_stopping_is_gone_only_once_it_is_lost() {
        let mut presence = Presence::default();
        presence.apply(peer("1"));
        presence.apply(Event::Stopping);
        presence.apply(Event::Trying);
        assert_eq!(presence.now, Now::Stopping);
        presence.apply(Event::Lost);
        assert_eq!(presence.now, Now::Gone { attempts: 0 });
    }

    #[test]
    fn the_pause_between_attempts_grows_to_two_seconds_and_no_further() {
        let mut presence = Presence::default();
        presence.apply(Event::Lost);
        let mut pauses = Vec::new();
        for _ in 0..5 {
            pauses.push(presence.pause().as_millis());
            presence.apply(Event::Trying);
        }
        assert_eq!(pauses, [250, 500, 1_000, 2_000, 2_000]);
    }

    #[test]
    fn a_peer_that_comes_back_as_another_version_is_noticed() {
        let mut presence = Presence::default();
        presence.apply(peer("1"));
        presence.apply(Event::Lost);
        presence.apply(peer("2"));
        assert!(presence.changed);
    }
}
