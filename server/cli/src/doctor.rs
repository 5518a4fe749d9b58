//! `parcero doctor`: why another peer is not reached.

use std::process::ExitCode;

use clap::Args;
use contract::parcero::v1::{DiagnoseStep, PeerRequest, diagnose_step::Step, network_client::NetworkClient};

use super::{
    Shared,
    connect::{Connection, PeerOptions},
    failure::Failure,
    output::Output,
};

/// Find out, step by step, why another peer is not reached
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  parcero doctor Ana
  parcero doctor Ana --json      one object a step

Ends with 0 if every step passed, else with 1.")]
pub(super) struct Doctor {
    /// Its name, its id, or the beginning of its id
    #[arg(value_name = "PEER")]
    who: String,

    #[command(flatten)]
    peer: PeerOptions,
}

impl Doctor {
    pub(super) async fn run(self, shared: &Shared, output: &Output) -> Result<ExitCode, Failure> {
        let connection = Connection::open(shared, &self.peer).await?;
        let mut steps = NetworkClient::new(connection.channel)
            .diagnose(PeerRequest {
                peer: self.who.clone(),
            })
            .await
            .map_err(|status| Failure::of_call(status).about(&self.who))?
            .into_inner();
        let mut all_passed = true;
        while let Some(step) = steps.message().await.map_err(Failure::of_call)? {
            all_passed &= step.passed;
            output.message(&step, lines)?;
        }
        Ok(if all_passed {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }
}

fn lines(step: &DiagnoseStep) -> Vec<String> {
    let what = match step.step() {
        Step::Unspecified => "",
        Step::Address => "an address is known",
        Step::Packets => "packets come back",
        Step::Handshake => "it is that peer",
        Step::Admission => "it takes us in",
        Step::Call => "a call comes back",
    };
    let mark = if step.passed { "ok    " } else { "FAILED" };
    let mut lines = vec![format!("{mark}  {what:<20}  {}", step.evidence)];
    if !step.next.is_empty() {
        lines.push(format!("        {}", step.next));
    }
    lines
}
