//! Keeps an eye on the peer, and finds it again when it is lost.

use std::time::Duration;

use contract::parcero::v1::{AboutReply, AboutRequest, peers_client::PeersClient};
use leptos::prelude::*;
use tonic::Request;

use crate::{
    browser::sleep,
    model::{
        presence::{Event, Now, Peer, Presence},
        visible::visible,
    },
    rpc::Rpc,
};

/// A peer on this computer that is there answers in milliseconds; one that hangs is not there.
const PATIENCE: Duration = Duration::from_secs(2);
/// A name is a label, and the place for it is narrow.
const NAME_CHARS: usize = 60;

/// Tells `presence` what becomes of the peer, for as long as it runs.
pub async fn watch(rpc: Rpc, presence: RwSignal<Presence>) {
    loop {
        if is_worth_a_socket(&rpc, presence).await {
            follow(&rpc, presence).await;
        }
        presence.update(|presence| presence.apply(Event::Lost));
        sleep(presence.with_untracked(Presence::pause)).await;
    }
}

/// Asks a lost peer by `fetch` before opening a socket: a browser makes a page wait for a socket, longer and longer,
/// after a number of them have failed.
async fn is_worth_a_socket(rpc: &Rpc, presence: RwSignal<Presence>) -> bool {
    if !presence.with_untracked(|presence| matches!(presence.now, Now::Gone { .. })) {
        return true;
    }
    presence.update(|presence| presence.apply(Event::Trying));
    let mut request = Request::new(AboutRequest {});
    request.set_timeout(PATIENCE);
    PeersClient::new(rpc.clone()).about(request).await.is_ok()
}

/// Listens until the stream ends, however it ends: what matters is that the peer is no longer heard.
async fn follow(rpc: &Rpc, presence: RwSignal<Presence>) {
    let Ok(answer) = PeersClient::new(rpc.clone()).watch_about(AboutRequest {}).await else {
        return;
    };
    let mut about = answer.into_inner();
    while let Ok(Some(reply)) = about.message().await {
        rpc.limit().learn(reply.max_message_bytes);
        let event = Event::Said(peer(&reply, rpc));
        // The peer also tells the figures of its calls: most of its words change nothing here.
        let is_news = presence.with_untracked(|presence| {
            let mut next = presence.clone();
            next.apply(event.clone());
            next != *presence
        });
        if is_news {
            presence.update(|presence| presence.apply(event));
        }
    }
}

fn peer(about: &AboutReply, rpc: &Rpc) -> Peer {
    Peer {
        name: visible(&about.name, NAME_CHARS),
        version: visible(&about.version, NAME_CHARS),
        max_message_bytes: rpc.limit().max_message_bytes() as u64,
    }
}
