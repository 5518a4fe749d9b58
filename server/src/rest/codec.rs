//! A client of gRPC in memory: dynamic messages to the layered routes and back.

use futures_util::future::{Either, select};
use http::{HeaderMap, uri::PathAndQuery};
use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tokio::sync::oneshot;
use tonic::{
    Extensions, Request, Status, Streaming,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::MetadataMap,
};

use super::{input::Input, problem::Problem, routes::Route};
use crate::{access::Caller, grpc::LayeredRoutes};

/// What came of a call.
pub(super) enum Output {
    One(DynamicMessage),
    /// The first message, which was waited for, and those that follow; none at all if the call has ended well already.
    Many(Option<(DynamicMessage, Box<Streaming<DynamicMessage>>)>),
}

/// Makes the call of `route`.
pub(super) async fn call(
    routes: LayeredRoutes,
    route: &Route,
    metadata: HeaderMap,
    input: Input,
) -> Result<Output, Problem> {
    let method = route.descriptor();
    let path = PathAndQuery::from_static(route.call);
    let codec = Dynamic {
        answer: method.output(),
    };
    // Both limits are the layers' own.
    let mut client = Grpc::new(routes)
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    if let Err(never) = client.ready().await {
        match never {}
    }
    match (input, method.is_server_streaming()) {
        (Input::One(message), false) => {
            let answer = client.unary(request(metadata, message), path, codec).await?;
            Ok(Output::One(answer.into_inner()))
        }
        (Input::One(message), true) => {
            let answer = client.server_streaming(request(metadata, message), path, codec);
            first(answer.await?.into_inner()).await
        }
        // None of the routes is bidirectional: HTTP/1.1 sends a request in one go.
        (Input::Many(messages, broken), _) => {
            let answer = client.client_streaming(request(metadata, messages), path, codec);
            let answer = unless_broken(answer, broken).await??;
            Ok(Output::One(answer.into_inner()))
        }
    }
}

/// Waits for the first message, so that a call which fails at once has its own status of HTTP.
async fn first(mut answer: Streaming<DynamicMessage>) -> Result<Output, Problem> {
    let first = answer.message().await?;
    Ok(Output::Many(first.map(|first| (first, Box::new(answer)))))
}

/// Gives the call up where what it is sent turns out not to be messages.
async fn unless_broken<T>(
    call: impl Future<Output = T>,
    broken: oneshot::Receiver<Problem>,
) -> Result<T, Problem> {
    let call = std::pin::pin!(call);
    match select(call, broken).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right((Ok(problem), _)) => Err(problem),
        // All were messages, and the call goes on without them.
        Either::Right((Err(_), call)) => Ok(call.await),
    }
}

fn request<T>(metadata: HeaderMap, message: T) -> Request<T> {
    let mut extensions = Extensions::default();
    // The door lets in this machine only.
    extensions.insert(Caller::Local);
    Request::from_parts(MetadataMap::from_headers(metadata), extensions, message)
}

/// Messages as their descriptors say.
#[derive(Debug, Clone)]
struct Dynamic {
    answer: MessageDescriptor,
}

impl Codec for Dynamic {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Encode;
    type Decoder = Dynamic;

    fn encoder(&mut self) -> Encode {
        Encode
    }

    fn decoder(&mut self) -> Dynamic {
        self.clone()
    }
}

#[derive(Debug)]
struct Encode;

impl Encoder for Encode {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, message: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        message
            .encode(buffer)
            .map_err(|error| Status::internal(error.to_string()))
    }
}

impl Decoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        DynamicMessage::decode(self.answer.clone(), buffer)
            .map(Some)
            .map_err(|error| Status::internal(error.to_string()))
    }
}
