//! What runs side by side between two processes, and how it is measured by turns.

use super::{Effort, Home};
use crate::{
    bench::{
        sample::{Sample, median, ratio},
        workload::{Workload, measure},
    },
    process::{Kind, Process},
    roads::{Road, Way},
    table::{Table, number},
};

/// A way from this process to a server in another one.
pub(super) struct Lane {
    /// Its name in a table.
    pub(super) name: &'static str,
    server: Process,
    reach: Reach,
}

/// How its server is reached.
enum Reach {
    /// From a peer of our own, which stays connected.
    Peer(Home, parcero::network::PeerDial),
    Tcp,
    Tls,
}

impl Lane {
    /// From peer to peer, through everything that a peer has around a call.
    pub(super) async fn peers() -> anyhow::Result<Self> {
        let server = Process::start(Kind::Linked).await?;
        let home = Home::start(None).await?;
        let dial = home.befriend(server.identity()).await?;
        Ok(Self {
            name: "peer to peer, QUIC",
            server,
            reach: Reach::Peer(home, dial),
        })
    }

    /// Plain tonic over TCP.
    pub(super) async fn tcp() -> anyhow::Result<Self> {
        Ok(Self {
            name: "plain tonic, TCP",
            server: Process::start(Kind::Plain).await?,
            reach: Reach::Tcp,
        })
    }

    /// Plain tonic over TCP and TLS.
    pub(super) async fn tls() -> anyhow::Result<Self> {
        Ok(Self {
            name: "plain tonic, TCP and TLS",
            server: Process::start(Kind::Tls).await?,
            reach: Reach::Tls,
        })
    }

    /// A client at its beginning.
    pub(super) async fn road(&self) -> anyhow::Result<Road> {
        let address = self.server.address();
        match &self.reach {
            Reach::Peer(_home, dial) => Ok(Road::between_peers(dial.clone())),
            Reach::Tcp => Road::connect(Way::Native, address).await,
            Reach::Tls => Road::connect_tls(address, self.server.identity()).await,
        }
    }

    /// One round.
    pub(super) async fn measure(
        &self,
        workload: Workload,
        at_once: usize,
        effort: Effort,
    ) -> anyhow::Result<Sample> {
        measure(workload, &self.server, self.road().await?, at_once, effort.span).await
    }

    /// The same beside what goes on already on the connection of `road`.
    pub(super) async fn measure_on(
        &self,
        road: Road,
        workload: Workload,
        at_once: usize,
        effort: Effort,
    ) -> anyhow::Result<Sample> {
        measure(workload, &self.server, road, at_once, effort.span).await
    }
}

/// The figures of every lane in a table. Each of `ratios` is a column with this head, and the lane to divide by.
pub(super) fn table(
    unit: &str,
    per_operation: f64,
    lanes: &[&'static str],
    samples: &[Vec<Sample>],
    ratios: &[(&str, usize)],
) -> Table {
    let timed = samples.iter().flatten().any(|sample| sample.p50.is_some());
    let mut head = vec!["", unit];
    if timed {
        head.extend(["p50 µs", "p99 µs"]);
    }
    head.push("server CPU µs each");
    head.extend(ratios.iter().map(|(name, _)| *name));
    let mut table = Table::new(&head);
    for (lane, of_lane) in lanes.iter().zip(samples) {
        let middle = |figure: fn(&Sample) -> Option<f64>| median(of_lane.iter().filter_map(figure));
        let mut row = vec![
            (*lane).to_owned(),
            number(middle(|sample| Some(sample.per_second)).map(|figure| figure * per_operation)),
        ];
        if timed {
            row.extend([
                number(middle(|sample| sample.p50)),
                number(middle(|sample| sample.p99)),
            ]);
        }
        row.push(number(middle(|sample| sample.cpu)));
        for (_, other) in ratios {
            row.push(ratio(of_lane, &samples[*other]));
        }
        table.add(row);
    }
    table
}
