//! The names a stream of requests is made of: given as arguments, or typed one a line.

use std::{iter, num::NonZeroU32, time::Duration};

use clap::Args;
use contract::greet::HelloRequest;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::call::parse_milliseconds;
use crate::{failure::Failure, input::Lines, output};

/// The arguments of a kind of call that sends a stream.
#[derive(Debug, Args)]
pub(super) struct NameOptions {
    /// Whom to greet, instead of one name a line from standard input; may be given more than once
    #[arg(long, value_name = "NAME")]
    name: Vec<String>,

    /// How often to send the names of --name [default: once]
    #[arg(long, value_name = "TIMES", requires = "name")]
    count: Option<NonZeroU32>,

    /// How long to wait between two messages
    #[arg(long, value_name = "MILLISECONDS", default_value = "0", value_parser = parse_milliseconds)]
    interval: Duration,
}

impl NameOptions {
    /// The names that were given, or else the lines of standard input.
    pub(super) fn names(self, lines: &mut Lines) -> Names<'_> {
        let NameOptions {
            name,
            count,
            interval,
        } = self;
        let source = if name.is_empty() {
            if Lines::are_typed() {
                output::say("Type one name a line. Ctrl-D finishes, Ctrl-C cancels.");
            }
            Source::Lines {
                lines,
                end: End::OfInput,
            }
        } else {
            let times = count.map_or(1, NonZeroU32::get) as usize;
            Source::Given(Box::new(iter::repeat_n(name, times).flatten()))
        };
        Names {
            source,
            interval,
            is_first: true,
        }
    }
}

/// Names, one after the other.
pub(super) struct Names<'a> {
    source: Source<'a>,
    interval: Duration,
    is_first: bool,
}

enum Source<'a> {
    Given(Box<dyn Iterator<Item = String> + Send>),
    Lines { lines: &'a mut Lines, end: End },
}

/// Where the names among the lines end.
enum End {
    OfInput,
    EmptyLine,
}

impl<'a> Names<'a> {
    /// Lines up to an empty one, as one conversation among several.
    pub(super) fn until_empty(lines: &'a mut Lines) -> Self {
        Names {
            source: Source::Lines {
                lines,
                end: End::EmptyLine,
            },
            interval: Duration::ZERO,
            is_first: true,
        }
    }

    async fn next(&mut self) -> Result<Option<String>, Failure> {
        let name = match &mut self.source {
            Source::Given(names) => names.next(),
            Source::Lines { lines, end } => {
                let line = lines.next().await?;
                line.filter(|line| !(line.is_empty() && matches!(end, End::EmptyLine)))
            }
        };
        if name.is_some() && !std::mem::take(&mut self.is_first) {
            tokio::time::sleep(self.interval).await;
        }
        Ok(name)
    }

    /// Sends the names as requests to the call that `make` makes of their stream, until both have ended, or the
    /// call alone: a peer may say no while the person still types.
    pub(super) async fn feed<T, C>(
        mut self,
        greeting: &str,
        make: impl FnOnce(ReceiverStream<HelloRequest>) -> C,
    ) -> Result<T, Failure>
    where
        C: Future<Output = Result<T, Failure>>,
    {
        // 1: a name waits here only while the one before it is on its way.
        let (sender, requests) = mpsc::channel(1);
        let call = make(ReceiverStream::new(requests));
        let feed = async move {
            while let Some(name) = self.next().await? {
                let request = HelloRequest {
                    name,
                    greeting: greeting.to_owned(),
                };
                if sender.send(request).await.is_err() {
                    // Nobody takes requests any more; the call says why.
                    break;
                }
            }
            Ok::<_, Failure>(())
        };
        tokio::pin!(call);
        tokio::select! {
            ended = &mut call => ended,
            fed = feed => {
                fed?;
                call.await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;
    use tokio_stream::StreamExt;

    use super::*;

    fn given(names: &[&str], count: u32, interval: u64) -> NameOptions {
        NameOptions {
            name: names.iter().map(|name| (*name).to_owned()).collect(),
            count: NonZeroU32::new(count),
            interval: Duration::from_millis(interval),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn given_names_are_sent_as_often_as_asked_with_a_pause_between() {
        let mut lines = Lines::default();
        let started = Instant::now();
        let sent = given(&["Ana", "Beto"], 2, 100)
            .names(&mut lines)
            .feed("Hi", |requests| async {
                Ok(requests.map(|request| request.name).collect::<Vec<_>>().await)
            })
            .await
            .unwrap();
        assert_eq!(sent, ["Ana", "Beto", "Ana", "Beto"]);
        // Three pauses between four names; none before the first or after the last.
        assert_eq!(started.elapsed(), Duration::from_millis(300));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_ends_early_is_not_held_up_by_names_to_come() {
        let mut lines = Lines::default();
        let ended: Result<(), _> = given(&["Ana"], 1000, 60_000)
            .names(&mut lines)
            .feed("Hi", |_requests| async { Err(Failure::deadline()) })
            .await;
        assert!(matches!(ended, Err(Failure::Refused { .. })));
    }
}
