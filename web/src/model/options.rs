//! The options of a call, as it carries them.

pub mod typed;

use std::time::Duration;

use tonic::Request;

use super::{hello::Kind, metadata::Metadata, target::Target};

/// How many answers the peer streams if it is not asked for a number.
pub const USUAL_COUNT: u32 = 5;
/// The pause between them if it is not asked for one.
pub const USUAL_INTERVAL: Duration = Duration::from_secs(2);

/// Options that can be sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// How long the whole call may take.
    pub deadline: Option<Duration>,
    /// How many answers to ask for, or how many messages one Send sends.
    pub count: Option<u32>,
    /// The pause between two messages.
    pub interval: Option<Duration>,
    /// Metadata, in the order of the rows.
    pub metadata: Vec<Metadata>,
    /// The peer to pass the call on to; none for this one.
    pub target: Option<Target>,
}

impl Options {
    /// The metadata and the deadline, put on a call of this kind.
    pub fn put_on<T>(&self, kind: Kind, request: &mut Request<T>) {
        if let Some(deadline) = self.deadline {
            request.set_timeout(deadline);
        }
        for row in self.rows_of(kind) {
            row.add_to(request.metadata_mut());
        }
    }

    /// The metadata of a call of this kind. Server streaming also asks the peer for its count and pause.
    pub fn rows_of(&self, kind: Kind) -> Vec<Metadata> {
        let mut rows: Vec<Metadata> = self.target.as_ref().and_then(Target::row).into_iter().collect();
        rows.extend(self.metadata.iter().cloned());
        if kind == Kind::Server {
            let number = |key: &'static str, number: u64| {
                Metadata::Text(tonic::metadata::MetadataKey::from_static(key), number.into())
            };
            rows.extend(self.count.map(|count| number("parcero-count", count.into())));
            rows.extend(
                self.interval
                    .map(|interval| number("parcero-interval-ms", interval.as_millis() as u64)),
            );
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::{
        typed::{Row, Typed},
        *,
    };
    use crate::model::metadata::lines;

    #[test]
    fn only_server_streaming_asks_the_peer_for_a_count_and_a_pause() {
        let fields = Typed {
            deadline: "2".into(),
            count: "3".into(),
            interval: "0".into(),
            rows: vec![Row {
                id: 0,
                key: "x".into(),
                value: "1".into(),
            }],
            ..Typed::default()
        };
        let options = fields.parse().unwrap();
        let keys = |kind| {
            let mut request = Request::new(());
            options.put_on(kind, &mut request);
            lines(request.metadata())
                .into_iter()
                .map(|(key, value)| format!("{key}: {value}"))
                .collect::<Vec<_>>()
        };
        let mut server = keys(Kind::Server);
        server.sort();
        assert_eq!(
            server,
            [
                "grpc-timeout: 2000000u",
                "parcero-count: 3",
                "parcero-interval-ms: 0",
                "x: 1"
            ]
        );
        assert_eq!(keys(Kind::Bidi).len(), 2);
    }

    #[test]
    fn every_kind_of_call_names_the_peer_it_is_for() {
        let options = Options {
            target: Some(Target {
                id: "b05c".into(),
                name: "bogota".into(),
            }),
            ..Options::default()
        };
        for kind in Kind::ALL {
            let mut request = Request::new(());
            options.put_on(kind, &mut request);
            assert_eq!(
                request.metadata().get("parcero-peer").unwrap(),
                "b05c",
                "{kind:?}"
            );
        }
    }
}
