//! Which links are kept where nobody uses them.

use std::{cmp::Reverse, time::Duration};

use iroh::EndpointId;

/// Connections that this peer opens and keeps open to see who is there; friends first. Others keep theirs to it:
/// a peer that many others have chosen has more open than this.
const KEPT_LINKS: usize = 8;
/// A link that is not needed may serve a call that is about to come.
const LINGER: Duration = Duration::from_secs(2);

/// A link that this peer dialled and that carries no calls, as far as it matters for whether it is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spare {
    pub(super) id: EndpointId,
    /// The other end dialled us as well.
    pub(super) they_dialled: bool,
    /// Its place among the friends of the configuration.
    pub(super) place: Option<usize>,
    pub(super) is_friend: bool,
    pub(super) age: Duration,
}

/// Which of these links are not kept, by their places.
pub(super) fn surplus(own: EndpointId, spare: &[Spare]) -> Vec<usize> {
    let both = |of: &Spare| of.they_dialled && of.id < own;
    // Both dialled at once: the one that the smaller id dialled stays.
    let (mut gone, mut kept): (Vec<_>, Vec<_>) = (0..spare.len()).partition(|&place| both(&spare[place]));
    // Those that matter most, and of others those that have been kept longest: no link makes way for its like.
    kept.sort_by_key(|&place| {
        let of = &spare[place];
        (of.place.unwrap_or(usize::MAX), !of.is_friend, Reverse(of.age))
    });
    gone.extend(kept.into_iter().skip(KEPT_LINKS));
    gone.retain(|&place| spare[place].age >= LINGER);
    gone
}

#[cfg(test)]
mod tests {
    use iroh::SecretKey;

    use super::*;

    /// Ids in their order.
    fn ids(count: u8) -> Vec<EndpointId> {
        let mut ids: Vec<_> = (0..count)
            .map(|number| SecretKey::from_bytes(&[number; 32]).public())
            .collect();
        ids.sort();
        ids
    }

    fn spare(id: EndpointId, age: u64) -> Spare {
        Spare {
            id,
            they_dialled: false,
            place: None,
            is_friend: false,
            age: Duration::from_secs(age),
        }
    }

    fn gone(own: EndpointId, spare: &[Spare]) -> Vec<EndpointId> {
        let mut gone: Vec<_> = surplus(own, spare)
            .into_iter()
            .map(|place| spare[place].id)
            .collect();
        gone.sort();
        gone
    }

    #[test]
    fn at_most_eight_links_are_kept_and_of_strangers_the_oldest() {
        let ids = ids(13);
        let (own, others) = (ids[0], &ids[1..]);
        let links: Vec<_> = others.iter().zip(10..).map(|(&id, age)| spare(id, age)).collect();
        assert_eq!(gone(own, &links[..8]), []);
        assert_eq!(gone(own, &links), others[..4], "the youngest four");
    }

    #[test]
    fn friends_are_kept_before_strangers_and_those_of_the_configuration_before_all() {
        let ids = ids(21);
        let (own, others) = (ids[0], &ids[1..]);
        let mut links: Vec<_> = others.iter().map(|&id| spare(id, 100)).collect();
        for link in &mut links[10..] {
            link.is_friend = true;
            link.age = Duration::from_secs(5);
        }
        links[3].place = Some(1);
        links[3].age = Duration::from_secs(3);
        links[10].age = Duration::from_secs(4);
        links[11].age = Duration::from_secs(4);
        links[12].age = Duration::from_secs(4);
        let gone = gone(own, &links);
        assert_eq!(links.len() - gone.len(), 8);
        assert!(!gone.contains(&others[3]), "the backup friend");
        assert!(
            others[13..].iter().filter(|id| !gone.contains(id)).count() == 7,
            "friends, the oldest"
        );
    }

    #[test]
    fn of_two_links_to_one_peer_the_one_that_the_smaller_id_dialled_stays() {
        let ids = ids(3);
        let doubled = |id| Spare {
            they_dialled: true,
            ..spare(id, 5)
        };
        assert_eq!(gone(ids[1], &[doubled(ids[0]), doubled(ids[2])]), [ids[0]]);
    }

    #[test]
    fn a_link_that_was_made_a_moment_ago_waits_for_the_call_it_may_be_for() {
        let ids = ids(20);
        let links: Vec<_> = ids[1..].iter().map(|&id| spare(id, 1)).collect();
        assert_eq!(gone(ids[0], &links), []);
    }
}
