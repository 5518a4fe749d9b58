//! What is dropped is cancelled, and what nobody reads does not pile up.

use std::{cell::Cell, future::Future as _, pin::pin, rc::Rc, task::Poll};

use contract::greet::HelloRequest;
use futures_channel::mpsc;
use futures_util::{SinkExt as _, Stream, StreamExt as _, future::poll_fn, stream};
use tonic::Code;

use crate::page::{Outcome, Servers, equal, go_on, hello, pause, report, unexpected, until_idle};

/// The size of one message of an endless upload.
const CHUNK: usize = 64 * 1024;
/// What may be on its way to a handler that does not read: 1 MiB in the browser, some in the network process, what
/// the kernel holds of a loopback connection, and 1 MiB in the server.
const MOST_ON_ITS_WAY: usize = 24 << 20;

pub(crate) async fn check(servers: &Servers) {
    report("dropping the replies cancels", dropped_replies(servers)).await;
    report("dropping the future cancels", dropped_future(servers)).await;
    report(
        "dropping before the socket is open cancels",
        dropped_at_once(servers),
    )
    .await;
    report("an upload larger than what is bounded arrives", upload(servers)).await;
    report("an upload nobody reads is held back", held_back(servers)).await;
    report("a call that ends drops its requests", requests_dropped(servers)).await;
}

async fn dropped_replies(servers: &Servers) -> Outcome {
    let (mut sender, requests) = mpsc::channel(1);
    let replies = servers.greeter().bidirectional_streaming(requests).await;
    let mut replies = replies.map_err(unexpected)?.into_inner();
    sender
        .send(hello("Ana"))
        .await
        .map_err(|_| "nobody sends".to_owned())?;
    replies.message().await.map_err(unexpected)?;
    drop(replies);
    until_idle().await?;
    // The sending side has gone with it.
    poll_fn(|cx| sender.poll_ready(cx))
        .await
        .err()
        .map(drop)
        .ok_or_else(|| "the requests are still wanted".to_owned())
}

async fn dropped_future(servers: &Servers) -> Outcome {
    let mut client = servers.greeter();
    {
        let mut call = pin!(client.only_response(hello("forever")));
        let mut ended = pin!(pause(500));
        poll_fn(|cx| {
            if call.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err("the call ended by itself".to_owned()));
            }
            ended.as_mut().poll(cx).map(Ok)
        })
        .await?;
    }
    until_idle().await
}

async fn dropped_at_once(servers: &Servers) -> Outcome {
    let mut client = servers.greeter();
    {
        let mut call = pin!(client.only_response(hello("forever")));
        poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx).is_ready())).await;
    }
    pause(100).await;
    until_idle().await
}

async fn upload(servers: &Servers) -> Outcome {
    let name = "n".repeat(CHUNK);
    let requests = stream::iter((0..40).map(move |_| hello(&name)));
    let reply = servers.greeter().client_streaming(requests).await;
    equal(reply.map_err(unexpected)?.into_inner().request.len(), 40)
}

/// Endless requests, and how many were taken so far; the first one asks the handler to read later.
fn endless(taken: &Rc<Cell<usize>>) -> impl Stream<Item = HelloRequest> + Send + 'static {
    let taken = send_wrapper::SendWrapper::new(taken.clone());
    let name = "n".repeat(CHUNK);
    stream::once(async { hello("read later") }).chain(stream::iter(std::iter::repeat_with(move || {
        taken.set(taken.get() + CHUNK);
        hello(&name)
    })))
}

async fn held_back(servers: &Servers) -> Outcome {
    let taken = Rc::new(Cell::new(0));
    let replies = servers
        .greeter()
        .bidirectional_streaming(endless(&taken))
        .await
        .map_err(unexpected)?;
    let mut before = usize::MAX;
    // Until it stands still; a page's memory ends before this loop does.
    while before != taken.get() {
        before = taken.get();
        if before > MOST_ON_ITS_WAY {
            return Err(format!("{before} bytes were taken and nobody reads them"));
        }
        pause(500).await;
    }
    drop(replies);
    // The Close waits behind what was sent, as nothing overtakes on a socket.
    go_on().await;
    until_idle().await?;
    let cancelled = taken.get();
    pause(20).await;
    equal(taken.get(), cancelled)
}

async fn requests_dropped(servers: &Servers) -> Outcome {
    let (mut sender, requests) = mpsc::channel(1);
    let replies = servers.greeter().bidirectional_streaming(requests).await;
    let mut replies = replies.map_err(unexpected)?.into_inner();
    // Over the limit of the server.
    sender
        .send(hello(&"n".repeat(5 << 20)))
        .await
        .map_err(|_| "nobody sends".to_owned())?;
    match replies.message().await {
        Err(status) => equal(status.code(), Code::ResourceExhausted)?,
        Ok(reply) => return Err(format!("there was an answer: {}", reply.is_some())),
    }
    poll_fn(|cx| sender.poll_ready(cx))
        .await
        .err()
        .map(drop)
        .ok_or_else(|| "the requests are still wanted".to_owned())
}
