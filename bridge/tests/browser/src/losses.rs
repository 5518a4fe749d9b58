//! Sockets that are lost, and servers that do odd things: each a status with a true reason.

use bridge::browser::Socket;
use contract::greet::{HelloReply, HelloRequest};
use futures_util::stream;
use http::uri::PathAndQuery;
use tonic::{Code, Request, Status, client::Grpc};
use tonic_prost::ProstCodec;

use crate::page::{Outcome, Servers, equal, hello, report, unexpected};

pub(crate) async fn check(servers: &Servers) {
    let odd = &*servers.odd;
    let nobody = &*servers.nobody;
    let cases = [
        (
            nobody,
            "/nobody",
            Code::Unavailable,
            "could not connect to http://",
        ),
        (nobody, "/nobody", Code::Unavailable, "is the peer running?"),
        (odd, "/refused", Code::Unavailable, "could not connect"),
        (
            odd,
            "/lost",
            Code::Unavailable,
            "the connection was lost before the call ended (close code 1006)",
        ),
        (odd, "/lost-midway", Code::Unavailable, "(close code 1006)"),
        (odd, "/leaving", Code::Unavailable, "(close code 1001)"),
        (
            odd,
            "/closed",
            Code::Internal,
            "before the call had a status (close code 1000)",
        ),
        (odd, "/text", Code::Internal, "binary only"),
        (odd, "/bad-details", Code::Internal, "not base64"),
        (odd, "/own-status", Code::NotFound, "gone"),
    ];
    for (origin, path, code, says) in cases {
        report(path, fails(origin, path, code, says)).await;
    }
    report("/no-headers", works(odd, "/no-headers")).await;
    report("/never-closed", works(odd, "/never-closed")).await;
    report("/in-pieces", works(odd, "/in-pieces")).await;
    report("small requests share WebSocket messages", shared(odd)).await;
    report(
        "an origin that is none",
        fails("nonsense://", "/x", Code::InvalidArgument, "opens no socket"),
    )
    .await;
}

/// A call to a path with one request; all of its answer.
async fn call(origin: &str, path: &'static str) -> Result<Vec<String>, Status> {
    call_with(origin, path, 1).await
}

/// A call with so many requests that are all ready.
async fn call_with(origin: &str, path: &'static str, requests: usize) -> Result<Vec<String>, Status> {
    let mut client = Grpc::new(Socket::new(origin));
    client.ready().await?;
    let codec = ProstCodec::<HelloRequest, HelloReply>::default();
    let request = Request::new(stream::iter(vec![hello("Ana"); requests]));
    let response = client
        .streaming(request, PathAndQuery::from_static(path), codec)
        .await?;
    let mut replies = response.into_inner();
    let mut messages = Vec::new();
    while let Some(reply) = replies.message().await? {
        messages.push(reply.message);
    }
    Ok(messages)
}

async fn fails(origin: &str, path: &'static str, code: Code, says: &str) -> Outcome {
    match call(origin, path).await {
        Ok(messages) => Err(format!("the call went well: {messages:?}")),
        Err(status) if status.message().contains(says) => equal(status.code(), code),
        Err(status) => Err(format!("{status} does not say {says:?}")),
    }
}

async fn works(origin: &str, path: &'static str) -> Outcome {
    equal(
        call(origin, path).await.map_err(unexpected)?,
        vec!["hello".to_owned()],
    )
}

async fn shared(odd: &str) -> Outcome {
    let answer = call_with(odd, "/how-many-messages", 1000)
        .await
        .map_err(unexpected)?;
    match answer.concat().parse::<usize>() {
        // 14 KiB and the headers. Each costs a browser more than a request of any ordinary length does.
        Ok(0..=4) => Ok(()),
        _ => Err(format!("1000 requests were so many messages: {answer:?}")),
    }
}
