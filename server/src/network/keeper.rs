//! Keeps what is known true: stays in touch with some peers, and asks the others now and then.

use std::{cmp::Reverse, collections::HashMap, sync::PoisonError, time::Duration};

use iroh::EndpointId;
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

use super::{
    Network, card,
    known::{Known, Relation},
    link::{Goodbye, Link},
};

/// Connections that are kept open to see who is there; friends first.
const KEPT_LINKS: usize = 8;
/// How often the others are asked.
const ASK_EVERY: Duration = Duration::from_secs(9);
/// A friend that does not answer is tried again after a second, then two, and so on up to this.
const MAX_PAUSE: Duration = Duration::from_secs(8);
/// Dials at once.
const MAX_DIALS: usize = 16;
/// How often to look what there is to do.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A link that has just been made has told everything there is to tell.
pub(super) const FRESH_LINK: Duration = Duration::from_millis(500);
/// A link that is not needed may serve a call that is about to come.
const LINGER: Duration = Duration::from_secs(2);

/// When to try a peer again.
#[derive(Debug, Clone, Copy)]
struct Plan {
    next: Instant,
    pause: Duration,
}

/// Runs until the network stops.
pub(super) async fn keep(network: Network) {
    let mut plans: HashMap<EndpointId, Plan> = HashMap::new();
    let mut dials: JoinSet<(EndpointId, bool)> = JoinSet::new();
    let mut under_way: Vec<EndpointId> = Vec::new();
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = look.tick() => {}
            Some(done) = dials.join_next() => {
                if let Ok((id, answered)) = done {
                    under_way.retain(|&other| other != id);
                    network.answered(id, answered).await;
                    plan(&mut plans, &network, id, answered);
                }
                continue;
            }
        }
        let mut known = network.book().all();
        known.retain(|known| known.relation != Relation::Blocked);
        known.sort_by_key(|known| {
            let place = network.0.friends.iter().position(|friend| *friend == known.id);
            (
                place.unwrap_or(usize::MAX),
                known.relation != Relation::Friend,
                Reverse(known.last_seen),
            )
        });
        plans.retain(|id, _| known.iter().any(|known| known.id == *id));
        for peer in &known {
            let is_due = plans.get(&peer.id).is_none_or(|plan| plan.next <= Instant::now());
            let is_linked = network.link_to(peer.id).is_some();
            if is_linked || !is_due || under_way.contains(&peer.id) || peer.addresses.is_empty() {
                continue;
            }
            if under_way.len() >= MAX_DIALS {
                break;
            }
            under_way.push(peer.id);
            let (network, id) = (network.clone(), peer.id);
            dials.spawn(async move { (id, network.link(id).await.is_ok()) });
        }
        network.tidy(&known).await;
        network.note_reliance();
    }
}

fn plan(plans: &mut HashMap<EndpointId, Plan>, network: &Network, id: EndpointId, answered: bool) {
    let is_friend = network.relation(id) == Some(Relation::Friend) || network.0.friends.contains(&id);
    let before = plans.get(&id).map_or(Duration::ZERO, |plan| plan.pause);
    let pause = match (answered, is_friend) {
        (true, _) => Duration::ZERO,
        (false, true) => (before * 2).clamp(Duration::from_secs(1), MAX_PAUSE),
        (false, false) => ASK_EVERY,
    };
    let wait = if answered { ASK_EVERY } else { pause };
    // Not everybody at the same moment.
    let jitter = 0.8 + 0.4 * f64::from(id.as_bytes()[0]) / 255.0;
    plans.insert(
        id,
        Plan {
            next: Instant::now() + wait.mul_f64(jitter),
            pause,
        },
    );
}

impl Network {
    /// A dial has ended.
    async fn answered(&self, id: EndpointId, answered: bool) {
        if answered {
            self.live().heard.insert(id, Instant::now());
        } else {
            self.live().heard.remove(&id);
        }
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

    /// Notes who is there, and closes what is not needed.
    async fn tidy(&self, known: &[Known]) {
        let rank: HashMap<EndpointId, usize> = known
            .iter()
            .enumerate()
            .map(|(rank, known)| (known.id, rank))
            .collect();
        let mut ours: Vec<Link> = Vec::new();
        let mut gone = Vec::new();
        {
            let mut live = self.live();
            let now = Instant::now();
            let linked: Vec<_> = live
                .links
                .iter()
                .filter(|(_, links)| links.iter().any(Link::is_alive))
                .map(|(id, _)| *id)
                .collect();
            for id in linked {
                live.heard.insert(id, now);
            }
            live.calls
                .retain(|_, connection| connection.close_reason().is_none());
            live.incoming.retain(|_, connections| {
                connections.retain(|connection| connection.close_reason().is_none());
                !connections.is_empty()
            });
            for (id, links) in &live.links {
                let alive: Vec<_> = links.iter().filter(|link| link.is_alive()).collect();
                let they_dialled = alive.iter().any(|link| !link.we_dialled());
                for link in alive.iter().filter(|link| link.we_dialled()) {
                    // Both dialled at once: the one that the smaller id dialled stays.
                    if they_dialled && *id < self.id() {
                        gone.push((*link).clone());
                    } else if !live.calls.contains_key(id) {
                        ours.push((*link).clone());
                    }
                }
            }
        }
        ours.sort_by_key(|link| rank.get(&link.id()).copied());
        gone.extend(ours.into_iter().skip(KEPT_LINKS));
        for link in gone.into_iter().filter(|link| link.age() >= LINGER) {
            link.close(Goodbye::Idle);
        }
        for known in known {
            // To the minute: what is written down is for the next start.
            let is_old = known.last_seen.is_none_or(|seen| seen + 60 < card::now());
            if is_old && self.link_to(known.id).is_some() {
                let noted = self
                    .book()
                    .change(known.id, |known| known.last_seen = Some(card::now()))
                    .await;
                if let Err(error) = noted {
                    tracing::warn!(%error, "could not note that a peer was seen");
                }
            }
        }
    }
}
