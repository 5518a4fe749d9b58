//! When somebody who watches the peers is told of them again.

use std::time::Duration;

use contract::parcero::v1::{PeerInfo, PeerList};
use tokio::time::Instant;

/// Figures change with every packet. Nobody reads them sooner.
const FIGURES_EVERY: Duration = Duration::from_secs(2);

/// What somebody was told last, and when.
#[derive(Debug, Default)]
pub(super) struct Told(Option<(PeerList, Instant)>);

impl Told {
    /// The list, if it is to be told: at once where something happened, and after a while where mere figures differ.
    pub(super) fn news(&mut self, now: PeerList) -> Option<PeerList> {
        if let Some((told, since)) = &self.0 {
            let is_same = *told == now;
            let is_early = since.elapsed() < FIGURES_EVERY;
            if is_same || is_early && without_figures(told) == without_figures(&now) {
                return None;
            }
        }
        self.0 = Some((now.clone(), Instant::now()));
        Some(now)
    }
}

/// Whether there is such a figure at all is no mere figure.
fn without_figures(list: &PeerList) -> Vec<PeerInfo> {
    let peers = list.peers.iter().cloned();
    peers
        .map(|peer| PeerInfo {
            bytes_in: 0,
            bytes_out: 0,
            round_trip: peer.round_trip.map(|_| prost_types::Duration::default()),
            last_seen: peer.last_seen.map(|_| prost_types::Timestamp::default()),
            ..peer
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn list(change: impl FnOnce(&mut PeerInfo)) -> PeerList {
        let mut peer = PeerInfo {
            name: "Ana".to_owned(),
            round_trip: Some(prost_types::Duration::default()),
            ..PeerInfo::default()
        };
        change(&mut peer);
        PeerList { peers: vec![peer] }
    }

    #[tokio::test(start_paused = true)]
    async fn figures_are_told_every_two_seconds_and_what_happens_at_once() {
        let mut told = Told::default();
        assert!(told.news(list(|_| ())).is_some(), "the first is told");
        assert!(told.news(list(|_| ())).is_none(), "the same is not");
        let figures: [fn(&mut PeerInfo); 4] = [
            |peer| peer.bytes_in = 1,
            |peer| peer.bytes_out = 1,
            |peer| peer.round_trip = Some(prost_types::Duration { seconds: 0, nanos: 1 }),
            |peer| peer.name = "Beto".to_owned(),
        ];
        let [others @ .., renamed] = figures;
        for figure in others {
            advance(FIGURES_EVERY - Duration::from_millis(1)).await;
            assert!(told.news(list(figure)).is_none(), "too early");
            advance(Duration::from_millis(1)).await;
            assert!(told.news(list(figure)).is_some(), "it is time");
        }
        assert!(told.news(list(renamed)).is_some(), "a name is no figure");
        assert!(told.news(list(|peer| peer.name = "Carla".to_owned())).is_some());
        let away = list(|peer| {
            peer.name = "Carla".to_owned();
            peer.round_trip = None;
        });
        assert!(told.news(away).is_some(), "nor is that there is none any more");
    }

    #[tokio::test(start_paused = true)]
    async fn when_a_peer_was_seen_is_a_figure_and_that_it_was_seen_is_none() {
        let seen = |seconds| list(|peer| peer.last_seen = Some(prost_types::Timestamp { seconds, nanos: 0 }));
        let mut told = Told::default();
        assert!(told.news(list(|_| ())).is_some());
        assert!(told.news(seen(1)).is_some());
        assert!(told.news(seen(2)).is_none());
    }
}
