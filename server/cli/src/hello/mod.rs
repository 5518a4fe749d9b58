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
use tonic::{
    Request, Status,
    metadata::AsciiMetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::Channel,
};

use super::{
    Shared,
    connect::{Connection, PeerOptions},
    failure::Failure,
    output::Output,
};
use parcero::{calls::PEER_KEY, config::LARGEST_MAX_MESSAGE_BYTES};

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

    /// The peer to say hello to, by its name, its id, or the beginning of its id [default: the running peer itself]
    #[arg(long = "peer", value_name = "PEER", global = true)]
    to: Option<String>,

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
        let to = ToPeer::new(self.to.as_deref())?;
        let greeter = Greeter::new(InterceptedService::new(connection.channel, to))
            // What the peer may send; a peer at its default sends far less.
            .max_decoding_message_size(LARGEST_MAX_MESSAGE_BYTES);
        let done = match self.kind {
            Some(Kind::Unary(unary)) => unary.run(greeter, output).await,
            Some(Kind::Server(server)) => server.run(greeter, output).await,
            Some(Kind::Client(client)) => client.run(greeter, output).await,
            Some(Kind::Bidi(bidi)) => bidi.run(greeter, output).await,
            None => return menu::run(greeter, self.to.as_deref(), output).await,
        };
        done.map_err(|failure| about(failure, self.to.as_deref()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Why a call for this peer, or for the running one, was not made.
fn about(failure: Failure, to: Option<&str>) -> Failure {
    match to {
        Some(other) => failure.about(other),
        None => failure,
    }
}

/// The generated client over a connection of ours.
type Greeter = GreeterClient<InterceptedService<Channel, ToPeer>>;

/// Names the peer that every call is for, if it is not the running peer itself.
#[derive(Debug, Clone)]
struct ToPeer(Option<AsciiMetadataValue>);

impl ToPeer {
    fn new(peer: Option<&str>) -> Result<Self, Failure> {
        // A name may be of any script, and have a % in it; metadata is of ASCII.
        let encoded = peer.map(|peer| {
            percent_encoding::utf8_percent_encode(peer, percent_encoding::NON_ALPHANUMERIC).to_string()
        });
        let value = encoded.map(|peer| peer.parse()).transpose();
        value.map(Self).map_err(|_| {
            Failure::wrong("the name of the peer cannot be sent").hint("`parcero peers` lists them")
        })
    }
}

impl Interceptor for ToPeer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(peer) = &self.0 {
            request.metadata_mut().insert(PEER_KEY, peer.clone());
        }
        Ok(request)
    }
}
