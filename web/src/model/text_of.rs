//! A message as text, in the way protocol buffers are written down: `name: "Ana"`, one field a line.

use super::wire::{Meaning, Span};

/// The fields of a frame that was taken apart, nested messages indented; empty if no field is set.
pub fn text_of(spans: &[Span]) -> String {
    let mut text = Text::default();
    for span in spans {
        match &span.meaning {
            Meaning::Tag { number, field, .. } => {
                let name = field.map_or_else(|| number.to_string(), |field| field.name.to_owned());
                text.field(span.depth, name);
            }
            Meaning::Value(value) => text.value(value),
            Meaning::Socket(_)
            | Meaning::Flags(_)
            | Meaning::Length(_)
            | Meaning::LengthDelimiter(_)
            | Meaning::Header { .. } => {}
            Meaning::Compressed | Meaning::Unknown(_) => text.value("…"),
        }
    }
    text.close_to(0);
    text.lines.join("\n")
}

#[derive(Default)]
struct Text {
    lines: Vec<String>,
    /// A field whose value has not come: the text of a message says nothing when it is empty.
    waiting: Option<(usize, String)>,
    /// The depths of the messages that are open.
    open: Vec<usize>,
}

impl Text {
    fn field(&mut self, depth: usize, name: String) {
        // A field deeper than the one that waits is inside of it.
        if let Some((outer, outer_name)) = self.waiting.take_if(|(outer, _)| *outer < depth) {
            self.line(outer, &format!("{outer_name} {{"));
            self.open.push(outer);
        }
        self.close_to(depth);
        self.waiting = Some((depth, name));
    }

    fn value(&mut self, value: &str) {
        if let Some((depth, name)) = self.waiting.take() {
            self.line(depth, &format!("{name}: {value}"));
        }
    }

    /// Closes every message that a field at this depth is not inside of.
    fn close_to(&mut self, depth: usize) {
        if let Some((outer, name)) = self.waiting.take() {
            self.line(outer, &format!("{name} {{}}"));
        }
        while let Some(open) = self.open.pop_if(|open| *open >= depth) {
            self.line(open, "}");
        }
    }

    fn line(&mut self, depth: usize, text: &str) {
        self.lines.push(format!("{}{text}", "  ".repeat(depth)));
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use contract::greet::{DelayedReply, HelloRequest};
    use prost::Message;

    use super::*;
    use crate::model::wire::take_apart;

    fn text(message: &impl Message, name: &str) -> String {
        let payload = message.encode_to_vec();
        let mut frame = vec![0];
        frame.extend((payload.len() as u32).to_be_bytes());
        frame.extend(payload);
        text_of(&take_apart(&Bytes::from(frame), name))
    }

    fn request(name: &str) -> HelloRequest {
        HelloRequest {
            name: name.into(),
            greeting: "Hello".into(),
        }
    }

    #[test]
    fn each_field_is_a_line() {
        assert_eq!(
            text(&request("Ana"), "greet.HelloRequest"),
            "name: \"Ana\"\ngreeting: \"Hello\""
        );
        assert_eq!(text(&HelloRequest::default(), "greet.HelloRequest"), "");
    }

    #[test]
    fn messages_inside_a_message_are_indented_and_closed() {
        let reply = DelayedReply {
            message: "two".into(),
            request: vec![request("Ana"), request("Luis")],
        };
        assert_eq!(
            text(&reply, "greet.DelayedReply"),
            "message: \"two\"\n\
             request {\n  name: \"Ana\"\n  greeting: \"Hello\"\n}\n\
             request {\n  name: \"Luis\"\n  greeting: \"Hello\"\n}"
        );
    }

    #[test]
    fn an_empty_message_inside_a_message_is_still_there() {
        let reply = DelayedReply {
            message: String::new(),
            request: vec![HelloRequest::default(), request("Ana"), HelloRequest::default()],
        };
        assert_eq!(
            text(&reply, "greet.DelayedReply"),
            "request {}\nrequest {\n  name: \"Ana\"\n  greeting: \"Hello\"\n}\nrequest {}"
        );
    }
}
