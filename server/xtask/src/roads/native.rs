//! gRPC with tonic's own client, over HTTP/2 or whatever else carries it.

use std::{future::Future, net::SocketAddr, pin::Pin};

use bytes::{Buf, BufMut, Bytes};
use futures_util::StreamExt;
use http::uri::PathAndQuery;
use tonic::{
    Request, Status, Streaming,
    body::Body,
    client::{Grpc, GrpcService},
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::MetadataValue,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

use super::{Call, Requests, broken};

/// A client on one connection.
#[derive(Clone)]
pub(crate) struct Native<S> {
    client: Grpc<S>,
}

impl Native<Channel> {
    /// Connects by HTTP/2.
    pub(super) async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let channel = Endpoint::try_from(format!("http://{address}"))?.connect().await?;
        Ok(Self::new(channel))
    }

    /// The same by TLS, with a server that has this certificate.
    pub(super) async fn connect_tls(address: SocketAddr, certificate: &str) -> anyhow::Result<Self> {
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(certificate))
            .domain_name("localhost");
        let endpoint = Endpoint::try_from(format!("https://{address}"))?.tls_config(tls)?;
        Ok(Self::new(endpoint.connect().await?))
    }
}

impl<S> Native<S>
where
    S: GrpcService<Body> + Clone + Send + 'static,
    S::ResponseBody: http_body::Body<Data = Bytes> + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Error: std::fmt::Display + Send,
    S::Future: Send,
{
    /// Calls by a service that is connected, or connects.
    pub(super) fn new(service: S) -> Self {
        Self {
            // A message over the server's limit is its business to refuse.
            client: Grpc::new(service).max_decoding_message_size(usize::MAX),
        }
    }

    /// One message there, one back.
    pub(super) async fn unary(&mut self, call: &Call, message: Bytes) -> Result<Bytes, Status> {
        self.client.ready().await.map_err(broken)?;
        let request = request(call, message)?;
        let response = self.client.unary(request, path(call), BytesCodec).await?;
        Ok(response.into_inner())
    }

    /// Begins a call.
    pub(super) fn open(&self, call: &Call, requests: Requests) -> Answers {
        let mut client = self.client.clone();
        let request = request(call, requests);
        let path = path(call);
        Answers::Awaited(Box::pin(async move {
            client.ready().await.map_err(broken)?;
            let response = client.streaming(request?, path, BytesCodec).await?;
            Ok(response.into_inner())
        }))
    }
}

/// The answers to a call over HTTP/2. The call begins when they are first asked for.
pub(crate) enum Answers {
    /// No response headers yet.
    Awaited(Pin<Box<dyn Future<Output = Result<Streaming<Bytes>, Status>> + Send>>),
    /// Answers are coming.
    Coming(Box<Streaming<Bytes>>),
}

impl Answers {
    /// See [`super::Answers::next`].
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        loop {
            match self {
                Self::Awaited(response) => *self = Self::Coming(Box::new(response.await?)),
                Self::Coming(answers) => return answers.next().await.transpose(),
            }
        }
    }
}

fn path(call: &Call) -> PathAndQuery {
    PathAndQuery::from_static(call.path)
}

fn request<T>(call: &Call, message: T) -> Result<Request<T>, Status> {
    let mut request = Request::new(message);
    for (name, value) in &call.metadata {
        let value =
            MetadataValue::try_from(value.as_str()).map_err(|error| Status::internal(error.to_string()))?;
        request.metadata_mut().insert(*name, value);
    }
    Ok(request)
}

/// Messages as they are.
#[derive(Debug, Clone, Copy)]
struct BytesCodec;

impl Codec for BytesCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
