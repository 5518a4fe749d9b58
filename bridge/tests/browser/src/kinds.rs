//! The generated client makes all four kinds of call.

use futures_channel::mpsc;
use futures_util::{SinkExt as _, stream};
use tonic::{Code, Request, metadata::MetadataValue};

use crate::page::{Outcome, Servers, equal, hello, now, report, unexpected};

pub(crate) async fn check(servers: &Servers) {
    report("unary", unary(servers)).await;
    report("server streaming", server_streaming(servers)).await;
    report("client streaming", client_streaming(servers)).await;
    report("bidi is live", bidi_is_live(servers)).await;
    report("metadata both ways", metadata(servers)).await;
    report("refusal", refusal(servers)).await;
    report("unknown method", unknown_method(servers)).await;
    report(
        "64 calls at once are no slower than one after the other",
        many_at_once(servers),
    )
    .await;
}

async fn unary(servers: &Servers) -> Outcome {
    let reply = servers
        .greeter()
        .only_response(hello("Ana"))
        .await
        .map_err(unexpected)?;
    equal(&*reply.into_inner().message, "hi Ana")
}

async fn server_streaming(servers: &Servers) -> Outcome {
    let replies = servers.greeter().server_streaming(hello("Ana")).await;
    let mut replies = replies.map_err(unexpected)?.into_inner();
    for i in 1..=5 {
        let reply = replies.message().await.map_err(unexpected)?;
        equal(reply.map(|reply| reply.message), Some(format!("hi Ana {i}")))?;
    }
    equal(replies.message().await.map_err(unexpected)?, None)
}

async fn client_streaming(servers: &Servers) -> Outcome {
    let requests = stream::iter(["Ana", "Beto", "Caro"].map(hello));
    let reply = servers.greeter().client_streaming(requests).await;
    let reply = reply.map_err(unexpected)?.into_inner();
    equal(reply.request, ["Ana", "Beto", "Caro"].map(hello).to_vec())
}

async fn bidi_is_live(servers: &Servers) -> Outcome {
    let (mut sender, requests) = mpsc::channel(1);
    let replies = servers.greeter().bidirectional_streaming(requests).await;
    let mut replies = replies.map_err(unexpected)?.into_inner();
    for name in ["Ana", "Beto", "Caro"] {
        sender
            .send(hello(name))
            .await
            .map_err(|_| "nobody sends".to_owned())?;
        let reply = replies.message().await.map_err(unexpected)?;
        equal(reply.map(|reply| reply.message), Some(format!("hi {name}")))?;
    }
    drop(sender);
    equal(replies.message().await.map_err(unexpected)?, None)
}

async fn metadata(servers: &Servers) -> Outcome {
    let mut request = Request::new(hello("metadata"));
    request.metadata_mut().insert("k", "v".parse().expect("a value"));
    request.set_timeout(std::time::Duration::from_secs(60));
    let reply = servers
        .greeter()
        .only_response(request)
        .await
        .map_err(unexpected)?;
    let seen = &reply.get_ref().message;
    if !seen.contains("k: v") || !seen.contains("grpc-timeout: ") {
        return Err(format!("the handler saw {seen}"));
    }
    let reply = servers.greeter().only_response(hello("Ana")).await;
    let reply = reply.map_err(unexpected)?;
    let answered_by = reply.metadata().get("answered-by");
    equal(answered_by.map(MetadataValue::as_bytes), Some(&b"a test"[..]))
}

async fn refusal(servers: &Servers) -> Outcome {
    match servers.greeter().only_response(hello("denied")).await {
        Ok(_) => Err("the call went well".to_owned()),
        Err(status) => {
            equal(status.code(), Code::PermissionDenied)?;
            equal(status.message(), "50 % of ñandús say no\r\n")
        }
    }
}

async fn unknown_method(servers: &Servers) -> Outcome {
    // A service of this path does not exist; the method is the same.
    let mut client = contract::parcero::v1::peers_client::PeersClient::new(bridge::browser::Socket::new(
        &*servers.greeter,
    ));
    match client.about(contract::parcero::v1::AboutRequest {}).await {
        Ok(_) => Err("the call went well".to_owned()),
        Err(status) => equal(status.code(), Code::Unimplemented),
    }
}

async fn many_at_once(servers: &Servers) -> Outcome {
    let began = now();
    for i in 0..64 {
        numbered(servers, i).await?;
    }
    let in_turn = now() - began;
    futures_util::future::try_join_all((0..64).map(|i| numbered(servers, i))).await?;
    let at_once = now() - began - in_turn;
    // A browser that feels flooded lets each socket wait for seconds.
    if at_once > 2.0 * in_turn {
        return Err(format!("{at_once} ms at once, {in_turn} ms one after the other"));
    }
    Ok(())
}

async fn numbered(servers: &Servers, i: u32) -> Outcome {
    let name = i.to_string();
    let reply = servers.greeter().only_response(hello(&name)).await;
    equal(
        reply.map_err(unexpected)?.into_inner().message,
        format!("hi {name}"),
    )
}
