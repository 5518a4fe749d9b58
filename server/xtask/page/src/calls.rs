//! The calls, made by the bridge's browser end.

use std::{cell::Cell, rc::Rc};

use bridge::browser::Socket;
use bytes::Bytes;
use futures_channel::mpsc;
use futures_util::{SinkExt, Stream, StreamExt, stream};
use http::uri::PathAndQuery;
use send_wrapper::SendWrapper;
use tonic::{Request, Status, Streaming, client::Grpc, metadata::AsciiMetadataValue};
use tonic_prost::ProstCodec;
use web_sys::Performance;

use crate::work::{Direction, Lane, SMALL};

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
    #[prost(uint32, tag = "2")]
    messages: u32,
}

/// `bench.UpReply`
#[derive(Clone, PartialEq, prost::Message)]
struct UpReply {
    #[prost(uint64, tag = "1")]
    messages: u64,
}

/// Calls one peer.
pub(crate) struct Calls {
    socket: Socket,
    /// The peer it passes them on to.
    on_to: Option<AsciiMetadataValue>,
    clock: Performance,
}

/// A bidirectional call.
pub(crate) struct Conversation {
    requests: mpsc::Sender<Payload>,
    answers: Streaming<Payload>,
}

impl Calls {
    /// Calls of the peer at this origin; or, by way of it, of the one with this id.
    ///
    /// # Errors
    /// Where the id cannot be metadata.
    pub(crate) fn new(peer: &str, on_to: Option<&str>, clock: Performance) -> Result<Self, String> {
        let on_to = on_to.map(str::parse).transpose();
        Ok(Self {
            socket: Socket::new(peer),
            on_to: on_to.map_err(|_| "the id of the far peer is none")?,
            clock,
        })
    }

    async fn call<M, A>(
        &self,
        path: &'static str,
        requests: impl Stream<Item = M> + Send + 'static,
    ) -> Result<Streaming<A>, String>
    where
        M: prost::Message + 'static,
        A: prost::Message + Default + 'static,
    {
        let mut client = Grpc::new(self.socket.clone());
        client.ready().await.map_err(say)?;
        let path = PathAndQuery::from_static(path);
        let mut request = Request::new(requests);
        if let Some(id) = &self.on_to {
            request.metadata_mut().insert("parcero-peer", id.clone());
        }
        let response = client
            .streaming(request, path, ProstCodec::<M, A>::default())
            .await
            .map_err(say)?;
        Ok(response.into_inner())
    }

    /// So many requests, and when the first of them was asked for.
    fn requests(&self, bytes: usize, count: u32) -> (impl Stream<Item = Payload> + use<>, Rc<Cell<f64>>) {
        let began = Rc::new(Cell::new(0.0));
        let note = SendWrapper::new((self.clock.clone(), began.clone()));
        let first = stream::once(async move {
            note.1.set(note.0.now());
            payload(bytes)
        });
        (
            first.chain(stream::repeat(payload(bytes)).take(count as usize - 1)),
            began,
        )
    }
}

impl Lane for Calls {
    type Conversation = Conversation;
    const MAKES_CALLS: bool = true;

    async fn open(&self) -> Result<Conversation, String> {
        let (requests, stream) = mpsc::channel(1);
        let answers = self.call("/bench.Bench/PingPong", stream).await?;
        Ok(Conversation { requests, answers })
    }

    async fn round_trip(conversation: &mut Conversation) -> Result<(), String> {
        let sent = conversation.requests.send(payload(SMALL)).await;
        sent.map_err(|_| "the call ended too soon")?;
        next(&mut conversation.answers).await.map(drop)
    }

    async fn end(conversation: Conversation) -> Result<(), String> {
        let Conversation {
            requests,
            mut answers,
        } = conversation;
        drop(requests);
        match answers.message().await.map_err(say)? {
            None => Ok(()),
            Some(_) => Err("an answer too many".into()),
        }
    }

    async fn stream(&self, direction: Direction, bytes: usize, count: u32) -> Result<f64, String> {
        let began = match direction {
            Direction::Down => {
                let request = DownRequest {
                    bytes: bytes as u32,
                    // One more, whose arrival is the beginning.
                    messages: count + 1,
                };
                let request = stream::iter([request]);
                let mut answers: Streaming<Payload> = self.call("/bench.Bench/Down", request).await?;
                next(&mut answers).await?;
                let began = self.clock.now();
                take(answers, count).await?;
                began
            }
            Direction::Up => {
                let (requests, began) = self.requests(bytes, count);
                let mut answers: Streaming<UpReply> = self.call("/bench.Bench/Up", requests).await?;
                let taken = next(&mut answers).await?.messages;
                if taken != u64::from(count) {
                    return Err(format!("{taken} of {count} messages arrived"));
                }
                began.get()
            }
            Direction::BothWays => {
                let (requests, began) = self.requests(bytes, count);
                take(self.call("/bench.Bench/PingPong", requests).await?, count).await?;
                began.get()
            }
        };
        Ok(self.clock.now() - began)
    }
}

async fn take(mut answers: Streaming<Payload>, count: u32) -> Result<(), String> {
    for _ in 0..count {
        next(&mut answers).await?;
    }
    Ok(())
}

async fn next<A>(answers: &mut Streaming<A>) -> Result<A, String> {
    let answer = answers.message().await.map_err(say)?;
    answer.ok_or_else(|| "the call ended too soon".into())
}

fn payload(bytes: usize) -> Payload {
    Payload {
        body: vec![7; bytes].into(),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn say(status: Status) -> String {
    status.to_string()
}
