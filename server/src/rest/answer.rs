//! From what came of a call to an answer of HTTP.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, Response, header};
use http_body::Frame;
use http_body_util::{Full, StreamBody};
use prost_reflect::DynamicMessage;
use serde_json::{Value, json};
use tonic::{Status, body::Body};

use super::{codec::Output, input, problem::Problem};
use crate::json;

/// How many messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Many {
    /// An object a line.
    Lines,
    /// Events, as a browser's `EventSource` reads them.
    Events,
}

/// The media type of events.
pub(super) const EVENTS: &str = "text/event-stream";

impl Many {
    /// Events for who asks for them, lines for everybody else.
    pub(super) fn wanted(headers: &HeaderMap) -> Self {
        let accepts = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        let mut kinds = accepts.filter_map(|kind| kind.split(';').next());
        if kinds.any(|kind| kind.trim().eq_ignore_ascii_case(EVENTS)) {
            Many::Events
        } else {
            Many::Lines
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Many::Lines => input::MANY,
            Many::Events => EVENTS,
        }
    }

    /// One message.
    fn message(self, text: &str) -> String {
        match self {
            Many::Lines => format!("{text}\n"),
            Many::Events => format!("data: {text}\n\n"),
        }
    }

    /// The last word, where the call did not end well.
    fn problem(self, problem: &Problem) -> String {
        match self {
            Many::Lines => format!("{}\n", json!({ "problem": problem.to_json() })),
            Many::Events => format!("event: problem\ndata: {}\n\n", problem.to_json()),
        }
    }
}

/// The answer to a call.
pub(super) fn of(output: Output, many: Many) -> Result<Response<Body>, Problem> {
    let (media_type, body) = match output {
        Output::One(message) => (input::ONE, full(line(&message)?)),
        Output::Many(None) => (many.media_type(), Body::empty()),
        Output::Many(Some((first, rest))) => {
            let first = stream::iter([Ok(first)]);
            // After a problem there is nothing more to say.
            let pieces = first.chain(rest).scan(false, move |is_over, message| {
                let piece = (!*is_over).then(|| {
                    match message.map_err(Problem::from).and_then(|message| line(&message)) {
                        Ok(text) => many.message(&text),
                        Err(problem) => {
                            *is_over = true;
                            many.problem(&problem)
                        }
                    }
                });
                std::future::ready(piece)
            });
            let frames = pieces.map(|piece| Ok::<_, Status>(Frame::data(Bytes::from(piece))));
            (many.media_type(), Body::new(StreamBody::new(frames)))
        }
    };
    Ok(with_type(media_type, body))
}

fn line(message: &DynamicMessage) -> Result<String, Problem> {
    json::line(message).map_err(|error| Status::internal(error.to_string()).into())
}

/// Something that is always the same.
pub(super) fn file(media_type: &'static str, text: &'static str) -> Response<Body> {
    with_type(media_type, full(text))
}

/// JSON as a body.
pub(super) fn json_body(value: &Value) -> Body {
    full(value.to_string())
}

fn full(text: impl Into<Bytes>) -> Body {
    Body::new(Full::new(text.into()))
}

fn with_type(media_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
