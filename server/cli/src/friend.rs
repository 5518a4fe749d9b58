//! `parcero friend`: who is a friend, and who is not.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use contract::parcero::v1::{
    AddFriendRequest, ListPeersRequest, NamePeerRequest, PeerRequest, network_client::NetworkClient,
};

use super::{
    Shared,
    connect::{Connection, PeerOptions},
    failure::Failure,
    output::{Output, say},
    peers::line,
};

/// Make friends, name them, and end it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  parcero friend add parcero…        with a ticket of theirs (`-` reads it from standard input)
  parcero friend ask laptop          ask a peer that was discovered
  parcero friend requests            who asks us
  parcero friend accept laptop
  parcero friend name 4f2a Ana       what to call a peer from now on
  parcero friend block 4f2a          nothing of it is answered any more")]
pub(super) struct Friend {
    #[command(subcommand)]
    action: Action,

    #[command(flatten)]
    peer: PeerOptions,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Become friends by a ticket
    Add {
        /// The ticket, or `-` to read it from standard input
        ticket: String,
        /// What to call that peer [default: what it calls itself]
        #[arg(long)]
        name: Option<String>,
    },
    /// Ask a peer to be friends; its person accepts or declines
    Ask(Who),
    /// List the peers that ask to be friends
    Requests,
    /// Say yes to a peer that asks
    Accept(Who),
    /// Say no to a peer that asks; it is not told, and may ask again after a day
    Decline(Who),
    /// End a friendship
    Remove(Who),
    /// Give a peer a name; an empty one takes it back
    Name {
        #[command(flatten)]
        who: Who,
        /// What to call it
        name: String,
    },
    /// Have nothing to do with a peer any more
    Block(Who),
    /// Take a block back
    Unblock(Who),
    /// Forget a peer altogether
    Forget(Who),
}

#[derive(Debug, Args)]
struct Who {
    /// Its name, its id, or the beginning of its id
    #[arg(value_name = "PEER")]
    who: String,
}

impl Action {
    /// The peer it is about, as the person named it.
    fn who(&self) -> Option<&str> {
        match self {
            Action::Add { .. } | Action::Requests => None,
            Action::Ask(Who { who })
            | Action::Accept(Who { who })
            | Action::Decline(Who { who })
            | Action::Remove(Who { who })
            | Action::Name { who: Who { who }, .. }
            | Action::Block(Who { who })
            | Action::Unblock(Who { who })
            | Action::Forget(Who { who }) => Some(who),
        }
    }
}

impl From<Who> for PeerRequest {
    fn from(Who { who }: Who) -> Self {
        Self { peer: who }
    }
}

impl Friend {
    pub(super) async fn run(self, shared: &Shared, output: &Output) -> Result<ExitCode, Failure> {
        let connection = Connection::open(shared, &self.peer).await?;
        let mut network = NetworkClient::new(connection.channel);
        let who = self.action.who().map(str::to_owned);
        let failed = |status| match &who {
            Some(who) => Failure::of_call(status).about(who),
            None => Failure::of_call(status),
        };
        let done = match self.action {
            Action::Add { ticket, name } => {
                let ticket = if ticket == "-" {
                    std::io::read_to_string(std::io::stdin()).map_err(|error| {
                        Failure::wrong(format!("cannot read a ticket from standard input: {error}"))
                    })?
                } else {
                    ticket
                };
                let name = name.unwrap_or_default();
                network.add_friend(AddFriendRequest { ticket, name }).await
            }
            Action::Ask(who) => network.ask_friend(PeerRequest::from(who)).await,
            Action::Accept(who) => network.accept_friend(PeerRequest::from(who)).await,
            Action::Decline(who) => network.decline_friend(PeerRequest::from(who)).await,
            Action::Remove(who) => network.remove_friend(PeerRequest::from(who)).await,
            Action::Name {
                who: Who { who },
                name,
            } => network.name_peer(NamePeerRequest { peer: who, name }).await,
            Action::Block(who) => network.block_peer(PeerRequest::from(who)).await,
            Action::Unblock(who) => network.unblock_peer(PeerRequest::from(who)).await,
            Action::Forget(who) => {
                let done = network.forget_peer(PeerRequest::from(who)).await;
                output.message(&done.map_err(failed)?.into_inner(), |_| Vec::new())?;
                say("Forgotten.");
                return Ok(ExitCode::SUCCESS);
            }
            Action::Requests => {
                let list = network
                    .list_peers(ListPeersRequest {})
                    .await
                    .map_err(Failure::of_call)?;
                for peer in list.into_inner().peers.iter().filter(|peer| peer.asks) {
                    output.message(peer, |peer| vec![line(peer)])?;
                }
                return Ok(ExitCode::SUCCESS);
            }
        };
        output.message(&done.map_err(failed)?.into_inner(), |peer| vec![line(peer)])?;
        Ok(ExitCode::SUCCESS)
    }
}
