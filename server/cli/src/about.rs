//! `parcero about`: who the running peer is.

use std::process::ExitCode;

use clap::Args;
use contract::parcero::v1::{AboutReply, AboutRequest, peers_client::PeersClient};

use super::{
    Shared,
    connect::{Connection, PeerOptions},
    failure::Failure,
    output::Output,
};

/// Show the name, the version and the call figures of the running peer
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  parcero about
  parcero about --json
  parcero about --url http://localhost:50052")]
pub(super) struct About {
    #[command(flatten)]
    peer: PeerOptions,
}

impl About {
    pub(super) async fn run(self, shared: &Shared, output: &Output) -> Result<ExitCode, Failure> {
        let connection = Connection::open(shared, &self.peer).await?;
        let reply = PeersClient::new(connection.channel)
            .about(AboutRequest {})
            .await
            .map_err(Failure::of_call)?
            .into_inner();
        output.message(&reply, |about| lines(about, &connection.url))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn lines(about: &AboutReply, url: &str) -> Vec<String> {
    let calls = about.calls.unwrap_or_default();
    vec![
        format!("name      {}", about.name),
        format!("version   {}", about.version),
        format!("address   {url}"),
        format!("messages  at most {} bytes each", about.max_message_bytes),
        format!(
            "calls     {} open, {} completed, {} cancelled, {} past their deadline, {} refused",
            calls.open, calls.completed, calls.cancelled, calls.deadline_exceeded, calls.refused
        ),
    ]
}
