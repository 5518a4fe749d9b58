//! The four kinds of hello: their methods, and their messages as a person reads them.

use contract::greet::{DelayedReply, HelloReply, HelloRequest};
use prost::Message;

/// One of the four kinds of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One request, one answer.
    Unary,
    /// One request, a stream of answers.
    Server,
    /// A stream of requests, one answer.
    Client,
    /// A stream of requests, a stream of answers.
    Bidi,
}

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the page to the peer.
    Sent,
    /// From the peer to the page.
    Received,
}

impl Kind {
    /// All four, in the order of the cards.
    pub const ALL: [Kind; 4] = [Kind::Unary, Kind::Server, Kind::Client, Kind::Bidi];

    /// The path of its method.
    pub fn path(self) -> &'static str {
        match self {
            Kind::Unary => "/greet.Greeter/OnlyResponse",
            Kind::Server => "/greet.Greeter/ServerStreaming",
            Kind::Client => "/greet.Greeter/ClientStreaming",
            Kind::Bidi => "/greet.Greeter/BidirectionalStreaming",
        }
    }

    /// Its name on the command line and in `data-card`.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Unary => "unary",
            Kind::Server => "server",
            Kind::Client => "client",
            Kind::Bidi => "bidi",
        }
    }

    /// How many messages go each way.
    pub fn shape(self) -> &'static str {
        match self {
            Kind::Unary => "1 → 1",
            Kind::Server => "1 → n",
            Kind::Client => "n → 1",
            Kind::Bidi => "n ↔ n",
        }
    }

    /// Whether the caller sends as many requests as it likes, and says when it has finished.
    pub fn sends_many(self) -> bool {
        matches!(self, Kind::Client | Kind::Bidi)
    }

    /// The name of the message that goes this way.
    pub fn message_name(self, direction: Direction) -> &'static str {
        match (direction, self) {
            (Direction::Sent, _) => "HelloRequest",
            (Direction::Received, Kind::Client) => "DelayedReply",
            (Direction::Received, Kind::Unary | Kind::Server | Kind::Bidi) => "HelloReply",
        }
    }

    /// What a message says, on one line; nothing when the bytes are no such message.
    pub fn describe(self, direction: Direction, message: &[u8]) -> Option<String> {
        match (direction, self) {
            (Direction::Sent, _) => HelloRequest::decode(message)
                .ok()
                .map(|request| format!("{} {}", request.greeting, request.name)),
            (Direction::Received, Kind::Client) => {
                DelayedReply::decode(message).ok().map(|reply| reply.message)
            }
            (Direction::Received, Kind::Unary | Kind::Server | Kind::Bidi) => {
                HelloReply::decode(message).ok().map(|reply| reply.message)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_method_of_the_contract_that_streams_as_it_says() {
        for kind in Kind::ALL {
            let method = contract::Method::of(kind.path()).unwrap();
            assert_eq!(method.client_streaming, kind.sends_many(), "{kind:?}");
        }
    }

    #[test]
    fn a_request_reads_as_greeting_and_name_and_a_reply_as_its_message() {
        let request = HelloRequest {
            name: "Sofía".into(),
            greeting: "Hola".into(),
        }
        .encode_to_vec();
        assert_eq!(
            Kind::Bidi.describe(Direction::Sent, &request).as_deref(),
            Some("Hola Sofía")
        );

        let reply = HelloReply {
            message: "Hola Sofía".into(),
        }
        .encode_to_vec();
        assert_eq!(
            Kind::Unary.describe(Direction::Received, &reply).as_deref(),
            Some("Hola Sofía")
        );
    }

    #[test]
    fn bytes_that_are_no_message_have_no_text() {
        assert_eq!(Kind::Unary.describe(Direction::Received, &[0xff, 0xff]), None);
    }
}
