//! `greet.Greeter`: the four kinds of hello.

use std::{pin::Pin, time::Duration};

use bytes::BytesMut;
use contract::greet::{DelayedReply, HelloReply, HelloRequest, greeter_server};
use futures_core::Stream;
use futures_util::{StreamExt, stream};
use prost::Message;
use tokio::time::{Instant, sleep_until};
use tonic::{Request, Response, Status, Streaming, metadata::MetadataMap};

/// How often `ServerStreaming` answers, unless the call says otherwise.
const COUNT: u64 = 5;
/// The pause between its answers, unless the call says otherwise.
const INTERVAL: Duration = Duration::from_secs(2);

/// What a request counts at least towards the length of its echo. Unpacked, one takes 48 bytes however little is in it.
const LEAST_BYTES: usize = 16;

/// Metadata key: the pause between answers in milliseconds, 0 to 60000.
const INTERVAL_KEY: &str = "parcero-interval-ms";
/// Metadata key: the number of answers, 0 to 100000.
const COUNT_KEY: &str = "parcero-count";

/// Says hello.
#[derive(Debug)]
pub(super) struct Greeter {
    max_message_bytes: usize,
}

impl Greeter {
    /// A greeter that never makes an answer of more than `max_message_bytes`.
    pub(super) fn new(max_message_bytes: usize) -> Self {
        Self { max_message_bytes }
    }
}

type Replies = Pin<Box<dyn Stream<Item = Result<HelloReply, Status>> + Send>>;

#[tonic::async_trait]
impl greeter_server::Greeter for Greeter {
    type ServerStreamingStream = Replies;
    type BidirectionalStreamingStream = Replies;

    async fn only_response(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        Ok(Response::new(hello(&request.into_inner())))
    }

    async fn server_streaming(&self, request: Request<HelloRequest>) -> Result<Response<Replies>, Status> {
        let count = number(request.metadata(), COUNT_KEY, 100_000)?.unwrap_or(COUNT);
        let interval =
            number(request.metadata(), INTERVAL_KEY, 60_000)?.map_or(INTERVAL, Duration::from_millis);
        let HelloReply { message } = hello(&request.into_inner());

        let start = Instant::now();
        let replies = stream::iter(1..=count).then(move |i| {
            let reply = HelloReply {
                message: format!("{message} {i}"),
            };
            // Measured from the start, so that pauses do not add up late.
            let due = start + interval * u32::try_from(i - 1).unwrap_or(u32::MAX);
            async move {
                if !interval.is_zero() {
                    sleep_until(due).await;
                }
                Ok(reply)
            }
        });
        Ok(Response::new(Box::pin(replies)))
    }

    async fn client_streaming(
        &self,
        request: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<DelayedReply>, Status> {
        let mut requests = request.into_inner();
        // Kept as they go back, encoded: a flood of tiny requests then costs little more than the answer may be long.
        let mut echo = BytesMut::new();
        let mut count: u64 = 0;
        let mut counted = 0;
        while let Some(request) = requests.message().await? {
            count += 1;
            let one = DelayedReply {
                message: String::new(),
                request: vec![request],
            };
            counted += one.encoded_len().max(LEAST_BYTES);
            let bytes = counted + sentence(count).encoded_len();
            if bytes > self.max_message_bytes {
                let limit = self.max_message_bytes;
                return Err(Status::resource_exhausted(format!(
                    "the echo of {count} requests would be {bytes} bytes, at most {limit} are allowed: finish sooner"
                )));
            }
            one.encode(&mut echo)
                .map_err(|error| Status::internal(error.to_string()))?;
        }
        let DelayedReply { request, .. } =
            DelayedReply::decode(echo).map_err(|error| Status::internal(error.to_string()))?;
        Ok(Response::new(DelayedReply {
            request,
            ..sentence(count)
        }))
    }

    async fn bidirectional_streaming(
        &self,
        request: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<Replies>, Status> {
        Ok(Response::new(Box::pin(
            request
                .into_inner()
                .map(|request| request.map(|request| hello(&request))),
        )))
    }
}

fn hello(request: &HelloRequest) -> HelloReply {
    HelloReply {
        message: format!("{} {}", request.greeting, request.name),
    }
}

fn sentence(count: u64) -> DelayedReply {
    DelayedReply {
        message: format!("You have sent {count} messages. Please expect a delayed response."),
        request: Vec::new(),
    }
}

/// A number a call asks for by metadata, if it does.
fn number(metadata: &MetadataMap, key: &str, max: u64) -> Result<Option<u64>, Status> {
    let Some(value) = metadata.get(key) else {
        return Ok(None);
    };
    let number = value
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .filter(|number| *number <= max);
    number.map(Some).ok_or_else(|| {
        Status::invalid_argument(format!(
            "the metadata {key} must be a whole number from 0 to {max}"
        ))
    })
}
