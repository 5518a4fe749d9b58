//! A Greeter that does as it is told, tells what became of its calls, and gives back the metadata it was sent.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use contract::greet::{
    DelayedReply, HelloReply, HelloRequest,
    greeter_server::{Greeter, GreeterServer},
};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::mpsc;
use tonic::{
    Code, Request, Response, Status, Streaming,
    metadata::{MetadataMap, MetadataValue},
};

/// See above.
#[derive(Clone)]
pub(crate) struct Probe {
    /// How uploads ended: messages, and OK or the code.
    uploads: mpsc::Sender<(usize, Option<Code>)>,
    /// Uploads and talks that are under way.
    pub(crate) talks: Arc<AtomicUsize>,
}

/// What is told of uploads.
pub(crate) type Told = mpsc::Receiver<(usize, Option<Code>)>;

/// The probe, and what is told of its uploads.
pub(crate) fn probe() -> (Probe, Told) {
    let (uploads, told) = mpsc::channel(64);
    let probe = Probe {
        uploads,
        talks: Arc::default(),
    };
    (probe, told)
}

/// Takes messages of up to 16 MiB.
pub(crate) fn server(probe: Probe) -> GreeterServer<Probe> {
    GreeterServer::new(probe).max_decoding_message_size(16 << 20)
}

/// A request.
pub(crate) fn say(greeting: &str, name: impl Into<String>) -> HelloRequest {
    HelloRequest {
        greeting: greeting.into(),
        name: name.into(),
    }
}

/// An upload that has not ended: dropped so, its handler was stopped.
struct Upload {
    messages: usize,
    told: Option<mpsc::Sender<(usize, Option<Code>)>>,
}

impl Upload {
    fn ends(&mut self, how: Option<Code>) {
        if let Some(told) = self.told.take() {
            // Most tests do not ask.
            let _ = told.try_send((self.messages, how));
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.ends(Some(Code::Cancelled));
    }
}

struct Talk(Arc<AtomicUsize>);

impl Probe {
    fn talk(&self) -> Talk {
        self.talks.fetch_add(1, Ordering::SeqCst);
        Talk(self.talks.clone())
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

type Replies = Pin<Box<dyn Stream<Item = Result<HelloReply, Status>> + Send>>;

fn reply(message: String) -> HelloReply {
    HelloReply { message }
}

fn refusal() -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert("x-why", "because".parse().unwrap());
    metadata.insert_bin("x-why-bin", MetadataValue::from_bytes(&[0, 1, 255]));
    Status::with_details_and_metadata(
        Code::FailedPrecondition,
        "no: ñandú & 100 %",
        Bytes::from_static(b"\x08\x09details"),
        metadata,
    )
}

/// The end of a stream that went well, with trailers of its own.
fn well() -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert("x-last", "word".parse().unwrap());
    metadata.insert_bin("x-last-bin", MetadataValue::from_bytes(&[255, 0]));
    Status::with_metadata(Code::Ok, "", metadata)
}

/// An answer with what the request had of metadata, the time it was given among it.
fn echoing<T>(asked: &MetadataMap, message: T) -> Response<T> {
    let mut response = Response::new(message);
    let metadata = response.metadata_mut();
    for value in asked.get_all("x-echo") {
        metadata.append("x-echo", value.clone());
    }
    for value in asked.get_all_bin("x-echo-bin") {
        metadata.append_bin("x-echo-bin", value.clone());
    }
    if let Some(value) = asked.get("grpc-timeout") {
        metadata.insert("x-timeout", value.clone());
    }
    response
}

#[tonic::async_trait]
impl Greeter for Probe {
    type ServerStreamingStream = Replies;
    type BidirectionalStreamingStream = Replies;

    async fn only_response(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        let metadata = request.metadata().clone();
        let HelloRequest { name, greeting } = request.into_inner();
        if greeting == "fail" {
            return Err(refusal());
        }
        if greeting == "late" {
            tokio::task::yield_now().await;
        }
        assert!(name != "panic", "as it was told");
        Ok(echoing(&metadata, reply(format!("{greeting} {name}"))))
    }

    async fn server_streaming(&self, request: Request<HelloRequest>) -> Result<Response<Replies>, Status> {
        let metadata = request.metadata().clone();
        let HelloRequest { name, greeting } = request.into_inner();
        let count: usize = name.parse().map_err(|_| refusal())?;
        let last = match greeting.as_str() {
            "fail" => refusal(),
            _ => well(),
        };
        let replies = stream::iter((0..count).map(move |n| Ok(reply(format!("{greeting} {n}")))));
        let replies: Replies = Box::pin(replies.chain(stream::iter([Err(last)])));
        Ok(echoing(&metadata, replies))
    }

    async fn client_streaming(
        &self,
        request: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<DelayedReply>, Status> {
        let metadata = request.metadata().clone();
        let mut requests = request.into_inner();
        let _talk = self.talk();
        let mut upload = Upload {
            messages: 0,
            told: Some(self.uploads.clone()),
        };
        let mut all = Vec::new();
        loop {
            match requests.message().await {
                Ok(Some(request)) => all.push(request),
                Ok(None) => break,
                Err(status) => {
                    upload.ends(Some(status.code()));
                    return Err(status);
                }
            }
            upload.messages = all.len();
        }
        upload.ends(None);
        let message = format!("{} came", all.len());
        Ok(echoing(
            &metadata,
            DelayedReply {
                message,
                request: all,
            },
        ))
    }

    async fn bidirectional_streaming(
        &self,
        request: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<Replies>, Status> {
        let metadata = request.metadata().clone();
        let talk = self.talk();
        let replies = request.into_inner().map(move |request| {
            let _ = &talk;
            let request = request?;
            match request.greeting.as_str() {
                "fail" => Err(refusal()),
                greeting => Ok(reply(format!("{greeting} {}", request.name))),
            }
        });
        let replies: Replies = Box::pin(replies.chain(stream::iter([Err(well())])));
        Ok(echoing(&metadata, replies))
    }
}
