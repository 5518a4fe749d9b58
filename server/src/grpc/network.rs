//! `parcero.v1.Network`: the peers this peer knows, for its own person.

use std::{pin::Pin, time::Duration};

use contract::parcero::v1::{
    self as wire, AddFriendRequest, CreateInvitationRequest, DiagnoseStep, ForgetPeerReply,
    InspectTicketRequest, Invitation, ListInvitationsReply, ListInvitationsRequest, ListPeersRequest,
    NamePeerRequest, PeerInfo, PeerList, PeerRequest, PingReply, RevokeInvitationReply,
    RevokeInvitationRequest, SelfReply, SelfRequest, TicketInfo, network_server,
};
use futures_core::Stream;
use futures_util::stream;
use prost_types::Timestamp;
use tokio::time::{MissedTickBehavior, interval};
use tonic::{Request, Response, Status};

use super::{health::ByHealth, watching::Told};
use crate::{
    VERSION,
    network::{self, NetworkError, Path, PeerView, Relation, Source, Ticket},
};

/// A watcher is told of changes at most four times a second.
const PAUSE: Duration = Duration::from_millis(250);
/// How long an invitation can be used unless its maker says otherwise: a week.
const VALID_SECONDS: u64 = 7 * 24 * 60 * 60;

/// Tells about the network, and does what its person wants with it.
#[derive(Debug)]
pub(super) struct Network {
    network: network::Network,
}

impl Network {
    pub(super) fn new(network: network::Network) -> Self {
        Self { network }
    }

    fn list(&self) -> PeerList {
        list(&self.network)
    }
}

fn list(network: &network::Network) -> PeerList {
    PeerList {
        peers: network.peers().iter().map(info).collect(),
    }
}

type Changes<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl network_server::Network for Network {
    type WatchPeersStream = Changes<PeerList>;
    type DiagnoseStream = Changes<DiagnoseStep>;

    async fn self_(&self, _: Request<SelfRequest>) -> Result<Response<SelfReply>, Status> {
        let network = &self.network;
        Ok(Response::new(SelfReply {
            id: network.id().to_string(),
            name: network.name().to_owned(),
            addresses: network.addresses().iter().map(ToString::to_string).collect(),
            ticket: network.ticket(None).to_string(),
            version: VERSION.to_owned(),
            uptime: duration(network.uptime()),
            network: network.membership().name().to_owned(),
            network_is_secret: network.membership().is_secret(),
            relies_on: network.relies_on().map(|id| id.to_string()).unwrap_or_default(),
        }))
    }

    async fn list_peers(&self, _: Request<ListPeersRequest>) -> Result<Response<PeerList>, Status> {
        Ok(Response::new(self.list()))
    }

    async fn watch_peers(
        &self,
        _: Request<ListPeersRequest>,
    ) -> Result<Response<Self::WatchPeersStream>, Status> {
        let mut ticks = interval(PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let start = (self.network.clone(), ticks, Told::default());
        let changes = stream::unfold(start, |(network, mut ticks, mut told)| async move {
            loop {
                ticks.tick().await;
                if let Some(now) = told.news(list(&network)) {
                    return Some((Ok(now), (network, ticks, told)));
                }
            }
        });
        Ok(Response::new(Box::pin(changes)))
    }

    async fn inspect_ticket(
        &self,
        request: Request<InspectTicketRequest>,
    ) -> Result<Response<TicketInfo>, Status> {
        let ticket = ticket(&request.into_inner().ticket)?;
        Ok(Response::new(TicketInfo {
            id: ticket.id().to_string(),
            addresses: ticket.address().ip_addrs().map(ToString::to_string).collect(),
            has_invitation: ticket.invitation().is_some(),
            peer: self.network.view_of(ticket.id()).as_ref().map(info),
            is_own: ticket.id() == self.network.id(),
        }))
    }

    async fn add_friend(&self, request: Request<AddFriendRequest>) -> Result<Response<PeerInfo>, Status> {
        let AddFriendRequest { ticket: text, name } = request.into_inner();
        shown(self.network.add_friend(&ticket(&text)?, &name).await)
    }

    async fn ask_friend(&self, request: Request<PeerRequest>) -> Result<Response<PeerInfo>, Status> {
        shown(self.network.ask_friend(&request.into_inner().peer).await)
    }

    async fn accept_friend(&self, request: Request<PeerRequest>) -> Result<Response<PeerInfo>, Status> {
        shown(self.network.accept_friend(&request.into_inner().peer).await)
    }

    async fn decline_friend(&self, request: Request<PeerRequest>) -> Result<Response<PeerInfo>, Status> {
        shown(self.network.decline_friend(&request.into_inner().peer).await)
    }

    async fn remove_friend(&self, request: Request<PeerRequest>) -> Result<Response<PeerInfo>, Status> {
        shown(self.network.remove_friend(&request.into_inner().peer).await)
    }

    async fn name_peer(&self, request: Request<NamePeerRequest>) -> Result<Response<PeerInfo>, Status> {
        let NamePeerRequest { peer, name } = request.into_inner();
        shown(self.network.name_peer(&peer, &name).await)
    }

    async fn block_peer(&self, request: Request<PeerRequest>) -> Result<Response<PeerInfo>, Status> {
        shown(self.network.block_peer(&request.into_inner().peer).await)
    }

    async fn unblock_peer(&self, request: Request<PeerRequest>) -> Result<Response<PeerInfo>, Status> {
        shown(self.network.unblock_peer(&request.into_inner().peer).await)
    }

    async fn forget_peer(&self, request: Request<PeerRequest>) -> Result<Response<ForgetPeerReply>, Status> {
        let done = self.network.forget_peer(&request.into_inner().peer).await;
        done.map_err(|error| status(&error))?;
        Ok(Response::new(ForgetPeerReply {}))
    }

    async fn create_invitation(
        &self,
        request: Request<CreateInvitationRequest>,
    ) -> Result<Response<Invitation>, Status> {
        let CreateInvitationRequest { uses, valid_for } = request.into_inner();
        let seconds = match valid_for {
            None => VALID_SECONDS,
            Some(duration) => u64::try_from(duration.seconds)
                .ok()
                .filter(|&seconds| seconds > 0)
                .ok_or_else(|| Status::invalid_argument("valid_for must be at least a second"))?,
        };
        let made = self.network.create_invitation(uses, seconds).await;
        let (made, ticket) = made.map_err(|error| status(&error))?;
        Ok(Response::new(Invitation {
            ticket: ticket.to_string(),
            ..invitation(made)
        }))
    }

    async fn list_invitations(
        &self,
        _: Request<ListInvitationsRequest>,
    ) -> Result<Response<ListInvitationsReply>, Status> {
        let invitations = self.network.invitations().await.map_err(|error| status(&error))?;
        Ok(Response::new(ListInvitationsReply {
            invitations: invitations.into_iter().map(invitation).collect(),
        }))
    }

    async fn revoke_invitation(
        &self,
        request: Request<RevokeInvitationRequest>,
    ) -> Result<Response<RevokeInvitationReply>, Status> {
        let done = self.network.revoke_invitation(&request.into_inner().id).await;
        done.map_err(|error| status(&error))?;
        Ok(Response::new(RevokeInvitationReply {}))
    }

    async fn ping(&self, request: Request<PeerRequest>) -> Result<Response<PingReply>, Status> {
        let ping = self.network.ping(&request.into_inner().peer, &ByHealth).await;
        let (view, took) = ping.map_err(|error| status(&error))?;
        Ok(Response::new(PingReply {
            id: view.known.id.to_string(),
            name: view.known.name(),
            took: duration(took),
            path: path(view.path).into(),
        }))
    }

    async fn diagnose(
        &self,
        request: Request<PeerRequest>,
    ) -> Result<Response<Self::DiagnoseStream>, Status> {
        let steps = self.network.diagnose(&request.into_inner().peer, ByHealth);
        let steps = steps.map_err(|error| status(&error))?;
        Ok(Response::new(Box::pin(futures_util::StreamExt::map(steps, Ok))))
    }
}

fn ticket(text: &str) -> Result<Ticket, Status> {
    text.parse()
        .map_err(|error: network::NoTicket| Status::invalid_argument(error.to_string()))
}

fn shown(done: Result<PeerView, NetworkError>) -> Result<Response<PeerInfo>, Status> {
    match done {
        Ok(view) => Ok(Response::new(info(&view))),
        Err(error) => Err(status(&error)),
    }
}

/// What an error of the network is in gRPC.
pub(crate) fn status(error: &NetworkError) -> Status {
    let text = error.to_string();
    match error {
        NetworkError::Unknown(_) | NetworkError::TooShort(_) | NetworkError::Nothing(_) => {
            Status::not_found(text)
        }
        NetworkError::NoName
        | NetworkError::Ambiguous { .. }
        | NetworkError::Oneself
        | NetworkError::LongName(_)
        | NetworkError::NameControl => Status::invalid_argument(text),
        NetworkError::NameTaken { .. } => Status::already_exists(text),
        NetworkError::Unreachable(_) | NetworkError::NoAnswer(_) => Status::unavailable(text),
        NetworkError::Refused(_)
        | NetworkError::NotProved
        | NetworkError::OtherNetwork
        | NetworkError::BlockedThere => Status::permission_denied(text),
        NetworkError::Blocked | NetworkError::OtherVersion => Status::failed_precondition(text),
        NetworkError::Store(_) => Status::internal(text),
    }
}

fn info(view: &PeerView) -> PeerInfo {
    let known = &view.known;
    PeerInfo {
        id: known.id.to_string(),
        name: known.name(),
        own_name: known.own_name.clone(),
        relation: match known.relation {
            Relation::Stranger => wire::Relation::Stranger,
            Relation::Friend => wire::Relation::Friend,
            Relation::Blocked => wire::Relation::Blocked,
        }
        .into(),
        presence: if view.is_online {
            wire::Presence::Online
        } else {
            wire::Presence::Offline
        }
        .into(),
        path: path(view.path).into(),
        round_trip: view.round_trip.and_then(duration),
        first_seen: Some(timestamp(known.first_seen)),
        last_seen: known.last_seen.map(timestamp),
        bytes_in: view.bytes_in,
        bytes_out: view.bytes_out,
        version: known.version.clone(),
        asks: known.asks,
        asked: known.asked || known.invitation.is_some(),
        source: match known.source {
            Source::Discovered => wire::Source::Discovered,
            Source::Introduced => wire::Source::Introduced,
            Source::Ticket => wire::Source::Ticket,
            Source::Called => wire::Source::Called,
        }
        .into(),
        knows: view.knows.iter().map(ToString::to_string).collect(),
        name_has_another_key: view.name_has_another_key,
    }
}

fn path(path: Option<Path>) -> wire::Path {
    match path {
        None => wire::Path::Unspecified,
        Some(Path::Lan) => wire::Path::Lan,
        Some(Path::Direct) => wire::Path::Direct,
        Some(Path::Relayed) => wire::Path::Relayed,
    }
}

fn invitation(made: network::Invitation) -> Invitation {
    Invitation {
        id: made.id,
        ticket: String::new(),
        uses_left: made.uses_left,
        expires: Some(timestamp(made.expires)),
    }
}

fn timestamp(seconds: u64) -> Timestamp {
    Timestamp {
        seconds: i64::try_from(seconds).unwrap_or(i64::MAX),
        nanos: 0,
    }
}

fn duration(duration: Duration) -> Option<prost_types::Duration> {
    prost_types::Duration::try_from(duration).ok()
}
