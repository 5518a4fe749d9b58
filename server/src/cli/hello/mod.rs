//! `parcero hello`: the four kinds of call.

mod bidi;
mod call;
mod client;
mod menu;
mod metadata;
mod names;
mod server;
mod unary;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use contract::greet::greeter_client::GreeterClient;
use tonic::transport::Channel;

use super::{
    Shared,
    connect::{Connection, PeerOptions},
    failure::Failure,
    output::Output,
};
use crate::config::LARGEST_MAX_MESSAGE_BYTES;

/// Say hello to a peer in one of the four kinds of call; without a kind, choose from a menu
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  parcero hello                       a menu of the four
  parcero hello unary --name Ana      one request, one reply
  parcero hello server --name Ana     one request, five replies two seconds apart
  parcero hello client < names.txt    every line a request, one reply at the end
  parcero hello bidi                  every line you type a request, answered at once
  parcero hello bidi --json < names.txt | jq -r .message    replies for a program")]
pub(super) struct Hello {
    #[command(flatten)]
    peer: PeerOptions,

    #[command(subcommand)]
    kind: Option<Kind>,
}

#[derive(Debug, Subcommand)]
enum Kind {
    Unary(unary::Unary),
    Server(server::Server),
    Client(client::Client),
    Bidi(bidi::Bidi),
}

impl Hello {
    pub(super) async fn run(self, shared: &Shared, output: &Output) -> Result<ExitCode, Failure> {
        let connection = Connection::open(shared, &self.peer).await?;
        let greeter = Greeter::new(connection.channel)
            // What the peer may send; a peer at its default sends far less.
            .max_decoding_message_size(LARGEST_MAX_MESSAGE_BYTES);
        match self.kind {
            Some(Kind::Unary(unary)) => unary.run(greeter, output).await?,
            Some(Kind::Server(server)) => server.run(greeter, output).await?,
            Some(Kind::Client(client)) => client.run(greeter, output).await?,
            Some(Kind::Bidi(bidi)) => bidi.run(greeter, output).await?,
            None => return menu::run(greeter, output).await,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The generated client over a connection of ours.
type Greeter = GreeterClient<Channel>;
