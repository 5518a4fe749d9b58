//! The figures of a peer's calls, asked for again and again; and waiting that gives up.

use std::{
    panic::Location,
    time::{Duration, Instant},
};

use contract::{
    greet::greeter_client::GreeterClient,
    parcero::v1::{AboutRequest, CallFigures, peers_client::PeersClient},
};
use tonic::transport::Channel;

use super::TestPeer;

/// How long anything may take before a test gives up. No test waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

impl TestPeer {
    /// The generated client on a connection of its own.
    pub(crate) async fn greeter(&self) -> GreeterClient<Channel> {
        GreeterClient::new(self.channel().await)
    }

    /// A connection on which to ask for the figures.
    pub(crate) async fn figures(&self) -> Figures {
        Figures(PeersClient::new(self.channel().await))
    }

    /// The memory it has in use, in bytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        let kibibytes: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kibibytes * 1024
    }
}

/// Asks for the figures of a peer's calls.
pub(crate) struct Figures(PeersClient<Channel>);

impl Figures {
    /// The figures now, without the call that asks.
    pub(crate) async fn now(&mut self) -> CallFigures {
        let reply = self.0.about(AboutRequest {}).await.unwrap().into_inner();
        let mut figures = reply.calls.unwrap();
        figures.open -= 1;
        figures
    }

    /// Asks until the figures are as wanted: how long that took.
    #[track_caller]
    pub(crate) fn until(
        &mut self,
        what: &'static str,
        wanted: impl Fn(&CallFigures) -> bool,
    ) -> impl Future<Output = Duration> {
        let caller = Location::caller();
        async move {
            let start = Instant::now();
            loop {
                let figures = self.now().await;
                if wanted(&figures) {
                    return start.elapsed();
                }
                assert!(
                    start.elapsed() < PATIENCE,
                    "{caller}: {what} never came: {figures:?}"
                );
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }
}

/// Fails a test that hangs, and says where.
#[track_caller]
pub(crate) fn soon<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let caller = Location::caller();
    async move {
        match tokio::time::timeout(PATIENCE, future).await {
            Ok(output) => output,
            Err(_) => panic!("{caller}: nothing came within {PATIENCE:?}"),
        }
    }
}
