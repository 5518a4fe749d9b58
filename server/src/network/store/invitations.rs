//! Invitations as they are written down.

use rusqlite::params;
use sha2::{Digest, Sha256};

use super::{
    Store, StoreError,
    peers::{kept, save},
};
use crate::network::{InvitationSecret, known::Known};

/// An invitation that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// By which it is revoked; not its secret.
    pub id: String,
    /// How often it may still be used.
    pub uses_left: u32,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
}

impl Store {
    /// Writes an invitation.
    pub(in crate::network) async fn invite(
        &self,
        invitation: Invitation,
        secret: InvitationSecret,
    ) -> Result<(), StoreError> {
        let network = self.network.clone();
        self.transact(move |transaction| {
            transaction.execute(
                "INSERT INTO invitations (id, network, secret, uses_left, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![invitation.id, network, hash(secret), invitation.uses_left, kept(invitation.expires)],
            )?;
            Ok(())
        })
        .await
    }

    /// The invitations that can be used at `now`.
    pub(in crate::network) async fn invitations(&self, now: u64) -> Result<Vec<Invitation>, StoreError> {
        let network = self.network.clone();
        self.transact(move |transaction| {
            let mut statement = transaction.prepare(
                "SELECT id, uses_left, expires FROM invitations
                 WHERE network = ?1 AND expires > ?2 AND uses_left > 0 ORDER BY expires",
            )?;
            let rows = statement.query_map(params![network, kept(now)], |row| {
                Ok(Invitation {
                    id: row.get(0)?,
                    uses_left: row.get(1)?,
                    expires: row.get(2)?,
                })
            })?;
            rows.collect()
        })
        .await
    }

    /// Takes one use of an invitation, and writes down the friend who used it, in one transaction; whether there was one
    /// to take. What is written of that peer already plays no part: memory is newer.
    pub(in crate::network) async fn use_invitation(
        &self,
        secret: InvitationSecret,
        now: u64,
        friend: Known,
    ) -> Result<bool, StoreError> {
        let network = self.network.clone();
        self.transact(move |transaction| {
            let taken = transaction.execute(
                "UPDATE invitations SET uses_left = uses_left - 1
                 WHERE network = ?1 AND secret = ?2 AND expires > ?3 AND uses_left > 0",
                params![network, hash(secret), kept(now)],
            )?;
            if taken > 0 {
                save(transaction, &network, &friend)?;
            }
            Ok(taken > 0)
        })
        .await
    }

    /// Makes an invitation of no use; whether there was one.
    pub(in crate::network) async fn revoke(&self, id: String) -> Result<bool, StoreError> {
        self.transact(move |transaction| {
            Ok(transaction.execute("DELETE FROM invitations WHERE id = ?1", [id])? > 0)
        })
        .await
    }
}

fn hash(secret: InvitationSecret) -> Vec<u8> {
    Sha256::digest(secret.reveal()).to_vec()
}

#[cfg(test)]
mod tests {
    use iroh::SecretKey;

    use super::*;
    use crate::network::known::Source;

    fn secret(byte: u8) -> InvitationSecret {
        InvitationSecret::new([byte; 16])
    }

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[tokio::test]
    async fn an_invitation_is_used_so_often_and_no_more() {
        let folder = folder();
        let (store, _) = Store::open(&folder.path().join("peer.db"), "").unwrap();
        let invitation = Invitation {
            id: "a".into(),
            uses_left: 2,
            expires: 100,
        };
        store.invite(invitation.clone(), secret(1)).await.unwrap();
        let friend = |number| {
            let mut friend = Known::new(SecretKey::from_bytes(&[number; 32]).public(), Source::Called);
            friend.befriend();
            friend
        };
        assert!(
            !store.use_invitation(secret(2), 50, friend(1)).await.unwrap(),
            "not its secret"
        );
        assert_eq!(store.count().await.unwrap(), 0);
        assert!(
            !store.use_invitation(secret(1), 100, friend(2)).await.unwrap(),
            "too late"
        );
        assert!(store.use_invitation(secret(1), 50, friend(3)).await.unwrap());
        assert_eq!(store.invitations(50).await.unwrap()[0].uses_left, 1);
        assert!(store.use_invitation(secret(1), 50, friend(4)).await.unwrap());
        assert!(
            !store.use_invitation(secret(1), 50, friend(5)).await.unwrap(),
            "used up"
        );
        assert_eq!(
            store.count().await.unwrap(),
            2,
            "each friend is written with the use"
        );
        assert!(store.revoke("a".into()).await.unwrap());
        assert!(!store.revoke("a".into()).await.unwrap());
    }
}
