//! What the person of this peer does with other peers.

use contract::parcero::v1::{Admitted, FriendRequest, UseInvitation, control::Say};
use iroh::EndpointId;

use super::{
    Invitation, Network, NetworkError, StoreError, Ticket,
    card::now,
    known::{Known, Relation, Source, kept_name},
    link::Goodbye,
    view::PeerView,
};

/// How long a peer that was declined may not ask again, in seconds.
const DECLINED_SECONDS: u64 = 24 * 60 * 60;

impl Network {
    /// Makes the peer of a ticket known, with the addresses and the invitation in it, under a name unless that is empty.
    pub(super) async fn take_ticket(&self, ticket: &Ticket, name: &str) -> Result<(), StoreError> {
        let name = kept_name(name);
        self.book().meet(ticket.id(), Source::Ticket).await?;
        self.book()
            .change(ticket.id(), |known| {
                known.addresses.extend(ticket.address().ip_addrs().copied());
                if !name.is_empty() {
                    known.label = Some(name);
                }
                if known.relation == Relation::Stranger && ticket.invitation().is_some() {
                    known.invitation = ticket.invitation();
                }
            })
            .await?;
        Ok(())
    }

    /// Makes friends by a ticket with an invitation, now or when its peer is back; without one, only makes it known.
    ///
    /// # Errors
    /// Where the ticket is our own, its peer is blocked, or the invitation is of no use any more.
    pub async fn add_friend(&self, ticket: &Ticket, name: &str) -> Result<PeerView, NetworkError> {
        let id = ticket.id();
        if id == self.id() {
            return Err(NetworkError::Oneself);
        }
        if self.is_blocked(id) {
            return Err(NetworkError::Blocked);
        }
        self.take_ticket(ticket, name).await?;
        match self.link(id).await {
            // A new link has sent the invitation already; to be told twice costs one use at most if it has several.
            Ok(link) if link.age() > super::keeper::FRESH_LINK => {
                if let Some(secret) = self.book().get(id).and_then(|known| known.invitation) {
                    let secret = secret.to_vec();
                    link.tell(Say::UseInvitation(UseInvitation { secret })).await?;
                }
            }
            Ok(_) => {}
            // It is kept, and used when the peer is back.
            Err(NetworkError::Unreachable(why)) => {
                tracing::debug!(%why, "the peer of a ticket is away");
            }
            Err(error) => return Err(error),
        }
        if ticket.invitation().is_some() && self.link_to(id).is_some() {
            self.settled(id, |known| known.invitation.is_none()).await;
            let known = self.book().get(id);
            if known.is_some_and(|known| known.invitation.is_none() && known.relation != Relation::Friend) {
                return Err(NetworkError::refused(
                    "this invitation cannot be used any more: it was used up, has ended, or was revoked",
                ));
            }
        }
        self.shown(id)
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
        let known = self
            .book()
            .change(id, |known| match (known.relation, known.asks) {
                (Relation::Stranger, true) => known.befriend(),
                (Relation::Stranger, false) => known.asked = true,
                (Relation::Friend | Relation::Blocked, _) => {}
            })
            .await?;
        match known.map(|known| known.relation) {
            Some(Relation::Blocked) => return Err(NetworkError::Blocked),
            Some(Relation::Friend) => self.tell_friendship(id).await,
            Some(Relation::Stranger) | None => {
                if let Ok(link) = self.link(id).await {
                    // It ends before it is told: then it is told by the next one.
                    let _ = link.tell(Say::FriendRequest(FriendRequest {})).await;
                }
            }
        }
        self.shown(id)
    }

    /// Says yes to a peer that asked.
    ///
    /// # Errors
    /// Where it did not ask.
    pub async fn accept_friend(&self, peer: &str) -> Result<PeerView, NetworkError> {
        let id = self.asking(peer)?;
        self.book().change(id, Known::befriend).await?;
        self.tell_friendship(id).await;
        self.shown(id)
    }

    /// Says no to a peer that asked. It is not told.
    ///
    /// # Errors
    /// Where it did not ask.
    pub async fn decline_friend(&self, peer: &str) -> Result<PeerView, NetworkError> {
        let id = self.asking(peer)?;
        self.book()
            .change(id, |known| {
                known.asks = false;
                known.declined_until = now() + DECLINED_SECONDS;
            })
            .await?;
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
        self.book()
            .change(id, |known| {
                if known.relation == Relation::Friend {
                    known.relation = Relation::Stranger;
                }
                known.asked = false;
                known.invitation = None;
            })
            .await?;
        self.tell_friendship(id).await;
        self.shown(id)
    }

    /// Gives a peer a name; an empty one takes it back.
    ///
    /// # Errors
    /// Where there is no such peer.
    pub async fn name_peer(&self, peer: &str, name: &str) -> Result<PeerView, NetworkError> {
        let id = self.other(peer)?;
        let name = Some(kept_name(name)).filter(|name| !name.is_empty());
        self.book().change(id, |known| known.label = name).await?;
        self.shown(id)
    }

    /// Has nothing to do with a peer any more.
    ///
    /// # Errors
    /// Where there is no such peer.
    pub async fn block_peer(&self, peer: &str) -> Result<PeerView, NetworkError> {
        let id = self.other(peer)?;
        self.book()
            .change(id, |known| {
                known.relation = Relation::Blocked;
                known.asks = false;
                known.asked = false;
                known.invitation = None;
            })
            .await?;
        self.hang_up(id, Goodbye::Blocked);
        self.shown(id)
    }

    /// Takes a block back.
    ///
    /// # Errors
    /// Where there is no such peer.
    pub async fn unblock_peer(&self, peer: &str) -> Result<PeerView, NetworkError> {
        let id = self.other(peer)?;
        self.book()
            .change(id, |known| {
                if known.relation == Relation::Blocked {
                    known.relation = Relation::Stranger;
                }
            })
            .await?;
        self.shown(id)
    }

    /// Forgets a peer.
    ///
    /// # Errors
    /// Where there is no such peer.
    pub async fn forget_peer(&self, peer: &str) -> Result<(), NetworkError> {
        let id = self.other(peer)?;
        self.hang_up(id, Goodbye::Forgotten);
        Ok(self.book().forget(id).await?)
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
        let invitation = Invitation {
            id: random[16..].iter().map(|byte| format!("{byte:02x}")).collect(),
            uses_left: uses.max(1),
            expires: now().saturating_add(seconds).min(i64::MAX as u64),
        };
        self.store().invite(invitation.clone(), secret).await?;
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
            Ok(())
        } else {
            Err(NetworkError::Nothing(format!(
                "there is no invitation `{id}`; `parcero ticket --list` shows them"
            )))
        }
    }

    /// Tells a peer that is there what it is to us now. One that is not is told when it is back.
    async fn tell_friendship(&self, id: EndpointId) {
        let is_friend = self.relation(id) == Some(Relation::Friend);
        if let Some(link) = self.link_to(id) {
            let _ = link.tell(Say::Admitted(Admitted { is_friend })).await;
        }
    }

    fn shown(&self, id: EndpointId) -> Result<PeerView, NetworkError> {
        self.view_of(id)
            .ok_or_else(|| NetworkError::Unknown(id.to_string()))
    }
}
