//! What the page knows of the peers, and what a person does with them. It outlives the view.

use std::collections::BTreeMap;

use contract::parcero::v1::{NamePeerRequest, PeerRequest, network_client::NetworkClient};
use leptos::prelude::*;
use tonic::Status;

use crate::{
    browser::Task,
    i18n::times::now_seconds,
    model::peers::{
        Event, Peers,
        peer::{self, Peer},
        work::{Deed, Outcome, Works},
    },
    pages::announcer::Announcer,
    parts::peers::{Act, outcome_words},
    rpc::Rpc,
    settings::Say,
};

/// A cheap copy of a handle.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The peers.
    pub peers: RwSignal<Peers>,
    /// What is being done with each.
    pub works: RwSignal<Works>,
    /// The peer whose details are shown.
    pub shown: RwSignal<Option<String>>,
    /// Those that began to ask to be friends just now.
    pub news: RwSignal<Vec<Peer>>,
    rpc: StoredValue<Rpc>,
    /// One for each peer and kind of work; a new one takes the place of one that has ended.
    tasks: StoredValue<BTreeMap<(String, bool), Task>>,
    announcer: Announcer,
    say: Say,
}

impl Desk {
    /// A desk with nothing on it.
    pub fn new(rpc: Rpc, announcer: Announcer) -> Self {
        Self {
            peers: RwSignal::default(),
            works: RwSignal::default(),
            shown: RwSignal::new(None),
            news: RwSignal::new(Vec::new()),
            rpc: StoredValue::new(rpc),
            tasks: StoredValue::new(BTreeMap::new()),
            announcer,
            say: Say::here(),
        }
    }

    /// Takes what became of the peers.
    pub fn apply(self, event: Event) {
        let is_list = matches!(event, Event::List(_));
        let turned = match &event {
            Event::List(list) => self.peers.with_untracked(|peers| peers.turned(list)),
            Event::Own(_) | Event::Lost => Vec::new(),
        };
        if !turned.is_empty() {
            self.works.update(|works| {
                for (id, is_here) in &turned {
                    works.turn(id, *is_here);
                }
            });
        }
        let news = self.peers.try_update(|peers| peers.apply(event));
        if let Some(news) = news.filter(|news| !news.is_empty()) {
            self.news.set(news);
        }
        if is_list {
            self.peers.with_untracked(|peers| {
                self.works
                    .update_untracked(|works| works.keep(|id| peers.get(id).is_some()));
            });
            // What is under way with a peer that is no more, such as forgetting it, still comes to its end.
            self.works.with_untracked(|works| {
                self.tasks
                    .update_value(|tasks| tasks.retain(|(id, _), _| works.of(id).is_some()));
            });
        }
    }

    /// A client of the peer on this computer.
    pub fn client(self) -> NetworkClient<Rpc> {
        NetworkClient::new(self.rpc.get_value())
    }

    /// Does what was asked of a row, but for what leaves this view.
    pub fn act(self, id: String, act: Act) {
        match act {
            Act::Show => self.shown.update(|shown| {
                *shown = if shown.as_deref() == Some(&id) {
                    None
                } else {
                    Some(id)
                }
            }),
            Act::Do(deed) => self.perform(id, deed, String::new()),
            Act::Rename(name) => self.perform(id, Deed::Name, name),
            Act::Diagnose => self.diagnose(id),
            Act::SayHello => {}
        }
    }

    /// Shows the details of a peer, with how something went.
    pub fn tell(self, id: &str, outcome: Outcome) {
        self.works.update(|works| works.end(id, outcome.clone()));
        self.shown.set(Some(id.to_owned()));
        self.announce(&outcome);
    }

    fn announce(self, outcome: &Outcome) {
        let text = untrack(|| outcome_words(self.say, outcome));
        self.announcer.say("peers", text);
    }

    fn perform(self, id: String, deed: Deed, name: String) {
        if self.works.try_update(|works| works.begin(&id, deed)) != Some(true) {
            return;
        }
        let client = self.client();
        let key = (id.clone(), false);
        let task = Task::spawn(async move {
            let outcome = match done(client, id.clone(), deed, name).await {
                Ok(outcome) => outcome,
                Err(status) => Outcome::Failed(status),
            };
            self.announce(&outcome);
            self.works.update(|works| works.end(&id, outcome));
        });
        self.tasks.update_value(|tasks| {
            tasks.insert(key, task);
        });
    }

    fn diagnose(self, id: String) {
        if self.works.try_update(|works| works.diagnose(&id)) != Some(true) {
            return;
        }
        let mut client = self.client();
        let key = (id.clone(), true);
        let task = Task::spawn(async move {
            let peer = id.clone();
            let steps = async {
                let mut steps = client.diagnose(PeerRequest { peer }).await?.into_inner();
                while let Some(step) = steps.message().await? {
                    self.works
                        .update(|works| works.change(&id, |diagnosis| diagnosis.push(&step)));
                }
                Ok(())
            };
            let end: Result<(), Status> = steps.await;
            self.works
                .update(|works| works.change(&id, |diagnosis| diagnosis.end(end, now_seconds())));
        });
        self.tasks.update_value(|tasks| {
            tasks.insert(key, task);
        });
    }
}

/// Does it and gives how it went.
async fn done(
    mut client: NetworkClient<Rpc>,
    peer: String,
    deed: Deed,
    name: String,
) -> Result<Outcome, Status> {
    let request = PeerRequest { peer: peer.clone() };
    match deed {
        Deed::Ask => client.ask_friend(request).await.map(drop)?,
        Deed::Accept => client.accept_friend(request).await.map(drop)?,
        Deed::Decline => client.decline_friend(request).await.map(drop)?,
        Deed::Remove => client.remove_friend(request).await.map(drop)?,
        Deed::Name => client.name_peer(NamePeerRequest { peer, name }).await.map(drop)?,
        Deed::Block => client.block_peer(request).await.map(drop)?,
        Deed::Unblock => client.unblock_peer(request).await.map(drop)?,
        Deed::Forget => client.forget_peer(request).await.map(drop)?,
        Deed::Ping => {
            let reply = client.ping(request).await?.into_inner();
            return Ok(Outcome::Answered {
                took_ms: reply.took.as_ref().map(peer::milliseconds).unwrap_or_default(),
                path: peer::path(reply.path()),
            });
        }
    }
    Ok(Outcome::Done(deed))
}
