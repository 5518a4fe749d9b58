//! What the person of this peer does with other peers.

use contract::parcero::v1::{FriendRequest, FriendshipEnded, UseInvitation, control::Say};
use iroh::EndpointId;

use super::{
    Invitation, InvitationSecret, Network, NetworkError, Ticket,
    card::now,
    goodbye::Goodbye,
    known::{Known, Relation, Source, label},
    view::PeerView,
};
use crate::{access, audit};

/// How long a peer that was declined may not ask again, in seconds.
const DECLINED_SECONDS: u64 = 24 * 60 * 60;

impl Network {
    /// Makes the peer of a ticket known, with the addresses and the invitation in it, under a name if there is one.
    pub(super) fn take_ticket(&self, ticket: &Ticket, name: Option<String>) {
        self.book().meet(ticket.id(), Source::Ticket, None);
        self.book().change(ticket.id(), |known| {
            known.ticket_addresses = ticket.address().ip_addrs().copied().collect();
            if known.last_seen.is_none() {
                known.source = Source::Ticket;
            }
            if name.is_some() {
                known.label = name;
            }
            // Also of a friend, which may have forgotten this peer.
            if !access::is_shut_out(Some(known.relation)) && ticket.invitation().is_some() {
                known.invitation = ticket.invitation();
            }
        });
    }

    /// Makes friends by a ticket with an invitation, now or when its peer is back; without one, only makes it known. Of one
    /// whose peer refuses this one, nothing is kept.
    ///
    /// # Errors
    /// Where the ticket is our own, its peer is blocked or refuses this one, the invitation is of no use any more, or the
    /// name is none for it.
    pub async fn add_friend(&self, ticket: &Ticket, name: &str) -> Result<PeerView, NetworkError> {
        let id = ticket.id();
        if id == self.id() {
            return Err(NetworkError::Oneself);
        }
        if self.is_blocked(id) {
            return Err(NetworkError::Blocked);
        }
        let name = self.free_name(name, id)?;
        let was_known = self.book().get(id).is_some();
        self.take_ticket(ticket, name);
        // Before the other side hears of it: what it then knows, this one knows after any end.
        self.decided(id, "a ticket was used").await?;
        match self.link(id).await {
            // A link that has just been made has told it already. To be told twice costs nothing: by the second time it
            // is a friend that says so.
            Ok(link) => {
                if let Some(secret) = self.book().get(id).and_then(|known| known.invitation) {
                    let secret = secret.reveal().to_vec();
                    link.tell(Say::UseInvitation(UseInvitation { secret }));
                }
            }
            // It is kept, and used when the peer is back.
            Err(error @ (NetworkError::Unreachable(_) | NetworkError::NoAnswer(_))) => {
                tracing::debug!(%error, "the peer of a ticket is away");
            }
            Err(
                error @ (NetworkError::OtherNetwork
                | NetworkError::NotProved
                | NetworkError::BlockedThere
                | NetworkError::Refused(_)),
            ) => {
                // It would be asked again and again, and refuse for ever.
                if !was_known {
                    self.book().forget_if(id, |known| known.last_seen.is_none());
                }
                self.decided(id, &format!("a ticket was refused: {error}"))
                    .await?;
                return Err(error);
            }
            Err(error) => return Err(error),
        }
        let is_there = ticket.invitation().is_some() && self.link_to(id).is_some();
        if is_there {
            self.settled(id, |known| known.invitation.is_none()).await;
        }
        self.book().flush().await?;
        if is_there {
            let known = self.book().get(id);
            if known.is_some_and(|known| known.invitation.is_none() && known.relation != Relation::Friend) {
                return Err(NetworkError::refused(
                    "this invitation cannot be used any more: it was used up, has ended, or was revoked",
                ));
            }
        }
        self.shown(id)
    }

    /// A decision of this person, which is in force already, is written down.
    async fn decided(&self, id: EndpointId, what: &str) -> Result<(), NetworkError> {
        audit::decided(id, what);
        Ok(self.book().flush().await?)
    }

    /// Waits a moment for the answer of another peer.
    async fn settled(&self, id: EndpointId, is_settled: impl Fn(&Known) -> bool) {
        for _ in 0..200 {
            if self.book().get(id).is_none_or(|known| is_settled(&known)) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// Asks a peer to be friends.
    ///
    /// # Errors
    /// Where there is none, or it is blocked.
    pub async fn ask_friend(&self, peer: &str) -> Result<PeerView, NetworkError> {
        let id = self.other(peer)?;
        let known = self.book().change(id, |known| {
            if known.relation == Relation::Friend || access::is_shut_out(Some(known.relation)) {
                return;
            }
            if known.asks {
                known.befriend();
            } else {
                known.asked = true;
            }
        });
        let relation = known.map(|known| known.relation);
        if access::is_shut_out(relation) {
            return Err(NetworkError::Blocked);
        }
        // Before the other side hears of it.
        self.decided(id, "asked to be friends").await?;
        if relation == Some(Relation::Friend) {
            self.tell_friendship(id);
        } else if let Ok(link) = self.link(id).await {
            // It is told by the next link where it is not by this one.
            link.tell(Say::FriendRequest(FriendRequest {}));
        }
        self.shown(id)
    }

    /// Says yes to a peer that asked.
    ///
    /// # Errors
    /// Where it did not ask.
    pub async fn accept_friend(&self, peer: &str) -> Result<PeerView, NetworkError> {
        let id = self.asking(peer)?;
        self.book().change(id, Known::befriend);
        self.decided(id, "accepted as a friend").await?;
        self.tell_friendship(id);
        self.shown(id)
    }

    /// Says no to a peer that asked. It is not told.
    ///
    /// # Errors
    /// Where it did not ask.
    pub async fn decline_friend(&self, peer: &str) -> Result<PeerView, NetworkError> {
        let id = self.asking(peer)?;
        self.book().change(id, |known| {
            known.asks = false;
            known.declined_until = now() + DECLINED_SECONDS;
        });
        self.decided(id, "declined as a friend").await?;
        self.shown(id)
    }

    fn asking(&self, peer: &str) -> Result<EndpointId, NetworkError> {
        let id = self.other(peer)?;
        if self.book().get(id).is_none_or(|known| !known.asks) {
            return Err(NetworkError::Nothing(format!(
                "`{peer}` has not asked to be friends"
            )));
        }
        Ok(id)
    }

    /// Ends a friendship.
    ///
    /// # Errors
    /// Where there is no such peer.
    pub async fn remove_friend(&self, peer: &str) -> Result<PeerView, NetworkError> {
        let id = self.other(peer)?;
        self.book().change(id, |known| {
            if known.relation == Relation::Friend {
                known.relation = Relation::Stranger;
            }
            known.asked = false;
            known.invitation = None;
        });
        if let Some(link) = self.link_to(id) {
            // It is told by the next link where it is not by this one.
            link.tell(Say::FriendshipEnded(FriendshipEnded {}));
        }
        self.decided(id, "no friend any more").await?;
        self.shown(id)
    }

    /// Gives a peer a name; an empty one takes it back.
    ///
    /// # Errors
    /// Where there is no such peer, or the name is too long or that of another one.
    pub async fn name_peer(&self, peer: &str, name: &str) -> Result<PeerView, NetworkError> {
        let id = self.other(peer)?;
        let name = self.free_name(name, id)?;
        self.book().change(id, |known| known.label = name);
        self.decided(id, "named").await?;
        self.shown(id)
    }

    /// A name that this peer may be given: nobody else whom this person knows has it. None where it is empty.
    fn free_name(&self, name: &str, id: EndpointId) -> Result<Option<String>, NetworkError> {
        let name = label(name)?;
        if let Some(name) = &name
            && let Some(bearer) = self.book().bearer(name, id)
        {
            return Err(NetworkError::NameTaken {
                name: name.clone(),
                id: bearer,
            });
        }
        Ok(name)
    }

    /// Has nothing to do with a peer any more.
    ///
    /// # Errors
    /// Where there is no such peer.
    pub async fn block_peer(&self, peer: &str) -> Result<PeerView, NetworkError> {
        let id = self.other(peer)?;
        self.book().change(id, |known| {
            known.relation = Relation::Blocked;
            known.asks = false;
            known.asked = false;
            known.invitation = None;
        });
        // In this order: a connection that comes now sees the block, and one that came before is closed.
        self.hang_up(id, Goodbye::Blocked);
        self.decided(id, "blocked").await?;
        self.shown(id)
    }

    /// Takes a block back.
    ///
    /// # Errors
    /// Where there is no such peer.
    pub async fn unblock_peer(&self, peer: &str) -> Result<PeerView, NetworkError> {
        let id = self.other(peer)?;
        self.book().change(id, |known| {
            if known.relation == Relation::Blocked {
                known.relation = Relation::Stranger;
            }
        });
        self.decided(id, "unblocked").await?;
        self.shown(id)
    }

    /// Forgets a peer.
    ///
    /// # Errors
    /// Where there is no such peer.
    pub async fn forget_peer(&self, peer: &str) -> Result<(), NetworkError> {
        let id = self.other(peer)?;
        self.book().forget(id);
        self.hang_up(id, Goodbye::Forgotten);
        self.decided(id, "forgotten").await
    }

    /// Makes an invitation, and the ticket that carries it.
    ///
    /// # Errors
    /// Where it cannot be written down.
    pub async fn create_invitation(
        &self,
        uses: u32,
        seconds: u64,
    ) -> Result<(Invitation, Ticket), NetworkError> {
        let mut random = [0; 24];
        getrandom::fill(&mut random)
            .map_err(|error| NetworkError::Nothing(format!("no randomness: {error}")))?;
        let mut secret = [0; 16];
        secret.copy_from_slice(&random[..16]);
        let secret = InvitationSecret::new(secret);
        let invitation = Invitation {
            id: random[16..].iter().map(|byte| format!("{byte:02x}")).collect(),
            uses_left: uses.max(1),
            expires: now().saturating_add(seconds).min(i64::MAX as u64),
        };
        self.store().invite(invitation.clone(), secret).await?;
        tracing::info!(target: audit::TARGET, invitation = invitation.id, uses = invitation.uses_left, "an invitation was made");
        Ok((invitation, self.ticket(Some(secret))))
    }

    /// The invitations that can still be used.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn invitations(&self) -> Result<Vec<Invitation>, NetworkError> {
        Ok(self.store().invitations(now()).await?)
    }

    /// Makes an invitation of no use.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn revoke_invitation(&self, id: &str) -> Result<(), NetworkError> {
        if self.store().revoke(id.to_owned()).await? {
            tracing::info!(target: audit::TARGET, invitation = id, "an invitation was revoked");
            Ok(())
        } else {
            Err(NetworkError::Nothing(format!(
                "there is no invitation `{id}`; `parcero ticket --list` shows them"
            )))
        }
    }

    /// Tells a peer that is there what it is to us now. One that is not is told when it is back.
    fn tell_friendship(&self, id: EndpointId) {
        if let Some(link) = self.link_to(id) {
            link.tell(self.admission(id));
        }
    }

    fn shown(&self, id: EndpointId) -> Result<PeerView, NetworkError> {
        self.view_of(id)
            .ok_or_else(|| NetworkError::Unknown(id.to_string()))
    }
}
