//! Keeps what is known true: stays in touch with some peers, and asks the others now and then.

mod pause;
mod surplus;

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

use self::{
    pause::{ASK_EVERY, jitter, pause},
    surplus::{Spare, surplus},
};
use super::{
    Network,
    card::now,
    goodbye::Goodbye,
    known::{Known, Relation},
    link::Link,
};
use crate::access;

/// Dials at once.
const MAX_DIALS: usize = 32;
/// How often to look what there is to do.
const LOOK_EVERY: Duration = Duration::from_millis(500);
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

/// Whether it is a stranger that is long gone.
fn is_gone(known: &Known) -> bool {
    known.relation == Relation::Stranger
        && match known.last_seen {
            _ if known.label.is_some() || known.asked || known.invitation.is_some() => false,
            // A clock that was set back makes nobody old.
            None => known.is_rumour() && now().saturating_sub(known.first_seen) > RUMOUR_SECONDS,
            Some(seen) => now().saturating_sub(seen) > STRANGER_SECONDS,
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

impl Network {
    /// Everybody but the blocked, those first that matter most; strangers that are long gone are forgotten.
    fn worth_asking(&self) -> Vec<Known> {
        let mut known = self.book().all();
        known.retain(|known| {
            let is_gone = is_gone(known);
            if is_gone && self.link_to(known.id).is_none() {
                // It may have come back, or become a friend, since it was looked at.
                self.book().forget_if(known.id, self::is_gone);
            }
            !access::is_shut_out(Some(known.relation)) && !is_gone
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
