//! Other peers, reached for a call: to pass one on, or to ask whether they are well.

use tonic::{Code, Status};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use super::network::status;
use crate::{
    calls::{Caller, Dial, Dialled},
    network::{AskHealth, NetworkError, PeerDial},
};

impl Dial for PeerDial {
    async fn dial(&self) -> Result<Dialled, Status> {
        self.connection().await.map_err(|error| status(&error))
    }
}

/// Asks by `grpc.health.v1`, which every peer answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct ByHealth;

impl AskHealth for ByHealth {
    async fn ask(&self, peer: PeerDial) -> Result<(), NetworkError> {
        // That it can be reached is told in the network's own words.
        peer.connection().await?;
        let mut health = HealthClient::new(Caller::new(peer));
        match health.check(HealthCheckRequest::default()).await {
            Ok(_) => Ok(()),
            Err(status) if status.code() == Code::PermissionDenied => {
                Err(NetworkError::Refused(status.message().to_owned()))
            }
            Err(status) => Err(NetworkError::Unreachable(status.message().to_owned())),
        }
    }
}
