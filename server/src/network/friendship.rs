//! What peers tell each other about being friends.

use contract::parcero::v1::{
    Acquaintances, Admitted, FriendAnswer, FriendRequest, FriendshipEnded, UseInvitation, control::Say,
};

use super::{
    InvitationSecret, Network,
    book::{Place, Used},
    card::now,
    known::{Relation, kept_name},
    link::Link,
};
use crate::{access::Hearing, audit};

impl Network {
    /// The other end of a new link has admitted this one.
    pub(super) fn admitted(&self, link: &Link, theirs: &Admitted) {
        let id = link.id();
        let (name, version) = (kept_name(&theirs.name), kept_name(&theirs.version));
        self.book().meet(id, super::Source::Called, None);
        self.book().change(id, |known| {
            known.own_name = name;
            known.version = version;
            known.told_by = None;
        });
        self.saw(id);
        link.set_ready();
        // What it has not heard yet; it is the first it hears, so there is room.
        for word in self.between_us(link, theirs.is_friend) {
            let _ = link.tell(word);
        }
    }

    /// Does what another peer asks for: what to answer.
    pub(super) async fn heard(&self, link: &Link, said: Say) -> Option<Say> {
        let id = link.id();
        match said {
            Say::Admitted(Admitted { is_friend, .. }) => {
                for word in self.between_us(link, is_friend) {
                    // No room: it is said again at the next meeting.
                    let _ = link.tell(word);
                }
                None
            }
            Say::Acquaintances(Acquaintances { peers }) => {
                self.introduced(link, peers);
                None
            }
            Say::FriendRequest(FriendRequest {}) => self.asked_by(link),
            Say::UseInvitation(UseInvitation { secret }) => self.used_by(link, &secret).await,
            Say::FriendAnswer(FriendAnswer { accepted }) => {
                if !accepted {
                    self.book().change(id, |known| known.invitation = None);
                }
                None
            }
            Say::FriendshipEnded(FriendshipEnded {}) => {
                let known = self.book().change(id, |known| {
                    if known.relation == Relation::Friend {
                        known.relation = Relation::Stranger;
                    }
                    known.asks = false;
                });
                // A new invitation, used while this end still believed in the old friendship.
                match known.and_then(|known| known.invitation) {
                    Some(secret) => Some(Say::UseInvitation(UseInvitation {
                        secret: secret.reveal().to_vec(),
                    })),
                    None => Some(self.admission(id)),
                }
            }
            // Said once, at the beginning; or answered where it is read.
            Say::Greeting(_) | Say::Proof(_) | Say::Refused(_) | Say::Ping(_) | Say::Pong(_) => None,
        }
    }

    /// What this peer says another one is to it.
    pub(super) fn admission(&self, id: iroh::EndpointId) -> Say {
        Say::Admitted(Admitted {
            is_friend: self.relation(id) == Some(Relation::Friend),
            name: self.name().to_owned(),
            version: crate::VERSION.to_owned(),
        })
    }

    /// Another peer said what this one is to it: what to tell it so that both think the same.
    fn between_us(&self, link: &Link, they_are_friend: bool) -> Vec<Say> {
        let id = link.id();
        let before = self.relation(id);
        let known = self
            .book()
            .change(id, |known| match (they_are_friend, known.relation) {
                (true, Relation::Stranger) if known.asked || known.invitation.is_some() => known.befriend(),
                (true, Relation::Friend) => known.befriend(),
                (true, Relation::Stranger | Relation::Blocked) | (false, _) => {}
            });
        let Some(known) = known else { return Vec::new() };
        let mut words = Vec::new();
        if known.relation == Relation::Friend && before != Some(Relation::Friend) {
            words.push(self.admission(id));
        }
        // It was ended here while the other side was away, or all that was known of it was forgotten.
        if they_are_friend && known.relation == Relation::Stranger {
            words.push(Say::FriendshipEnded(FriendshipEnded {}));
        }
        if !they_are_friend && known.relation != Relation::Friend {
            if let Some(secret) = known.invitation {
                let secret = secret.reveal().to_vec();
                words.push(Say::UseInvitation(UseInvitation { secret }));
            } else if known.asked {
                words.push(Say::FriendRequest(FriendRequest {}));
            }
        }
        words
    }

    /// Says again what is between us and the other end of a link, as far as it may not have heard it.
    pub(super) fn repeat(&self, link: &Link) {
        let pending = self.between_us(link, false);
        for word in std::iter::once(self.admission(link.id())).chain(pending) {
            // No room: it is said again at the next meeting.
            let _ = link.tell(word);
        }
    }

    fn asked_by(&self, link: &Link) -> Option<Say> {
        let id = link.id();
        let mut met = false;
        let known = self.book().change(id, |known| {
            met = known.relation == Relation::Stranger && known.asked;
            if met {
                known.befriend();
            }
        })?;
        match Hearing::of_request(known.relation, known.was_declined()) {
            Hearing::IsFriend => {
                if met {
                    audit::decided(id, "became a friend: both asked");
                }
                return Some(self.admission(id));
            }
            Hearing::Ignored => return None,
            // It waits already: to ask again changes nothing, and costs nothing.
            Hearing::Heard if known.asks => return None,
            Hearing::Heard => {}
        }
        let place = Place::of(link.path().as_ref(), &self.0.near);
        if self.0.requests.may_come(place) {
            let there = self.live().linked();
            if self.book().take_request(id, place, &there) {
                audit::decided(id, "asks to be friends");
            } else {
                // It is told nothing. It asks again by its next link.
                audit::refused(id, "asks to be friends, where too many do already");
            }
        }
        None
    }

    async fn used_by(&self, link: &Link, secret: &[u8]) -> Option<Say> {
        let id = link.id();
        match Hearing::with_invitation(self.relation(id)?) {
            Hearing::IsFriend => return Some(self.admission(id)),
            Hearing::Ignored => return None,
            Hearing::Heard => {}
        }
        let refused = Some(Say::FriendAnswer(FriendAnswer { accepted: false }));
        let Ok(secret) = secret.try_into().map(InvitationSecret::new) else {
            return refused;
        };
        // To the end, also where the link ends before: a use that is taken makes a friend.
        let network = self.clone();
        let using = self.0.tasks.spawn(async move {
            let used = network.book().use_invitation(id, secret, now()).await;
            if matches!(used, Ok(Used::Now)) {
                audit::decided(id, "became a friend by an invitation");
            }
            used
        });
        match using.await {
            Ok(Ok(used)) => match Hearing::with_invitation(self.relation(id)?) {
                // By this one, or by another link meanwhile.
                Hearing::IsFriend => Some(self.admission(id)),
                Hearing::Ignored => None,
                // A person took it back within the moment.
                Hearing::Heard if used == Used::Now => Some(self.admission(id)),
                Hearing::Heard => {
                    audit::refused(id, "an invitation of no use was refused");
                    refused
                }
            },
            Err(error) => {
                tracing::error!(%error, "an invitation could not be used");
                None
            }
            Ok(Err(error)) => {
                // It is neither accepted nor refused: the other side tries again at the next meeting.
                tracing::warn!(%error, "an invitation could not be used");
                None
            }
        }
    }
}
