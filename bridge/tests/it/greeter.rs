//! The service the tests call: all four kinds, and a record of what became of its calls.

use std::{pin::Pin, sync::Arc};

use contract::greet::{
    DelayedReply, HelloReply, HelloRequest,
    greeter_server::{Greeter, GreeterServer},
};
use tokio::sync::{Notify, mpsc, watch};
use tokio_stream::{Stream, StreamExt, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};

type Replies = Pin<Box<dyn Stream<Item = Result<HelloReply, Status>> + Send>>;

/// What became of a handler.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Handlers running now.
    pub(crate) running: usize,
    /// Requests taken by all handlers.
    pub(crate) requests: usize,
    /// The error a request stream ended with, the last one.
    pub(crate) request_error: Option<String>,
}

#[derive(Clone, Default)]
pub(crate) struct TestGreeter {
    pub(crate) seen: Arc<watch::Sender<Seen>>,
    /// Lets a handler that reads later go on.
    pub(crate) go_on: Arc<Notify>,
}

/// Counts a handler as running until it is dropped.
struct Running(Arc<watch::Sender<Seen>>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|seen| seen.running -= 1);
    }
}

impl TestGreeter {
    pub(crate) fn service(&self) -> GreeterServer<Self> {
        GreeterServer::new(self.clone())
    }

    fn running(&self) -> Running {
        self.seen.send_modify(|seen| seen.running += 1);
        Running(self.seen.clone())
    }

    fn took(&self, request: &Result<HelloRequest, Status>) {
        self.seen.send_modify(|seen| match request {
            Ok(_) => seen.requests += 1,
            Err(status) => seen.request_error = Some(format!("{:?}: {}", status.code(), status.message())),
        });
    }
}

fn greeting(request: &HelloRequest) -> String {
    format!("{} {}", request.greeting, request.name)
}

#[tonic::async_trait]
impl Greeter for TestGreeter {
    /// Answers at once; some names ask for something special.
    async fn only_response(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        let _running = self.running();
        let metadata = request.metadata().clone();
        let request = request.into_inner();
        match request.name.as_str() {
            "forever" => std::future::pending().await,
            "panic" => panic!("asked to"),
            "denied" => Err(Status::permission_denied("50 % of ñandús say no\r\n")),
            "metadata" => {
                let mut said: Vec<_> = metadata
                    .into_headers()
                    .iter()
                    .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                    .collect();
                said.sort();
                Ok(Response::new(HelloReply {
                    message: said.join("\n"),
                }))
            }
            "binary" => {
                let values: Vec<_> = metadata
                    .get_all_bin("kx-bin")
                    .iter()
                    .map(|value| format!("{:?}", value.to_bytes().unwrap()))
                    .collect();
                Ok(Response::new(HelloReply {
                    message: values.join(" "),
                }))
            }
            _ => {
                let mut response = Response::new(HelloReply {
                    message: greeting(&request),
                });
                response
                    .metadata_mut()
                    .insert("answered-by", "a test".parse().unwrap());
                Ok(response)
            }
        }
    }

    type ServerStreamingStream = Replies;

    /// Five answers; a name that is a number asks for as many, "flood" for endless ones of 16 KiB.
    async fn server_streaming(&self, request: Request<HelloRequest>) -> Result<Response<Replies>, Status> {
        let running = self.running();
        let request = request.into_inner();
        if request.name == "flood" {
            let message = "x".repeat(16 * 1024);
            let replies = std::iter::repeat_with(move || {
                let _running = &running;
                Ok(HelloReply {
                    message: message.clone(),
                })
            });
            return Ok(Response::new(Box::pin(tokio_stream::iter(replies))));
        }
        let count = request.name.parse().unwrap_or(5);
        let replies = (1..=count).map(move |i| {
            let _running = &running;
            Ok(HelloReply {
                message: format!("{} {i}", greeting(&request)),
            })
        });
        Ok(Response::new(Box::pin(tokio_stream::iter(replies))))
    }

    async fn client_streaming(
        &self,
        request: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<DelayedReply>, Status> {
        let _running = self.running();
        let mut requests = request.into_inner();
        let mut echo = Vec::new();
        while let Some(request) = requests.next().await {
            self.took(&request);
            echo.push(request?);
        }
        let message = format!(
            "You have sent {} messages. Please expect a delayed response.",
            echo.len()
        );
        Ok(Response::new(DelayedReply {
            message,
            request: echo,
        }))
    }

    type BidirectionalStreamingStream = Replies;

    /// Answers each request as it comes; after one named "stop reading" it reads no more, and after "read
    /// later" only when told to go on.
    async fn bidirectional_streaming(
        &self,
        request: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<Replies>, Status> {
        let running = self.running();
        let greeter = self.clone();
        let mut requests = request.into_inner();
        // A task of its own, as many handlers have it: nobody drops it, it must hear of the end of the requests.
        let (replies, answer) = mpsc::channel(4);
        tokio::spawn(async move {
            let _running = running;
            while let Some(request) = requests.next().await {
                greeter.took(&request);
                let Ok(request) = request else { return };
                let reply = HelloReply {
                    message: greeting(&request),
                };
                // Nobody may be listening any more; the requests are read to their end all the same.
                let _ = replies.send(Ok(reply)).await;
                match request.name.as_str() {
                    "stop reading" => replies.closed().await,
                    "read later" => greeter.go_on.notified().await,
                    _ => {}
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(answer))))
    }
}
