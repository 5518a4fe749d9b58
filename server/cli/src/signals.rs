//! Ctrl-C and its relatives.

use std::{io, process::ExitCode};

use tokio::task::JoinSet;

use super::failure::{Failure, INTERRUPTED};

/// The signals that ask a peer to stop.
#[cfg(unix)]
pub(super) struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    /// From now on these signals no longer end the process by themselves.
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(StopSignals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for one, and gives the exit code of a process that it ends: 128 + its number.
    pub(super) async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPTED,
            _ = self.terminate.recv() => 143,
        }
    }
}

/// The signal that asks a peer to stop: Ctrl-C.
#[cfg(not(unix))]
pub(super) struct StopSignals(());

#[cfg(not(unix))]
impl StopSignals {
    /// Never fails here.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(StopSignals(()))
    }

    /// Waits for one, and gives the exit code of a process that it ends.
    pub(super) async fn next(&mut self) -> u8 {
        if tokio::signal::ctrl_c().await.is_err() {
            // Then Ctrl-C ends the process by itself.
            std::future::pending::<()>().await;
        }
        INTERRUPTED
    }
}

/// Runs a command of a client until it ends or Ctrl-C is pressed, which drops it and so cancels its calls.
///
/// It runs as a task of its own, for it may be stuck writing to a pipe that nobody reads.
pub(super) async fn until_interrupted<F>(command: F) -> Result<ExitCode, Failure>
where
    F: Future<Output = Result<ExitCode, Failure>> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    tasks.spawn(command);
    tokio::select! {
        Some(ended) = tasks.join_next() => {
            ended.unwrap_or_else(|error| Err(Failure::wrong(format!("the command failed within: {error}"))))
        }
        interrupted = tokio::signal::ctrl_c() => match interrupted {
            Ok(()) => Err(Failure::Interrupted),
            Err(error) => Err(Failure::wrong(format!("cannot listen for Ctrl-C: {error}"))),
        }
    }
}
