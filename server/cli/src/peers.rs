//! `parcero peers`: who else there is.

use std::{process::ExitCode, time::Duration};

use clap::Args;
use contract::parcero::v1::{
    ListPeersRequest, Path, PeerInfo, Presence, Relation, network_client::NetworkClient,
};

use super::{
    Shared,
    connect::{Connection, PeerOptions},
    failure::Failure,
    output::{Output, say},
};

/// List the peers that are known
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  parcero peers
  parcero peers --watch                         again whenever something changes, after an empty line
  parcero peers --json | jq -r .name            one object a line, one line a peer
  parcero peers --watch --json | jq -c '[.peers[].name]'    one object a line, each the whole list as it is then

Friends come first. A stranger may say hello and ask to be friends, and nothing else.")]
pub(super) struct Peers {
    #[command(flatten)]
    peer: PeerOptions,

    /// Go on, and list them again whenever something changes
    #[arg(long)]
    watch: bool,
}

impl Peers {
    pub(super) async fn run(self, shared: &Shared, output: &Output) -> Result<ExitCode, Failure> {
        let connection = Connection::open(shared, &self.peer).await?;
        let mut network = NetworkClient::new(connection.channel);
        if !self.watch {
            let list = network
                .list_peers(ListPeersRequest {})
                .await
                .map_err(Failure::of_call)?;
            return show(&list.into_inner().peers, output);
        }
        let mut changes = network
            .watch_peers(ListPeersRequest {})
            .await
            .map_err(Failure::of_call)?
            .into_inner();
        let mut shown: Option<Vec<String>> = None;
        while let Some(list) = changes.message().await.map_err(Failure::of_call)? {
            if list.peers.is_empty() {
                nobody();
            }
            // Whole in one line of JSON: who reads it sees where one state of the list ends, and who has gone from it.
            // A person looks up at each new list, and figures are new all the time.
            output.message(&list, |list| {
                let now = list.peers.iter().map(line_without_figures).collect();
                if shown.as_ref() == Some(&now) {
                    return Vec::new();
                }
                let gap = shown.replace(now).map(|_| String::new());
                gap.into_iter().chain(list.peers.iter().map(line)).collect()
            })?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn nobody() {
    say("No other peer is known yet. Start one on this network, or add a friend by a ticket.");
}

fn show(peers: &[PeerInfo], output: &Output) -> Result<ExitCode, Failure> {
    if peers.is_empty() {
        nobody();
    }
    for peer in peers {
        output.message(peer, |peer| vec![line(peer)])?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One peer on one line: its name, the beginning of its id, what it is to us, and whether it is there.
pub(super) fn line(peer: &PeerInfo) -> String {
    let relation = match peer.relation() {
        Relation::Friend => "friend",
        Relation::Blocked => "blocked",
        Relation::Stranger | Relation::Unspecified if peer.asks => "asks to be friends",
        Relation::Stranger | Relation::Unspecified if peer.asked => "asked",
        Relation::Stranger | Relation::Unspecified => "stranger",
    };
    let presence = match peer.presence() {
        Presence::Online => "online",
        Presence::Offline | Presence::Unspecified => "away",
    };
    let path = match peer.path() {
        Path::Lan => "LAN",
        Path::Direct => "direct",
        Path::Relayed => "relayed",
        Path::Unspecified => "",
    };
    let round_trip = peer
        .round_trip
        .as_ref()
        .map_or_else(String::new, |round_trip| milliseconds(*round_trip));
    let id: String = peer.id.chars().take(10).collect();
    let warning = if peer.name_has_another_key {
        "  !! a friend of this name has another key"
    } else {
        ""
    };
    format!(
        "{:<20}  {id}  {relation:<18}  {presence:<6}  {path:<7}  {round_trip}{warning}",
        peer.name
    )
    .trim_end()
    .to_owned()
}

/// What tells one list from the next: a round trip takes another time whenever it is measured.
fn line_without_figures(peer: &PeerInfo) -> String {
    line(&PeerInfo {
        round_trip: None,
        ..peer.clone()
    })
}

/// A time in milliseconds, for people.
pub(super) fn milliseconds(duration: prost_types::Duration) -> String {
    let duration = Duration::try_from(duration).unwrap_or_default();
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}
