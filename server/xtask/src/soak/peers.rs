//! Calls to other peers by way of one's own, for a while, with peers that come and go.
//!
//! Every answer of the peers that stay is checked as it comes. Calls to the one that comes and goes may fail, with a
//! status that says so, and may not hang. The memory of the peers that stay must stay as it was after a quarter of the
//! time.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, bail, ensure};
use contract::parcero::v1::{AddFriendRequest, CreateInvitationRequest};
use fastrand::Rng;
use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep_until, timeout},
};
use tonic::{Code, Status};

use super::{hello, rude, until_alone};
use crate::{
    fleet::{Member, Program},
    roads::{Road, Way},
};

/// Callers at once.
const CALLERS: u64 = 8;
/// How long one call may take: a deadline of its own, and the five seconds in which a peer that died is noticed.
const CALL_TIME: Duration = Duration::from_secs(20);
/// How often the memory is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How much more memory than after a quarter of the time is still the same. It goes up and down by three or four MiB:
/// the allocator keeps, of each of its threads, what the longer messages needed.
const SAME: u64 = 10 * 1024 * 1024;
/// How long two peers of one machine may take to meet.
const MEETING_TIME: Duration = Duration::from_secs(15);

/// One thing to do.
#[derive(Debug, Clone, Copy)]
enum Step {
    Unary,
    ServerStreaming,
    ClientStreaming,
    Bidi,
    GiveUp,
    StopReading,
    Deadline,
}

/// Every step as often as it is to come, among this many.
const STEPS: [Step; 11] = [
    Step::Unary,
    Step::Unary,
    Step::ServerStreaming,
    Step::ServerStreaming,
    Step::ClientStreaming,
    Step::ClientStreaming,
    Step::Bidi,
    Step::Bidi,
    Step::GiveUp,
    Step::StopReading,
    Step::Deadline,
];

/// Runs for so long.
pub(super) async fn run(span: Duration, seed: u64) -> anyhow::Result<()> {
    let near = Member::start(&["--name", "near"]).await?;
    let invitation = near
        .program
        .network()
        .create_invitation(CreateInvitationRequest {
            uses: 100,
            valid_for: None,
        })
        .await?
        .into_inner();
    let (ana, beto) = (
        Member::start(&["--name", "ana"]).await?,
        Member::start(&["--name", "beto"]).await?,
    );
    let guest = Member::start(&["--name", "guest"]).await?;
    let mut ids = Vec::new();
    for member in [&ana, &beto, &guest] {
        let ticket = invitation.ticket.clone();
        let request = AddFriendRequest {
            ticket,
            name: String::new(),
        };
        member.program.network().add_friend(request).await?;
        ids.push(member.program.shown().await?.id);
    }
    near.program.sees(ids.len(), MEETING_TIME).await?;
    let end = Instant::now() + span;

    let mut working = JoinSet::new();
    let ids: Arc<[String]> = ids.into();
    for number in 0..CALLERS {
        let choices = Rng::with_seed(seed ^ (number << 16));
        working.spawn(call(near.program.address(), ids.clone(), choices, end));
    }
    let ticket = near.program.shown().await?.ticket;
    working.spawn(come_and_go(guest, ticket, Rng::with_seed(seed), end));

    let stay = [
        ("near", &near.program),
        ("ana", &ana.program),
        ("beto", &beto.program),
    ];
    let mut before = None;
    let began = Instant::now();
    let (mut calls, mut failed) = (0, 0);
    let mut look = interval(LOOK_EVERY);
    loop {
        tokio::select! {
            done = working.join_next() => match done {
                Some(done) => {
                    let (made, lost) = done??;
                    calls += made;
                    failed += lost;
                    continue;
                }
                None => break,
            },
            _ = look.tick() => {}
        }
        if began.elapsed() < span / 4 {
            continue;
        }
        let now = stay.map(|(_, peer)| peer.memory().unwrap_or_default());
        let before = *before.get_or_insert(now);
        println!(
            "after {:.0?}: {} MiB (near), {} MiB (ana), {} MiB (beto)",
            began.elapsed(),
            now[0] >> 20,
            now[1] >> 20,
            now[2] >> 20
        );
        for (((name, _), now), before) in stay.iter().zip(now).zip(before) {
            ensure!(
                now <= before + SAME,
                "{name} holds {now} bytes, and held {before} after a quarter of the time"
            );
        }
    }
    for (name, peer) in stay {
        let mut about = Road::connect(Way::Native, peer.address()).await?;
        until_alone(&mut about).await.with_context(|| name.to_owned())?;
    }
    println!(
        "{calls} calls by way of another peer; {failed} of those to the peer that comes and goes failed, as they say"
    );
    ensure!(calls > failed, "no call got through");
    Ok(())
}

/// Calls until the end. The last of `ids` is the peer that comes and goes. Tells how many calls, and how many failed.
async fn call(
    near: std::net::SocketAddr,
    ids: Arc<[String]>,
    mut choices: Rng,
    end: Instant,
) -> anyhow::Result<(u64, u64)> {
    let (mut calls, mut failed) = (0, 0);
    while Instant::now() < end {
        let far = choices.usize(..ids.len());
        let step = STEPS[choices.usize(..STEPS.len())];
        let way = match step {
            // gRPC-Web over HTTP/1.1 carries no stream of requests.
            Step::ClientStreaming | Step::Bidi => [Way::Native, Way::Bridge][choices.usize(..2)],
            _ => [Way::Native, Way::Web, Way::Bridge][choices.usize(..3)],
        };
        let road = Road::connect(way, near).await?.on_to(&ids[far]);
        let done = timeout(CALL_TIME, take(step, road, &mut choices))
            .await
            .with_context(|| format!("{step:?} by {way:?} hangs"))?;
        calls += 1;
        match done {
            Ok(()) => {}
            Err(error) if far + 1 == ids.len() => {
                says_why(&error).with_context(|| format!("{step:?} by {way:?} to a peer that went"))?;
                failed += 1;
            }
            Err(error) => return Err(error.context(format!("{step:?} by {way:?}"))),
        }
    }
    Ok((calls, failed))
}

/// Whether a call failed as one does whose peer has gone.
fn says_why(error: &anyhow::Error) -> anyhow::Result<()> {
    match error.downcast_ref::<Status>() {
        Some(status) if status.code() == Code::Unavailable => Ok(()),
        Some(status) => bail!("{status}"),
        // A request that could not be sent any more: the answers would have said why.
        None => Ok(()),
    }
}

async fn take(step: Step, mut road: Road, choices: &mut Rng) -> anyhow::Result<()> {
    let road_ = &mut road;
    match step {
        Step::Unary => hello::unary(road_, choices).await,
        Step::ServerStreaming => hello::server_streaming(road_, choices).await,
        Step::ClientStreaming => hello::client_streaming(road_, choices).await,
        Step::Bidi => hello::bidi(road_, choices).await,
        Step::Deadline => hello::deadline(road_, choices).await,
        Step::GiveUp => rude::give_up(road, choices).await,
        Step::StopReading => rude::stop_reading(road, choices).await,
    }
}

/// Is killed or stopped, and comes back, and meanwhile a newcomer looks in.
async fn come_and_go(
    guest: Member,
    ticket: String,
    mut choices: Rng,
    end: Instant,
) -> anyhow::Result<(u64, u64)> {
    let Member { program, founded } = guest;
    let mut program = Some(program);
    while Instant::now() < end {
        let pause = Duration::from_millis(choices.u64(2_000..6_000));
        sleep_until((Instant::now() + pause).min(end)).await;
        if let Some(guest) = program.take() {
            if choices.bool() {
                guest.kill().await?;
            } else {
                guest.stop().await?;
            }
        }
        let newcomer = Member::start(&["--name", "newcomer", "--primary", &ticket]).await?;
        newcomer.program.sees(1, MEETING_TIME).await?;
        program = Some(Program::start(&founded, &["--name", "guest"]).await?);
        newcomer.program.stop().await?;
    }
    Ok((0, 0))
}
