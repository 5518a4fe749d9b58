//! The service the roads are measured with. It does as little as a service can.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tonic::{Request, Response, Status, Streaming};

pub(crate) use generated::{DownRequest, Payload, UpReply, bench_server::BenchServer};

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated from proto/bench.proto"
)]
mod generated {
    tonic::include_proto!("bench");
}

/// `bench.Bench/Unary`
pub(crate) const UNARY: &str = "/bench.Bench/Unary";
/// `bench.Bench/Down`
pub(crate) const DOWN: &str = "/bench.Bench/Down";
/// `bench.Bench/Up`
pub(crate) const UP: &str = "/bench.Bench/Up";
/// `bench.Bench/PingPong`
pub(crate) const PING_PONG: &str = "/bench.Bench/PingPong";

/// Moves bytes.
#[derive(Debug)]
pub(crate) struct Bench;

type Payloads = Pin<Box<dyn Stream<Item = Result<Payload, Status>> + Send>>;

#[tonic::async_trait]
impl generated::bench_server::Bench for Bench {
    type DownStream = Payloads;
    type PingPongStream = Streaming<Payload>;

    async fn unary(&self, request: Request<Payload>) -> Result<Response<Payload>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    async fn down(&self, request: Request<DownRequest>) -> Result<Response<Payloads>, Status> {
        let DownRequest { bytes, messages } = request.into_inner();
        let body = Bytes::from(vec![7; bytes as usize]);
        let endless = stream::repeat(Payload { body }).map(Ok);
        Ok(Response::new(match messages {
            0 => endless.boxed(),
            count => endless.take(count as usize).boxed(),
        }))
    }

    async fn up(&self, request: Request<Streaming<Payload>>) -> Result<Response<UpReply>, Status> {
        let mut payloads = request.into_inner();
        let mut messages = 0;
        while payloads.message().await?.is_some() {
            messages += 1;
        }
        Ok(Response::new(UpReply { messages }))
    }

    async fn ping_pong(
        &self,
        request: Request<Streaming<Payload>>,
    ) -> Result<Response<Streaming<Payload>>, Status> {
        Ok(Response::new(request.into_inner()))
    }
}
