//! Whom a person means, and who may be taken for somebody else.

use iroh::EndpointId;

use super::{Book, Pages};
use crate::{
    audit,
    network::{
        NetworkError,
        known::{Known, Relation},
    },
};

/// The shortest beginning of an id that names a peer.
pub(in crate::network) const MIN_PREFIX: usize = 4;

impl Book {
    /// The peer that a person means by an id, a name, or the beginning of an id. A name this person gave wins,
    /// and then the one that a friend gave itself: a stranger that calls itself so makes neither of no use.
    ///
    /// # Errors
    /// [`NetworkError::NoName`], [`NetworkError::Unknown`], [`NetworkError::TooShort`], or [`NetworkError::Ambiguous`] with
    /// the ids it could be.
    pub(in crate::network) fn resolve(&self, text: &str) -> Result<EndpointId, NetworkError> {
        let text = text.trim();
        // A peer that says no name of its own is not the one that nobody named.
        if text.is_empty() {
            return Err(NetworkError::NoName);
        }
        let pages = self.pages();
        let peers = &pages.peers;
        if let Ok(id) = text.parse::<EndpointId>() {
            return if peers.contains_key(&id) || id == self.own {
                Ok(id)
            } else {
                Err(NetworkError::Unknown(text.to_owned()))
            };
        }
        let by = |fits: &dyn Fn(&Known) -> bool| -> Vec<EndpointId> {
            let fitting = peers.values().filter(|known| fits(known));
            fitting.map(|known| known.id).collect()
        };
        let beginning = text.to_ascii_lowercase();
        let begins_so = |known: &Known| known.id.to_string().starts_with(&beginning);
        let calls_itself_so = |known: &Known| known.label.is_none() && known.own_name == text;
        let is_friend = |known: &Known| known.relation == Relation::Friend;
        let mut found = by(&|known| known.label.as_deref() == Some(text));
        if found.is_empty() {
            let of_friend = peers
                .values()
                .any(|known| is_friend(known) && calls_itself_so(known));
            // Nobody can take the place of an id by naming itself so: then it could be either.
            found = by(&|known| {
                calls_itself_so(known) && (is_friend(known) || !of_friend)
                    || beginning.len() >= MIN_PREFIX && begins_so(known)
            });
        }
        match found[..] {
            [] if beginning.len() < MIN_PREFIX && peers.values().any(begins_so) => {
                Err(NetworkError::TooShort(text.to_owned()))
            }
            [] => Err(NetworkError::Unknown(text.to_owned())),
            [one] => Ok(one),
            _ => Err(NetworkError::Ambiguous {
                asked: text.to_owned(),
                ids: found,
            }),
        }
    }

    /// Who else goes by this name for this person: one it named so, or a friend that calls itself so. A stranger keeps
    /// nobody from a name.
    pub(in crate::network) fn bearer(&self, name: &str, but: EndpointId) -> Option<EndpointId> {
        let name = name.to_lowercase();
        let pages = self.pages();
        let mut others = pages.peers.values().filter(|known| known.id != but);
        let bearer = others.find(|known| known.is_familiar() && known.name().to_lowercase() == name);
        bearer.map(|known| known.id)
    }
}

/// A name is a label that anybody can choose, and the name of a friend is worth choosing.
pub(super) fn warn_of_namesake(pages: &Pages, known: &Known) {
    if let Some(friend) = pages.peers.values().find(|other| known.has_name_of(other)) {
        audit::suspected(
            known.id,
            format_args!(
                "this peer goes by the name of a friend, `{}`, and has another key than that one, {}: it may not be who it \
                 seems to be",
                known.name(),
                friend.id
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{book, id},
        *,
    };
    use crate::network::known::Source;

    fn named(number: u16, own: &str, label: Option<&str>) -> Known {
        Known {
            own_name: own.into(),
            label: label.map(Into::into),
            ..Known::new(id(number), Source::Introduced)
        }
    }

    #[tokio::test]
    async fn a_peer_is_found_by_its_id_its_name_and_the_beginning_of_its_id() {
        let (_folder, book) = book(vec![named(1, "laptop", None), named(2, "phone", Some("Ana"))]);
        assert_eq!(book.resolve(&id(1).to_string()).unwrap(), id(1));
        assert_eq!(book.resolve("laptop").unwrap(), id(1));
        assert_eq!(book.resolve("Ana").unwrap(), id(2));
        assert_eq!(book.resolve(&id(2).to_string()[..4]).unwrap(), id(2));
        let short = &id(2).to_string()[..3];
        let Err(error @ NetworkError::TooShort(_)) = book.resolve(short) else {
            panic!("{short}");
        };
        assert!(error.to_string().contains("first 4 characters"), "{error}");
        for unknown in [&id(9).to_string(), "phone", "x"] {
            assert!(
                matches!(book.resolve(unknown), Err(NetworkError::Unknown(_))),
                "{unknown}"
            );
        }
    }

    #[tokio::test]
    async fn no_name_is_not_the_name_of_a_peer_without_one() {
        let (_folder, book) = book(vec![named(1, "", None)]);
        for nothing in ["", " ", "\t\n"] {
            assert!(
                matches!(book.resolve(nothing), Err(NetworkError::NoName)),
                "{nothing:?}"
            );
        }
        assert_eq!(book.resolve(&id(1).to_string()).unwrap(), id(1));
    }

    #[tokio::test]
    async fn a_name_of_several_peers_names_none_of_them_and_says_which_it_could_be() {
        let (_folder, book) = book(vec![named(1, "laptop", None), named(2, "laptop", None)]);
        let Err(NetworkError::Ambiguous { ids, .. }) = book.resolve("laptop") else {
            panic!("one of two was taken");
        };
        assert_eq!(ids.len(), 2);
    }

    #[tokio::test]
    async fn a_stranger_by_the_name_of_a_friend_does_not_make_it_of_no_use_and_a_second_friend_does() {
        let friend = |number| {
            let mut friend = named(number, "cali", None);
            friend.befriend();
            friend
        };
        let (_folder, book) = book(vec![friend(1), named(2, "cali", None)]);
        assert_eq!(book.resolve("cali").unwrap(), id(1));
        let (_folder, book) = super::super::tests::book(vec![friend(1), named(2, "cali", None), friend(3)]);
        let Err(NetworkError::Ambiguous { mut ids, .. }) = book.resolve("cali") else {
            panic!("one of two friends was taken");
        };
        let mut friends = [id(1), id(3)];
        ids.sort();
        friends.sort();
        assert_eq!(ids, friends);
    }

    #[tokio::test]
    async fn a_stranger_that_names_itself_like_the_beginning_of_an_id_is_not_taken_for_that_peer() {
        let prefix = id(1).to_string()[..6].to_owned();
        let (_folder, book) = book(vec![named(1, "Ana", None), named(2, &prefix, None)]);
        assert!(matches!(
            book.resolve(&prefix),
            Err(NetworkError::Ambiguous { .. })
        ));
    }

    #[tokio::test]
    async fn a_name_is_taken_by_whom_this_person_knows_by_it_and_by_no_stranger() {
        let mut friend = named(2, "beto", None);
        friend.befriend();
        let (_folder, book) = book(vec![
            named(1, "phone", Some("Ana")),
            friend,
            named(3, "carla", None),
        ]);
        for (name, bearer) in [
            ("Ana", Some(id(1))),
            ("ana", Some(id(1))),
            ("beto", Some(id(2))),
            ("phone", None),
            ("carla", None),
            ("dora", None),
        ] {
            assert_eq!(book.bearer(name, id(4)), bearer, "{name}");
        }
        assert_eq!(book.bearer("Ana", id(1)), None, "it has that name itself");
    }

    #[tokio::test]
    async fn the_name_this_person_gave_wins_over_the_one_another_peer_chose() {
        let (_folder, book) = book(vec![named(1, "Ana", None), named(2, "phone", Some("Ana"))]);
        assert_eq!(book.resolve("Ana").unwrap(), id(2));
    }
}
