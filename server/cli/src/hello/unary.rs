//! `parcero hello unary`: one request, one reply.

use std::{num::NonZeroU32, time::Duration};

use clap::Args;
use contract::greet::HelloRequest;

use super::{
    Greeter,
    call::{CallOptions, DEFAULT_NAME, parse_milliseconds},
};
use crate::{failure::Failure, output::Output};

/// One request, one reply
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  parcero hello unary --name Ana
  parcero hello unary --name Ana --count 10 --interval 500   ten calls, half a second apart
  parcero hello unary --name Ana --deadline 0.5 --metadata colour=blue")]
pub(super) struct Unary {
    /// Whom to greet
    #[arg(long, value_name = "NAME", default_value = DEFAULT_NAME)]
    name: String,

    /// How many calls to make, one after the other
    #[arg(long, value_name = "TIMES", default_value = "1")]
    count: NonZeroU32,

    /// How long to wait between two calls
    #[arg(long, value_name = "MILLISECONDS", default_value = "0", value_parser = parse_milliseconds)]
    interval: Duration,

    #[command(flatten)]
    call: CallOptions,
}

impl Unary {
    /// One call.
    pub(super) fn once(name: String, call: CallOptions) -> Self {
        Unary {
            name,
            count: NonZeroU32::MIN,
            interval: Duration::ZERO,
            call,
        }
    }

    pub(super) async fn run(self, mut greeter: Greeter, output: &Output) -> Result<(), Failure> {
        for round in 0..self.count.get() {
            if round > 0 {
                tokio::time::sleep(self.interval).await;
            }
            let message = HelloRequest {
                name: self.name.clone(),
                greeting: self.call.greeting.clone(),
            };
            let request = self.call.request(message);
            let call = async { greeter.only_response(request).await.map_err(Failure::of_call) };
            let reply = self.call.within(call).await?.into_inner();
            output.message(&reply, |reply| vec![reply.message.clone()])?;
        }
        Ok(())
    }
}
