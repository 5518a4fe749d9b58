//! Makes a call of each kind with the generated client. What crosses is told by the tap of the request, so what
//! comes back here is only counted out to its end.

use std::pin::pin;

use contract::greet::{HelloRequest, greeter_client::GreeterClient};
use futures_channel::mpsc::{self, Receiver};
use futures_util::{
    StreamExt,
    future::{Either, select},
};
use tonic::{Status, Streaming};

use super::{
    card::Card,
    sending::{Burst, feed},
};
use crate::{
    browser::Breath,
    model::{call::Run, hello::Kind},
    rpc::Rpc,
};

/// Messages between the one who sends and the pipe, which itself waits for the socket: a few, so that neither
/// waits for the other at every message.
const AHEAD: usize = 16;

/// Makes the call of this card and waits for its end.
///
/// # Cancel safety
/// Dropping it cancels the call.
pub(super) async fn play(card: Card, run: Run, rpc: Rpc, mut bursts: Receiver<Burst>) -> Result<(), Status> {
    // Rpc keeps the limit; the client's own would be another, with another status.
    let mut client = GreeterClient::new(rpc).max_decoding_message_size(usize::MAX);
    match card.kind {
        Kind::Unary => {
            let request = one(&mut bursts).await;
            client.only_response(card.dress(run, request)).await.map(drop)
        }
        Kind::Server => {
            let request = one(&mut bursts).await;
            drain(
                client
                    .server_streaming(card.dress(run, request))
                    .await?
                    .into_inner(),
            )
            .await
        }
        Kind::Client => {
            let (sender, requests) = mpsc::channel(AHEAD);
            let call = async { client.client_streaming(card.dress(run, requests)).await.map(drop) };
            while_feeding(call, feed(bursts, sender)).await
        }
        Kind::Bidi => {
            let (sender, requests) = mpsc::channel(AHEAD);
            let call = async {
                drain(
                    client
                        .bidirectional_streaming(card.dress(run, requests))
                        .await?
                        .into_inner(),
                )
                .await
            };
            while_feeding(call, feed(bursts, sender)).await
        }
    }
}

/// The one request of a call that takes one.
async fn one(bursts: &mut Receiver<Burst>) -> HelloRequest {
    bursts.next().await.map(|burst| burst.request).unwrap_or_default()
}

/// Takes every message of an answer, to its end.
async fn drain<M>(mut messages: Streaming<M>) -> Result<(), Status> {
    let mut breath = Breath::default();
    while messages.message().await?.is_some() {
        breath.take().await;
    }
    Ok(())
}

/// The end of the call. Feeding it may end before; a call that has ended is fed no more.
async fn while_feeding(
    call: impl Future<Output = Result<(), Status>>,
    feed: impl Future<Output = ()>,
) -> Result<(), Status> {
    match select(pin!(call), pin!(feed)).await {
        Either::Left((end, _)) => end,
        Either::Right(((), call)) => call.await,
    }
}
