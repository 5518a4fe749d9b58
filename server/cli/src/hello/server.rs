//! `parcero hello server`: one request, several replies.

use clap::Args;
use contract::greet::HelloRequest;
use tonic::metadata::MetadataValue;

use super::{
    Greeter,
    call::{CallOptions, DEFAULT_NAME},
};
use crate::{failure::Failure, output::Output};

/// The keys by which a call asks for another number of replies and another pause.
const COUNT: &str = "parcero-count";
const INTERVAL: &str = "parcero-interval-ms";

/// Server streaming: one request, several replies
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  parcero hello server --name Ana                            five replies, two seconds apart
  parcero hello server --name Ana --count 100 --interval 0   a hundred at once
  parcero hello server --name Ana | head -1                  the first, and then it is cancelled")]
pub(super) struct Server {
    /// Whom to greet
    #[arg(long, value_name = "NAME", default_value = DEFAULT_NAME)]
    name: String,

    /// Ask the peer for so many replies, up to 100000 [default: the peer's, five]
    #[arg(long, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(0..=100_000))]
    count: Option<u32>,

    /// Ask the peer for this pause between two replies, up to 60000 [default: the peer's, two seconds]
    #[arg(long, value_name = "MILLISECONDS", value_parser = clap::value_parser!(u32).range(0..=60_000))]
    interval: Option<u32>,

    #[command(flatten)]
    call: CallOptions,
}

impl Server {
    /// As many replies as the peer likes.
    pub(super) fn as_the_peer_likes(name: String, call: CallOptions) -> Self {
        Server {
            name,
            count: None,
            interval: None,
            call,
        }
    }

    pub(super) async fn run(self, mut greeter: Greeter, output: &Output) -> Result<(), Failure> {
        let message = HelloRequest {
            name: self.name.clone(),
            greeting: self.call.greeting.clone(),
        };
        let mut request = self.call.request(message);
        for (key, wish) in [(COUNT, self.count), (INTERVAL, self.interval)] {
            if let Some(wish) = wish {
                if request.metadata().contains_key(key) {
                    return Err(Failure::wrong(format!(
                        "{key} is asked for twice, by an option and by --metadata"
                    ))
                    .hint("leave one of them away"));
                }
                request.metadata_mut().insert(key, MetadataValue::from(wish));
            }
        }
        let call = async {
            let mut replies = greeter
                .server_streaming(request)
                .await
                .map_err(Failure::of_call)?
                .into_inner();
            while let Some(reply) = replies.message().await.map_err(Failure::of_call)? {
                output.message(&reply, |reply| vec![reply.message.clone()])?;
            }
            Ok(())
        };
        self.call.within(call).await
    }
}
