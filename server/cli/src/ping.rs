//! `parcero ping`: a sign of life of another peer.

use std::process::ExitCode;

use clap::Args;
use contract::parcero::v1::{Path, PeerRequest, network_client::NetworkClient};

use super::{
    Shared,
    connect::{Connection, PeerOptions},
    failure::Failure,
    output::Output,
    peers::milliseconds,
};

/// Ask another peer for a sign of life
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  parcero ping Ana
  parcero ping 4f2a              the beginning of an id, at least four characters")]
pub(super) struct Ping {
    /// Its name, its id, or the beginning of its id
    #[arg(value_name = "PEER")]
    who: String,

    #[command(flatten)]
    peer: PeerOptions,
}

impl Ping {
    pub(super) async fn run(self, shared: &Shared, output: &Output) -> Result<ExitCode, Failure> {
        let connection = Connection::open(shared, &self.peer).await?;
        let reply = NetworkClient::new(connection.channel)
            .ping(PeerRequest {
                peer: self.who.clone(),
            })
            .await
            .map_err(|status| Failure::of_call(status).about(&self.who))?
            .into_inner();
        output.message(&reply, |reply| {
            let took = reply.took.map_or_else(String::new, milliseconds);
            let path = match reply.path() {
                Path::Lan => ", on this network",
                Path::Direct => ", directly",
                Path::Relayed => ", by a relay",
                Path::Unspecified => "",
            };
            vec![format!("{} answered in {took}{path}", reply.name)]
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
