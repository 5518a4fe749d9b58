//! `parcero hello bidi`: several requests, each answered as it comes.

use clap::Args;

use super::{
    Greeter,
    call::CallOptions,
    names::{NameOptions, Names},
};
use crate::{failure::Failure, input::Lines, output::Output};

/// Bidirectional streaming: several requests, each answered as it comes
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  parcero hello bidi               type names; each is answered; Ctrl-D finishes
  parcero hello bidi < names.txt
  parcero hello bidi --name Ana --count 5 --interval 1000")]
pub(super) struct Bidi {
    #[command(flatten)]
    names: NameOptions,

    #[command(flatten)]
    call: CallOptions,
}

impl Bidi {
    pub(super) async fn run(self, greeter: Greeter, output: &Output) -> Result<(), Failure> {
        let mut lines = Lines::default();
        converse(greeter, self.names.names(&mut lines), &self.call, output).await
    }
}

/// Sends the names in one call and prints each reply when it comes.
pub(super) async fn converse(
    mut greeter: Greeter,
    names: Names<'_>,
    options: &CallOptions,
    output: &Output,
) -> Result<(), Failure> {
    let call = names.feed(&options.greeting, |requests| async move {
        let response = greeter.bidirectional_streaming(options.request(requests)).await;
        let mut replies = response.map_err(Failure::of_call)?.into_inner();
        while let Some(reply) = replies.message().await.map_err(Failure::of_call)? {
            output.message(&reply, |reply| vec![reply.message.clone()])?;
        }
        Ok(())
    });
    options.within(call).await
}
