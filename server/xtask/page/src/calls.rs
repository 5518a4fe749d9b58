//! The calls, made by the bridge's browser end.

use bridge::browser::Socket;
use bytes::Bytes;
use futures_channel::mpsc;
use futures_util::{SinkExt, Stream, StreamExt, future, stream};
use http::uri::PathAndQuery;
use tonic::{Request, Status, Streaming, client::Grpc};
use tonic_prost::ProstCodec;
use web_sys::{Performance, Window};

/// `bench.Payload`
#[derive(Clone, PartialEq, prost::Message)]
struct Payload {
    #[prost(bytes = "bytes", tag = "1")]
    body: Bytes,
}

/// `bench.DownRequest`
#[derive(Clone, PartialEq, prost::Message)]
struct DownRequest {
    #[prost(uint32, tag = "1")]
    bytes: u32,
}

/// `bench.UpReply`
#[derive(Clone, PartialEq, prost::Message)]
struct UpReply {
    #[prost(uint64, tag = "1")]
    messages: u64,
}

/// What is measured, with messages of so many bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A small message there and back, one after the other, in one call.
    RoundTrips,
    /// The same with a call, and so a socket, for each.
    ShortCalls,
    /// Answers.
    Down(usize),
    /// Requests.
    Up(usize),
    /// Requests as fast as they leave, and their answers as they come.
    BothWays(usize),
}

/// Calls one peer.
pub(crate) struct Caller {
    socket: Socket,
    clock: Performance,
}

impl Caller {
    /// A caller of the peer at this origin.
    pub(crate) fn new(peer: &str, window: &Window) -> Result<Self, String> {
        Ok(Self {
            socket: Socket::new(peer),
            clock: window.performance().ok_or("this browser has no clock")?,
        })
    }

    /// Does something for a while, so many times at once. Operations per second.
    pub(crate) async fn measure(&self, kind: Kind, at_once: usize, span_ms: f64) -> Result<f64, Status> {
        let began = self.clock.now();
        let end = began + span_ms;
        let operations = future::try_join_all((0..at_once).map(|_| self.one(kind, end))).await?;
        let seconds = (self.clock.now() - began) / 1000.0;
        Ok(operations.iter().sum::<u64>() as f64 / seconds)
    }

    async fn one(&self, kind: Kind, end: f64) -> Result<u64, Status> {
        match kind {
            Kind::RoundTrips => self.round_trips(u64::MAX, end).await,
            Kind::ShortCalls => {
                let mut calls = 0;
                while self.clock.now() < end {
                    calls += self.round_trips(1, end).await?;
                }
                Ok(calls)
            }
            Kind::Down(bytes) => {
                let request = DownRequest { bytes: bytes as u32 };
                let answers: Streaming<Payload> =
                    self.call("/bench.Bench/Down", stream::iter([request])).await?;
                self.count(answers, end).await
            }
            Kind::Up(bytes) => {
                let mut answers: Streaming<UpReply> =
                    self.call("/bench.Bench/Up", self.payloads(bytes, end)).await?;
                let answer = answers.message().await?;
                answer.map(|answer| answer.messages).ok_or_else(ended)
            }
            Kind::BothWays(bytes) => {
                let requests = self.payloads(bytes, end);
                let answers: Streaming<Payload> = self.call("/bench.Bench/PingPong", requests).await?;
                self.count(answers, end).await
            }
        }
    }

    async fn round_trips(&self, at_most: u64, end: f64) -> Result<u64, Status> {
        let (mut sender, requests) = mpsc::channel(1);
        let mut answers: Streaming<Payload> = self.call("/bench.Bench/PingPong", requests).await?;
        let mut round_trips = 0;
        while round_trips < at_most && self.clock.now() < end {
            sender.send(payload(16)).await.map_err(|_| ended())?;
            answers.message().await?.ok_or_else(ended)?;
            round_trips += 1;
        }
        Ok(round_trips)
    }

    async fn count(&self, mut answers: Streaming<Payload>, end: f64) -> Result<u64, Status> {
        let mut messages = 0;
        while self.clock.now() < end && answers.message().await?.is_some() {
            messages += 1;
        }
        Ok(messages)
    }

    /// Messages without end, until `end`.
    fn payloads(&self, bytes: usize, end: f64) -> impl Stream<Item = Payload> + use<> {
        let clock = send_wrapper::SendWrapper::new(self.clock.clone());
        stream::repeat(payload(bytes)).take_while(move |_| future::ready(clock.now() < end))
    }

    async fn call<M, A>(
        &self,
        path: &'static str,
        requests: impl Stream<Item = M> + Send + 'static,
    ) -> Result<Streaming<A>, Status>
    where
        M: prost::Message + 'static,
        A: prost::Message + Default + 'static,
    {
        let mut client = Grpc::new(self.socket.clone());
        client.ready().await?;
        let path = PathAndQuery::from_static(path);
        let response = client
            .streaming(Request::new(requests), path, ProstCodec::<M, A>::default())
            .await?;
        Ok(response.into_inner())
    }
}

fn payload(bytes: usize) -> Payload {
    Payload {
        body: vec![7; bytes].into(),
    }
}

fn ended() -> Status {
    Status::internal("the call ended too soon")
}
