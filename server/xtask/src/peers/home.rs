//! A peer inside this process: its network, with a folder of its own.

use std::time::Duration;

use anyhow::{Context, ensure};
use parcero::network::{Membership, Network, NetworkSettings, PeerDial, Relation, Ticket};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// How long two peers of one machine may take to become friends: many times what it takes.
const FRIEND_TIME: Duration = Duration::from_secs(10);

/// Such a peer. It looks for nobody, and nothing of it leaves the loopback interface.
#[derive(Debug)]
pub(crate) struct Home {
    network: Network,
    _folder: TempDir,
}

impl Home {
    /// Starts one that stays in touch with the peer of a ticket, if there is one.
    pub(crate) async fn start(friend: Option<&str>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut key = [0; 32];
        fastrand::Rng::new().fill(&mut key);
        let settings = NetworkSettings {
            key,
            name: "xtask".into(),
            listen: ([127, 0, 0, 1], 0).into(),
            database: folder.path().join("parcero.db"),
            membership: Membership::new(String::new(), None),
            discovery: false,
            internet: None,
            friends: friend.map(read).transpose()?.into_iter().collect(),
        };
        Ok(Self {
            network: Network::start(settings).await?,
            _folder: folder,
        })
    }

    /// Its network.
    pub(crate) fn network(&self) -> &Network {
        &self.network
    }

    /// A ticket that makes friends, as many as a measurement needs.
    pub(crate) async fn invitation(&self) -> anyhow::Result<String> {
        let (_, ticket) = self.network.create_invitation(10_000, 24 * 60 * 60).await?;
        Ok(ticket.to_string())
    }

    /// Becomes a friend of the peer of a ticket, and tells how to reach it.
    pub(crate) async fn befriend(&self, ticket: &str) -> anyhow::Result<PeerDial> {
        let ticket = read(ticket)?;
        self.network.add_friend(&ticket, "").await?;
        let end = Instant::now() + FRIEND_TIME;
        while self.network.relation(ticket.id()) != Some(Relation::Friend) {
            ensure!(
                Instant::now() < end,
                "two peers did not become friends in {FRIEND_TIME:?}"
            );
            sleep(Duration::from_millis(1)).await;
        }
        Ok(self.network.dial_to(&ticket.id().to_string())?)
    }
}

/// The ticket in this text.
pub(crate) fn read(ticket: &str) -> anyhow::Result<Ticket> {
    ticket.parse().ok().context("this is no ticket")
}
