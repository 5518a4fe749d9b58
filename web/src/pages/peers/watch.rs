//! Keeps the list of peers true for as long as the peer on this computer is there.

use std::time::Duration;

use contract::parcero::v1::{ListPeersRequest, SelfRequest, network_client::NetworkClient};
use leptos::prelude::*;
use tonic::Status;

use crate::{
    browser::{Task, sleep},
    model::{
        peers::{Event, Own, peer::Peer},
        presence::{Now, Presence},
    },
    pages::peers::desk::Desk,
    rpc::Rpc,
};

/// Before asking again, where the list ended and the peer is there all the same.
const PAUSE: Duration = Duration::from_secs(1);

/// Watches the peers whenever the peer on this computer is there.
///
/// The watch goes by a WebSocket: a browser allows six `fetch` connections to one origin over all its tabs.
pub fn keep_watch(rpc: Rpc, presence: RwSignal<Presence>, desk: Desk) {
    let is_here = Memo::new(move |_| {
        presence.with(|presence| matches!(presence.now, Now::Here | Now::Stopping) && presence.peer.is_some())
    });
    let task = StoredValue::new(None::<Task>);
    Effect::new(move || {
        if is_here.get() {
            task.set_value(Some(Task::spawn(watch(rpc.clone(), desk))));
        } else {
            task.set_value(None);
            desk.apply(Event::Lost);
        }
    });
}

async fn watch(rpc: Rpc, desk: Desk) {
    loop {
        // How it ended does not matter here: that the peer is gone is told by the banner.
        let _ = follow(&rpc, desk).await;
        desk.apply(Event::Lost);
        sleep(PAUSE).await;
    }
}

async fn follow(rpc: &Rpc, desk: Desk) -> Result<(), Status> {
    let mut client = NetworkClient::new(rpc.clone()).max_decoding_message_size(usize::MAX);
    let own = client.self_(SelfRequest {}).await?.into_inner();
    desk.apply(Event::Own(Own::read(&own)));
    let mut lists = client.watch_peers(ListPeersRequest {}).await?.into_inner();
    while let Some(list) = lists.message().await? {
        desk.apply(Event::List(list.peers.iter().map(Peer::read).collect()));
    }
    Ok(())
}
