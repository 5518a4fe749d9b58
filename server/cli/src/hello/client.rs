//! `parcero hello client`: several requests, one reply.

use clap::Args;
use contract::greet::DelayedReply;

use super::{
    Greeter,
    call::CallOptions,
    names::{NameOptions, Names},
};
use crate::{failure::Failure, input::Lines, output::Output};

/// Client streaming: several requests, one reply at the end
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  parcero hello client             type names; Ctrl-D finishes, and the reply comes
  parcero hello client < names.txt
  parcero hello client --name Ana --name Beto --count 3 --interval 100")]
pub(super) struct Client {
    #[command(flatten)]
    names: NameOptions,

    #[command(flatten)]
    call: CallOptions,
}

impl Client {
    pub(super) async fn run(self, greeter: Greeter, output: &Output) -> Result<(), Failure> {
        let mut lines = Lines::default();
        send(greeter, self.names.names(&mut lines), &self.call, output).await
    }
}

/// Sends the names in one call and prints the reply.
pub(super) async fn send(
    mut greeter: Greeter,
    names: Names<'_>,
    options: &CallOptions,
    output: &Output,
) -> Result<(), Failure> {
    let call = names.feed(&options.greeting, |requests| async move {
        greeter
            .client_streaming(options.request(requests))
            .await
            .map_err(Failure::of_call)
    });
    let reply = options.within(call).await?.into_inner();
    output.message(&reply, text)
}

/// The answer, and under it what it echoes.
fn text(reply: &DelayedReply) -> Vec<String> {
    let echo = reply
        .request
        .iter()
        .map(|request| format!("  {} {}", request.greeting, request.name));
    std::iter::once(reply.message.clone()).chain(echo).collect()
}
