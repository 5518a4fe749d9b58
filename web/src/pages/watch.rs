//! Keeps an eye on the peer, and finds it again when it is lost.

use std::time::Duration;

use contract::parcero::v1::{AboutReply, AboutRequest, peers_client::PeersClient};
use leptos::prelude::*;
use tonic::{Code, Request, Status};

use crate::{
    browser::sleep,
    model::{
        presence::{Event, Now, Peer, Presence},
        visible::visible,
    },
    rpc::{Rpc, failure::Failure},
};

/// A peer on this computer that is there answers in milliseconds; one that hangs is not there.
const PATIENCE: Duration = Duration::from_secs(2);
/// A name is a label, and the place for it is narrow.
const NAME_CHARS: usize = 60;

/// Tells `presence` what becomes of the peer, for as long as it runs.
///
/// A peer that said that it is stopping still finishes the calls that are open. It is lost when it is found no more
/// and no call of this page `is_open`.
pub async fn watch(rpc: Rpc, presence: RwSignal<Presence>, is_open: Signal<bool>) {
    loop {
        let is_stopping = is_worth_a_socket(&rpc, presence).await && follow(&rpc, presence).await;
        let was_stopping = presence.with_untracked(|presence| presence.now == Now::Stopping);
        if is_stopping {
            presence.update(|presence| presence.apply(Event::Stopping));
        } else if !(was_stopping && is_open.get_untracked()) {
            presence.update(|presence| presence.apply(Event::Lost));
        }
        sleep(presence.with_untracked(Presence::pause)).await;
    }
}

/// Asks a lost peer by `fetch` before opening a socket: a browser makes a page wait for a socket, longer and longer,
/// after a number of them have failed.
async fn is_worth_a_socket(rpc: &Rpc, presence: RwSignal<Presence>) -> bool {
    if presence.with_untracked(|presence| matches!(presence.now, Now::Asking | Now::Here)) {
        return true;
    }
    presence.update(|presence| presence.apply(Event::Trying));
    let mut request = Request::new(AboutRequest {});
    request.set_timeout(PATIENCE);
    PeersClient::new(rpc.clone()).about(request).await.is_ok()
}

/// Listens until the stream ends, and gives whether the peer itself said that it is stopping.
async fn follow(rpc: &Rpc, presence: RwSignal<Presence>) -> bool {
    let answer = PeersClient::new(rpc.clone()).watch_about(AboutRequest {}).await;
    let mut about = match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) => return says_it_stops(&status),
    };
    loop {
        let reply = match about.message().await {
            Ok(Some(reply)) => reply,
            Ok(None) => return false,
            Err(status) => return says_it_stops(&status),
        };
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

/// Whether this is the word of the peer, which says UNAVAILABLE when it stops, and not of a way that broke.
fn says_it_stops(status: &Status) -> bool {
    status.code() == Code::Unavailable && Failure::of(status).is_none()
}

fn peer(about: &AboutReply, rpc: &Rpc) -> Peer {
    Peer {
        name: visible(&about.name, NAME_CHARS),
        version: visible(&about.version, NAME_CHARS),
        max_message_bytes: rpc.limit().max_message_bytes() as u64,
    }
}
