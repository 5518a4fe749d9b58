//! From a request of HTTP to what a call is sent: metadata, and one message or many.

use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt;
use prost_reflect::{DynamicMessage, MessageDescriptor, Value};
use tokio::sync::oneshot;
use tonic::body::Body;

use super::{problem::Problem, routes::Route};
use crate::json;

/// JSON, one object.
pub(super) const ONE: &str = "application/json";
/// JSON, an object a line.
pub(super) const MANY: &str = "application/x-ndjson";

/// Messages as they come. Pending for ever after something that is none.
type Messages = Pin<Box<dyn Stream<Item = DynamicMessage> + Send>>;

/// What a call is sent.
pub(super) enum Input {
    One(DynamicMessage),
    /// Messages, and the word that what followed them was none.
    Many(Messages, oneshot::Receiver<Problem>),
}

/// Reads a request for `route`.
pub(super) async fn read(
    route: &Route,
    parameters: &[(&'static str, String)],
    request: Request<Body>,
    max_bytes: usize,
) -> Result<(HeaderMap, Input), Problem> {
    let method = route.descriptor();
    let (parts, body) = request.into_parts();
    let metadata = metadata(&parts.headers);
    if !route.takes_body() {
        // A body of GET or DELETE means nothing to HTTP, and stays unread.
        return Ok((metadata, Input::One(message(&method.input(), b"{}", parameters)?)));
    }
    if method.is_client_streaming() {
        if !is(&parts.headers, MANY) && !is(&parts.headers, ONE) {
            return Err(Problem::media_type(MANY));
        }
        let (messages, broken) = lines(Lines::new(body, method.input(), max_bytes));
        return Ok((metadata, Input::Many(messages, broken)));
    }
    let forces_preflight = route.method == http::Method::PUT;
    let has_no_body = http_body::Body::is_end_stream(&body);
    let is_safe = is(&parts.headers, ONE) || (forces_preflight && has_no_body);
    if !is_safe {
        return Err(Problem::media_type(ONE));
    }
    let bytes = whole(body, max_bytes).await?;
    let in_body = method.input().fields().len() - parameters.len();
    let bytes = if bytes.is_empty() && in_body == 0 {
        Bytes::from_static(b"{}")
    } else {
        bytes
    };
    Ok((
        metadata,
        Input::One(message(&method.input(), &bytes, parameters)?),
    ))
}

/// The headers that mean something to a call: its deadline, and what is asked of a peer.
fn metadata(headers: &HeaderMap) -> HeaderMap {
    let ours = headers
        .iter()
        .filter(|(name, _)| *name == "grpc-timeout" || name.as_str().starts_with("parcero-"));
    // One by one, so that what was sent twice stays twice.
    let mut metadata = HeaderMap::new();
    for (name, value) in ours {
        metadata.append(name, value.clone());
    }
    metadata
}

/// Whether the one content type there is, is this one.
fn is(headers: &HeaderMap, media_type: &str) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let essence = value.to_str().unwrap_or_default().split(';').next();
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(media_type))
}

async fn whole(mut body: Body, max_bytes: usize) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|status| Problem::broken_body(&status))?;
        // What is no data is trailers, in which nothing is expected.
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > max_bytes {
            return Err(Problem::too_large("the JSON object", max_bytes));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

/// The message in this JSON, with what stood in the path.
fn message(
    descriptor: &MessageDescriptor,
    text: &[u8],
    parameters: &[(&'static str, String)],
) -> Result<DynamicMessage, Problem> {
    let mut message = json::read(descriptor, text).map_err(|error| Problem::malformed(error.to_string()))?;
    for (name, value) in parameters {
        if message.has_field_by_name(name) {
            return Err(Problem::malformed(format!(
                "`{name}` stands in the path, and must not stand in the body"
            )));
        }
        message.set_field_by_name(name, Value::String(value.clone()));
    }
    Ok(message)
}

/// The messages of `lines`, up to the first that is none: that one is told.
fn lines(lines: Lines) -> (Messages, oneshot::Receiver<Problem>) {
    let (tell, broken) = oneshot::channel();
    let messages = stream::unfold((lines, tell), |(mut lines, tell)| async move {
        match lines.next().await {
            Ok(Some(message)) => Some((message, (lines, tell))),
            Ok(None) => None,
            Err(problem) => {
                // Where nobody listens any more the call has ended already.
                let _ = tell.send(problem);
                // Not an end, which would make half an upload look complete.
                std::future::pending().await
            }
        }
    });
    (Box::pin(messages), broken)
}

/// A body that is read line by line.
struct Lines {
    /// Gone at its end.
    body: Option<Body>,
    descriptor: MessageDescriptor,
    max_bytes: usize,
    buffer: BytesMut,
    /// How much of the buffer is known to have no end of a line.
    searched: usize,
    number: u64,
}

impl Lines {
    fn new(body: Body, descriptor: MessageDescriptor, max_bytes: usize) -> Self {
        Self {
            body: Some(body),
            descriptor,
            max_bytes,
            buffer: BytesMut::new(),
            searched: 0,
            number: 0,
        }
    }

    /// The next message; `None` after the last. Empty lines are none.
    async fn next(&mut self) -> Result<Option<DynamicMessage>, Problem> {
        while let Some(line) = self.line().await? {
            self.number += 1;
            if line.len() > self.max_bytes {
                return Err(self.too_large());
            }
            if !line.trim_ascii().is_empty() {
                let message = json::read(&self.descriptor, &line);
                return message.map(Some).map_err(|error| {
                    // To the parser every line is the first.
                    let error = error.to_string().replace(" at line 1 column", " at column");
                    Problem::malformed(format!("line {}: {error}", self.number))
                });
            }
        }
        Ok(None)
    }

    async fn line(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            let end = self.buffer[self.searched..]
                .iter()
                .position(|byte| *byte == b'\n');
            if let Some(end) = end {
                let line = self.buffer.split_to(self.searched + end + 1).freeze();
                self.searched = 0;
                return Ok(Some(line.slice(..line.len() - 1)));
            }
            self.searched = self.buffer.len();
            if self.searched > self.max_bytes {
                self.number += 1;
                return Err(self.too_large());
            }
            let Some(body) = &mut self.body else {
                let rest = self.buffer.split().freeze();
                self.searched = 0;
                return Ok(Some(rest).filter(|rest| !rest.is_empty()));
            };
            match body.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
                Some(Err(status)) => return Err(Problem::broken_body(&status)),
                None => self.body = None,
            }
        }
    }

    fn too_large(&self) -> Problem {
        Problem::too_large(&format!("line {}", self.number), self.max_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_lines(pieces: &[&str], max_bytes: usize) -> Result<Vec<String>, Problem> {
        let pieces: Vec<_> = pieces
            .iter()
            .map(|piece| {
                Ok::<_, tonic::Status>(http_body::Frame::data(Bytes::copy_from_slice(piece.as_bytes())))
            })
            .collect();
        let body = Body::new(http_body_util::StreamBody::new(stream::iter(pieces)));
        let descriptor = json::method("/greet.Greeter/ClientStreaming").unwrap().input();
        let mut lines = Lines::new(body, descriptor, max_bytes);
        let mut names = Vec::new();
        while let Some(message) = lines.next().await? {
            names.push(
                message
                    .get_field_by_name("name")
                    .unwrap()
                    .as_str()
                    .unwrap()
                    .to_owned(),
            );
        }
        Ok(names)
    }

    #[tokio::test]
    async fn a_line_may_come_in_pieces_and_the_last_needs_no_end() {
        let names = read_lines(
            &[
                "{\"name\":",
                "\"a\"}\n\n{\"na",
                "me\":\"b\"}\r\n",
                "{\"name\":\"c\"}",
            ],
            99,
        )
        .await;
        assert_eq!(names.unwrap(), ["a", "b", "c"]);
        assert_eq!(read_lines(&[], 99).await.unwrap(), [""; 0]);
        assert_eq!(read_lines(&["\n", "\n"], 99).await.unwrap(), [""; 0]);
    }

    #[tokio::test]
    async fn a_line_of_just_the_limit_is_taken_and_one_byte_more_is_not() {
        let line = "{\"name\":\"abc\"}";
        let with_end = format!("{line}\n");
        for pieces in [&[line][..], &[&with_end]] {
            assert_eq!(read_lines(pieces, line.len()).await.unwrap(), ["abc"]);
            let problem = read_lines(pieces, line.len() - 1).await.unwrap_err().to_json();
            assert_eq!(problem["status"], 413, "{problem}");
        }
    }

    #[tokio::test]
    async fn a_line_that_is_no_message_is_named() {
        let problem = read_lines(&["{}\n\n{\"nmae\":1}\n"], 99)
            .await
            .unwrap_err()
            .to_json();
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.starts_with("line 3:") && detail.contains("nmae"),
            "{detail}"
        );
    }
}
