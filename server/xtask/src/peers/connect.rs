//! How long it takes until a peer answers, from its ticket on, and how long until a peer has started.

use std::time::{Duration, Instant};

use iroh::endpoint::VarInt;

use super::{Effort, Home};
use crate::{
    bench::{
        sample::median,
        workload::{SMALL, payload},
    },
    fleet::{Founded, Program},
    process::{Kind, Process},
    roads::{Call, Road},
    service::UNARY,
    table::{Table, number},
};

/// Measures, and prints a table.
pub(super) async fn run(effort: Effort) -> anyhow::Result<()> {
    let server = Process::start(Kind::Linked).await?;
    let (mut cold, mut warm, mut open, mut first, mut again) = (vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..effort.rounds {
        let home = Home::start(None).await?;
        let began = Instant::now();
        let dial = home.befriend(server.identity()).await?;
        call(&mut Road::between_peers(dial.clone())).await?;
        cold.push(began.elapsed());

        // What is left then is the control connection, which the two keep.
        let calls = dial.connection().await?.connection;
        calls.close(VarInt::from_u32(0), b"to be made anew");
        let began = Instant::now();
        call(&mut Road::between_peers(dial.clone())).await?;
        warm.push(began.elapsed());

        let began = Instant::now();
        call(&mut Road::between_peers(dial)).await?;
        open.push(began.elapsed());
        home.network().shutdown().await;

        let founded = Founded::new()?;
        let began = Instant::now();
        let peer = Program::start(&founded, &[]).await?;
        first.push(began.elapsed());
        peer.stop().await?;
        let began = Instant::now();
        let peer = Program::start(&founded, &[]).await?;
        again.push(began.elapsed());
        peer.stop().await?;
    }
    let mut table = Table::new(&["until", "ms"]);
    let mut row = |name: &str, times: Vec<Duration>| {
        let middle = median(times.iter().map(|time| time.as_secs_f64() * 1e3));
        table.add(vec![name.to_owned(), number(middle)]);
    };
    row("the first answer, from a ticket of a peer never met (cold)", cold);
    row(
        "an answer, from peers that are in touch but have not called yet (warm)",
        warm,
    );
    row("an answer on a connection that is open", open);
    row("a peer with a new folder says where it is", first);
    row("a peer with an old folder says where it is", again);
    println!();
    table.print();
    Ok(())
}

async fn call(road: &mut Road) -> anyhow::Result<()> {
    road.unary(&Call::to(UNARY), payload(SMALL)).await?;
    Ok(())
}
