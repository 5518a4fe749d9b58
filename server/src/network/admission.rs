//! The secret of a network, proved without being sent.

use std::fmt;

use iroh::EndpointId;
use ring::{digest, hmac};
use zeroize::Zeroizing;

/// The shortest secret that is taken. A secret that a person makes up can be guessed by whoever has seen one proof: a
/// random one of 16 characters cannot.
pub const MIN_SECRET_BYTES: usize = 16;

/// The network a peer belongs to.
#[derive(Clone, Default)]
pub struct Membership {
    name: String,
    /// Overwritten when it is dropped.
    secret: Option<Zeroizing<Vec<u8>>>,
}

impl Membership {
    /// The network of this name, closed by `secret` if there is one. The common one has an empty name and no secret.
    pub fn new(name: String, secret: Option<Zeroizing<Vec<u8>>>) -> Self {
        Self { name, secret }
    }

    /// The name of the network; empty for the common one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What two peers compare to see that they belong to the same network.
    pub(super) fn digest(&self) -> Vec<u8> {
        let text = format!("parcero/network/1 {}", self.name);
        digest::digest(&digest::SHA256, text.as_bytes()).as_ref().to_vec()
    }

    /// Whether nobody enters without the secret.
    pub fn is_secret(&self) -> bool {
        self.secret.is_some()
    }
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership")
            .field("name", &self.name)
            .field("secret", &self.secret.as_ref().map(|_| "[redacted]"))
            .finish()
    }
}

/// Which end of the connection proves something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Dialler,
    Listener,
}

/// What both ends know once they have greeted each other.
#[derive(Debug, Clone)]
pub(super) struct Meeting {
    pub(super) dialler: EndpointId,
    pub(super) listener: EndpointId,
    pub(super) dialler_nonce: [u8; 32],
    pub(super) listener_nonce: [u8; 32],
}

impl Meeting {
    /// The meeting of `own` in `role` with `other`.
    pub(super) fn new(
        role: Role,
        own: EndpointId,
        other: EndpointId,
        own_nonce: [u8; 32],
        other_nonce: [u8; 32],
    ) -> Self {
        match role {
            Role::Dialler => Self {
                dialler: own,
                listener: other,
                dialler_nonce: own_nonce,
                listener_nonce: other_nonce,
            },
            Role::Listener => Self {
                dialler: other,
                listener: own,
                dialler_nonce: other_nonce,
                listener_nonce: own_nonce,
            },
        }
    }

    /// The proof that the end in `role` is a member.
    pub(super) fn prove(&self, membership: &Membership, role: Role) -> Vec<u8> {
        hmac::sign(&key(membership), &self.transcript(membership, role))
            .as_ref()
            .to_vec()
    }

    /// Whether the other end, in `role`, is a member. The time it takes does not tell how much of the proof is right.
    pub(super) fn check(&self, membership: &Membership, role: Role, proof: &[u8]) -> bool {
        hmac::verify(&key(membership), &self.transcript(membership, role), proof).is_ok()
    }

    fn transcript(&self, membership: &Membership, role: Role) -> Vec<u8> {
        let role: &[u8] = match role {
            Role::Dialler => b"dialler",
            Role::Listener => b"listener",
        };
        [
            b"parcero/control/1 proof",
            role,
            self.dialler.as_bytes(),
            self.listener.as_bytes(),
            &self.dialler_nonce,
            &self.listener_nonce,
            membership.name.as_bytes(),
        ]
        .concat()
    }
}

fn key(membership: &Membership) -> hmac::Key {
    hmac::Key::new(
        hmac::HMAC_SHA256,
        membership.secret.as_deref().map_or(&[], Vec::as_slice),
    )
}

#[cfg(test)]
mod tests {
    use iroh::SecretKey;

    use super::*;

    fn meeting() -> Meeting {
        Meeting {
            dialler: SecretKey::from_bytes(&[1; 32]).public(),
            listener: SecretKey::from_bytes(&[2; 32]).public(),
            dialler_nonce: [3; 32],
            listener_nonce: [4; 32],
        }
    }

    fn secret(text: &str) -> Membership {
        Membership::new("home".into(), Some(Zeroizing::new(text.into())))
    }

    #[test]
    fn members_believe_each_other_and_nobody_else() {
        let proof = meeting().prove(&secret("0123456789abcdef"), Role::Dialler);
        assert!(meeting().check(&secret("0123456789abcdef"), Role::Dialler, &proof));
        assert!(!meeting().check(&secret("0123456789abcdeF"), Role::Dialler, &proof));
        assert!(!meeting().check(&Membership::new("home".into(), None), Role::Dialler, &proof));
        assert!(!meeting().check(&secret("0123456789abcdef"), Role::Dialler, &proof[..31]));
    }

    #[test]
    fn a_proof_is_good_for_one_meeting_and_one_end_of_it() {
        let membership = secret("0123456789abcdef");
        let proof = meeting().prove(&membership, Role::Dialler);
        assert!(!meeting().check(&membership, Role::Listener, &proof), "sent back");
        let other = Meeting {
            listener_nonce: [5; 32],
            ..meeting()
        };
        assert!(
            !other.check(&membership, Role::Dialler, &proof),
            "another meeting"
        );
        let other = Meeting {
            listener: SecretKey::from_bytes(&[9; 32]).public(),
            ..meeting()
        };
        assert!(
            !other.check(&membership, Role::Dialler, &proof),
            "passed on to another peer"
        );
    }
}
