//! `parcero ticket`: how a friend finds this peer.

use std::process::ExitCode;

use clap::Args;
use contract::parcero::v1::{
    CreateInvitationRequest, Invitation, ListInvitationsRequest, RevokeInvitationRequest, SelfRequest,
    network_client::NetworkClient,
};

use qrcode::render::unicode::Dense1x2;

use super::{
    Shared,
    connect::{Connection, PeerOptions},
    failure::Failure,
    output::{Output, say},
    times::from_now,
};

/// Make a ticket: whoever uses it is a friend of this peer at once
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  parcero ticket                            for one friend, good for a week
  parcero ticket --uses 5 --hours 2         for five friends, good for two hours
  parcero ticket --qr                       and as a picture to be photographed
  parcero ticket --plain                    without an invitation: only where this peer is
  parcero ticket --list                     the invitations that can still be used
  parcero ticket --revoke 1f00c9d2a7e34b55  makes one of no use

A ticket with an invitation is a secret between you and your friend: hand it over as you would a key.")]
pub(super) struct Ticket {
    /// How often it may be used
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    uses: u32,

    /// For how long it may be used, in hours
    #[arg(long, value_name = "HOURS", default_value_t = 168, value_parser = clap::value_parser!(u32).range(1..=8760))]
    hours: u32,

    /// Also draw it as a QR code
    #[arg(long)]
    qr: bool,

    /// Without an invitation: it tells where this peer is, and makes no friends
    #[arg(long, conflicts_with_all = ["uses", "hours"])]
    plain: bool,

    /// List the invitations that can still be used
    #[arg(long, conflicts_with_all = ["uses", "hours", "qr", "plain", "revoke"])]
    list: bool,

    /// Make an invitation of no use
    #[arg(long, value_name = "ID", conflicts_with_all = ["uses", "hours", "qr", "plain"])]
    revoke: Option<String>,

    #[command(flatten)]
    peer: PeerOptions,
}

impl Ticket {
    pub(super) async fn run(self, shared: &Shared, output: &Output) -> Result<ExitCode, Failure> {
        let connection = Connection::open(shared, &self.peer).await?;
        let mut network = NetworkClient::new(connection.channel);
        if let Some(id) = self.revoke {
            let revoke = network.revoke_invitation(RevokeInvitationRequest { id });
            let done = revoke.await.map_err(Failure::of_call)?.into_inner();
            output.message(&done, |_| Vec::new())?;
            say("Revoked. Friends made by it stay friends: `parcero friend remove` ends that.");
        } else if self.list {
            let list = network.list_invitations(ListInvitationsRequest {}).await;
            let invitations = list.map_err(Failure::of_call)?.into_inner().invitations;
            if invitations.is_empty() {
                say("No invitation can be used now: `parcero ticket` makes one.");
            }
            for invitation in invitations {
                output.message(&invitation, |invitation| vec![listed(invitation)])?;
            }
        } else if self.plain {
            let own = network
                .self_(SelfRequest {})
                .await
                .map_err(Failure::of_call)?
                .into_inner();
            output.message(&own, |own| drawn(&own.ticket, self.qr))?;
        } else {
            let request = CreateInvitationRequest {
                uses: self.uses,
                valid_for: Some(prost_types::Duration {
                    seconds: i64::from(self.hours) * 60 * 60,
                    nanos: 0,
                }),
            };
            let made = network
                .create_invitation(request)
                .await
                .map_err(Failure::of_call)?
                .into_inner();
            output.message(&made, |made| drawn(&made.ticket, self.qr))?;
            say(&format!(
                "Your friend runs: parcero friend add TICKET   (`parcero ticket --revoke {}` takes it back)",
                made.id
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn listed(invitation: &Invitation) -> String {
    let uses = match invitation.uses_left {
        1 => "1 use left".to_owned(),
        uses => format!("{uses} uses left"),
    };
    match invitation.expires {
        None => format!("{}  {uses}", invitation.id),
        Some(expires) => format!("{}  {uses}, ends {}", invitation.id, from_now(expires)),
    }
}

/// The ticket, and below it a QR code if that is wanted and it fits into one.
fn drawn(ticket: &str, as_qr: bool) -> Vec<String> {
    let mut lines = vec![ticket.to_owned()];
    if as_qr {
        // Capitals take less room in a QR code, and a ticket may be read either way.
        match qrcode::QrCode::new(ticket.to_ascii_uppercase()) {
            Ok(code) => {
                // Most terminals are dark: what is light in a code is what is painted.
                let picture = code
                    .render::<Dense1x2>()
                    .dark_color(Dense1x2::Light)
                    .light_color(Dense1x2::Dark)
                    .quiet_zone(true)
                    .build();
                lines.extend(picture.lines().map(str::to_owned));
            }
            Err(error) => say(&format!("note: the ticket does not fit into a QR code ({error})")),
        }
    }
    lines
}
