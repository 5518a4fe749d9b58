//! `parcero.v1.Peers`: what this peer tells about itself.

use std::{pin::Pin, time::Duration};

use contract::parcero::v1::{AboutReply, AboutRequest, CallFigures, peers_server};
use futures_core::Stream;
use futures_util::stream;
use tokio::time::{MissedTickBehavior, interval};
use tonic::{Request, Response, Status};

use crate::{VERSION, peer::Peer};

/// A watcher is told of changes at most four times a second.
const PAUSE: Duration = Duration::from_millis(250);

/// Tells about a peer.
#[derive(Debug)]
pub(super) struct Peers {
    peer: Peer,
}

impl Peers {
    /// Tells about `peer`.
    pub(super) fn new(peer: Peer) -> Self {
        Self { peer }
    }
}

#[tonic::async_trait]
impl peers_server::Peers for Peers {
    type WatchAboutStream = Pin<Box<dyn Stream<Item = Result<AboutReply, Status>> + Send>>;

    async fn about(&self, _: Request<AboutRequest>) -> Result<Response<AboutReply>, Status> {
        Ok(Response::new(about(&self.peer)))
    }

    async fn watch_about(
        &self,
        _: Request<AboutRequest>,
    ) -> Result<Response<Self::WatchAboutStream>, Status> {
        let mut ticks = interval(PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let start = (self.peer.clone(), ticks, None);
        let changes = stream::unfold(start, |(peer, mut ticks, told)| async move {
            loop {
                ticks.tick().await;
                let now = about(&peer);
                if told.as_ref() != Some(&now) {
                    return Some((Ok(now.clone()), (peer, ticks, Some(now))));
                }
            }
        });
        Ok(Response::new(Box::pin(changes)))
    }
}

fn about(peer: &Peer) -> AboutReply {
    let figures = peer.calls().figures();
    AboutReply {
        name: peer.name().to_owned(),
        version: VERSION.to_owned(),
        max_message_bytes: peer.max_message_bytes() as u64,
        calls: Some(CallFigures {
            open: figures.open,
            completed: figures.completed,
            cancelled: figures.cancelled,
            deadline_exceeded: figures.deadline_exceeded,
            refused: figures.refused,
        }),
    }
}
