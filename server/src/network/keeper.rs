//! Keeps what is known true: stays in touch with some peers, and asks the others now and then.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::PoisonError,
    time::Duration,
};

use iroh::EndpointId;
use tokio::{
    task::{Id, JoinSet},
    time::{Instant, MissedTickBehavior, interval},
};

use super::{
    Network,
    card::now,
    goodbye::Goodbye,
    known::{Known, Relation},
    link::Link,
};

/// Connections that this peer opens and keeps open to see who is there; friends first. Others keep theirs to it.
const KEPT_LINKS: usize = 8;
/// How often the others are asked.
const ASK_EVERY: Duration = Duration::from_secs(9);
/// A friend that does not answer is tried again after a second, then two, and so on up to this.
const MAX_PAUSE: Duration = Duration::from_secs(8);
/// A stranger that has not answered for an hour is asked so often. When it is back it comes by itself, or is discovered.
const ASK_LOST_EVERY: Duration = Duration::from_secs(60);
const LOST_SECONDS: u64 = 60 * 60;
/// Dials at once.
const MAX_DIALS: usize = 32;
/// How often to look what there is to do.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A link that is not needed may serve a call that is about to come.
const LINGER: Duration = Duration::from_secs(2);
/// How often to look whether an interface came or went.
const LOOK_AROUND_EVERY: Duration = Duration::from_secs(5);
/// A stranger that never answered is forgotten after so long; it can be discovered again.
const RUMOUR_SECONDS: u64 = 10 * 60;
/// A stranger that answered once is forgotten after so long.
const STRANGER_SECONDS: u64 = 30 * 24 * 60 * 60;

/// When a peer was seen is true to the minute: it is for the next start, and for rows of those who are away.
const SEEN_SECONDS: u64 = 60;

/// When to try a peer again.
#[derive(Debug, Clone, Copy)]
struct Plan {
    next: Instant,
    pause: Duration,
}

/// Keeps track of the networks this machine is in, until the network stops.
pub(super) async fn look_around(network: Network) {
    let mut look = interval(LOOK_AROUND_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        look.tick().await;
        let network = network.clone();
        if let Err(error) = tokio::task::spawn_blocking(move || network.0.near.look()).await {
            tracing::warn!(%error, "could not look at the interfaces of this machine");
        }
    }
}

/// Runs until the network stops.
pub(super) async fn keep(network: Network) {
    let mut plans: HashMap<EndpointId, Plan> = HashMap::new();
    let mut dials: JoinSet<bool> = JoinSet::new();
    let mut under_way: HashMap<Id, EndpointId> = HashMap::new();
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = look.tick() => {}
            Some(done) = dials.join_next_with_id() => {
                let (task, answered) = match done {
                    Ok((task, answered)) => (task, answered),
                    Err(error) => (error.id(), false),
                };
                if let Some(id) = under_way.remove(&task) {
                    network.live().answered(id, answered);
                    plan(&mut plans, &network, id, answered);
                }
                continue;
            }
        }
        for id in network.live().take_due() {
            plans.remove(&id);
        }
        let known = network.worth_asking();
        let ids: HashSet<_> = known.iter().map(|known| known.id).collect();
        plans.retain(|id, _| ids.contains(id));
        let busy: HashSet<_> = under_way.values().copied().collect();
        for peer in &known {
            let id = peer.id;
            let is_due = plans.get(&id).is_none_or(|plan| plan.next <= Instant::now());
            if !is_due || busy.contains(&id) || network.link_to(id).is_some() {
                continue;
            }
            if under_way.len() >= MAX_DIALS {
                break;
            }
            if network.routes_to(id).is_ok_and(|routes| routes.is_empty()) {
                continue;
            }
            let network = network.clone();
            let task = dials.spawn(async move {
                let linked = network.link(id).await;
                if let Err(error) = &linked {
                    tracing::debug!(peer = %id.fmt_short(), %error, "not reached");
                }
                linked.is_ok()
            });
            under_way.insert(task.id(), id);
        }
        network.close_spare(&known);
        network.note_reliance();
    }
}

fn plan(plans: &mut HashMap<EndpointId, Plan>, network: &Network, id: EndpointId, answered: bool) {
    let known = network.book().get(id);
    // Or somebody this person waits for.
    let is_friend = network.0.friends.contains(&id)
        || known.as_ref().is_some_and(|known| {
            known.relation == Relation::Friend || known.asked || known.invitation.is_some()
        });
    let last_seen = known.map_or(0, |known| known.last_seen.unwrap_or(known.first_seen));
    let before = plans.get(&id).map_or(Duration::ZERO, |plan| plan.pause);
    let pause = pause(before, answered, is_friend, last_seen.abs_diff(now()));
    let wait = if answered { ASK_EVERY } else { pause };
    let next = Instant::now() + wait.mul_f64(jitter(id));
    plans.insert(id, Plan { next, pause });
}

/// How long to leave a peer alone that was just asked, after so long a pause before, and so many seconds after it was
/// seen last. Nobody is ever given up.
fn pause(before: Duration, answered: bool, is_friend: bool, unseen: u64) -> Duration {
    match (answered, is_friend) {
        (true, _) => Duration::ZERO,
        (false, true) => (before * 2).clamp(Duration::from_secs(1), MAX_PAUSE),
        (false, false) if unseen > LOST_SECONDS => ASK_LOST_EVERY,
        (false, false) => ASK_EVERY,
    }
}

/// Not everybody is asked at the same moment.
fn jitter(id: EndpointId) -> f64 {
    0.8 + 0.4 * f64::from(id.as_bytes()[0]) / 255.0
}

/// A link that this peer dialled and that carries no calls, as far as it matters for whether it is kept.
#[derive(Debug, Clone, Copy)]
struct Spare {
    id: EndpointId,
    /// The other end dialled us as well.
    they_dialled: bool,
    /// Its place among the friends of the configuration.
    place: Option<usize>,
    is_friend: bool,
    age: Duration,
}

/// Which of these links are not kept, by their places.
fn surplus(own: EndpointId, spare: &[Spare]) -> Vec<usize> {
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

impl Network {
    /// Everybody but the blocked, those first that matter most; strangers that are long gone are forgotten.
    fn worth_asking(&self) -> Vec<Known> {
        let mut known = self.book().all();
        known.retain(|known| {
            let is_gone = known.relation == Relation::Stranger
                && match known.last_seen {
                    _ if known.label.is_some() || known.asked || known.invitation.is_some() => false,
                    // A clock that was set back makes nobody old.
                    None => known.is_rumour() && now().saturating_sub(known.first_seen) > RUMOUR_SECONDS,
                    Some(seen) => now().saturating_sub(seen) > STRANGER_SECONDS,
                };
            if is_gone && self.link_to(known.id).is_none() {
                self.book().forget(known.id);
            }
            known.relation != Relation::Blocked && !is_gone
        });
        known.sort_by_key(|known| {
            let place = self.0.friends.iter().position(|friend| *friend == known.id);
            (
                place.unwrap_or(usize::MAX),
                known.relation != Relation::Friend,
                Reverse(known.last_seen),
            )
        });
        known
    }

    /// A peer is there, or was a moment ago.
    pub(super) fn saw(&self, id: EndpointId) {
        self.book().change(id, |known| {
            if known
                .last_seen
                .is_none_or(|seen| seen.abs_diff(now()) > SEEN_SECONDS)
            {
                known.last_seen = Some(now());
            }
        });
    }

    /// Says so where it turned from the primary friend to the backup, or back.
    fn note_reliance(&self) {
        let now = self.relies_on();
        let before = {
            let mut relies_on = self.0.relies_on.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *relies_on, now)
        };
        if now == before {
            return;
        }
        let name = |id| self.book().get(id).map(|known| known.name()).unwrap_or_default();
        match (now, self.0.friends.first()) {
            (Some(id), primary) if primary == Some(&id) => {
                tracing::info!(friend = name(id), "in touch through the primary friend");
            }
            (Some(id), _) => {
                tracing::info!(
                    friend = name(id),
                    "the primary friend is away: in touch through the backup"
                );
            }
            (None, _) => tracing::warn!("neither the primary friend nor the backup is there"),
        }
    }

    /// Closes the links that are not needed.
    fn close_spare(&self, known: &[Known]) {
        let ids: HashSet<_> = known.iter().map(|known| known.id).collect();
        let spare = self.live().tidy(|id| ids.contains(&id));
        for known in known.iter().filter(|known| self.link_to(known.id).is_some()) {
            self.saw(known.id);
        }
        let as_spare = |(link, they_dialled): &(Link, bool)| Spare {
            id: link.id(),
            they_dialled: *they_dialled,
            place: self.0.friends.iter().position(|friend| *friend == link.id()),
            is_friend: self.relation(link.id()) == Some(Relation::Friend),
            age: link.age(),
        };
        let candidates: Vec<_> = spare.iter().map(as_spare).collect();
        for place in surplus(self.id(), &candidates) {
            spare[place].0.close(Goodbye::Idle);
        }
    }
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
    fn a_friend_is_asked_after_1_2_4_and_8_seconds_and_every_8_for_ever_after() {
        let mut before = Duration::ZERO;
        let mut pauses = Vec::new();
        for _ in 0..1000 {
            before = pause(before, false, true, 10 * LOST_SECONDS);
            pauses.push(before.as_secs());
        }
        assert_eq!(pauses[..5], [1, 2, 4, 8, 8]);
        assert_eq!(pauses.last(), Some(&8));
        assert_eq!(
            pause(pause(before, true, true, 0), false, true, 0).as_secs(),
            1,
            "it was back"
        );
    }

    #[test]
    fn others_are_asked_often_enough_to_be_seen_within_15_seconds_unless_they_are_long_gone() {
        // A dial takes three seconds at most, and the jitter a fifth.
        let within = pause(Duration::ZERO, false, false, LOST_SECONDS).mul_f64(1.2) + Duration::from_secs(3);
        assert!(within < Duration::from_secs(15), "{within:?}");
        assert_eq!(
            pause(Duration::ZERO, false, false, LOST_SECONDS + 1),
            ASK_LOST_EVERY
        );
        for id in ids(100) {
            assert!((0.8..=1.2).contains(&jitter(id)));
        }
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
