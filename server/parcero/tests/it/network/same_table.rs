//! The same cases over a QUIC stream a call and over plain tonic on TCP: they differ only where HTTP/2 with tonic is wrong.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use contract::greet::greeter_client::GreeterClient;
use futures_util::stream;
use iroh::{
    Endpoint, EndpointAddr, RelayMode, TransportAddr,
    endpoint::{Connection, PortmapperConfig, QuicTransportConfig, VarInt, presets},
};
use parcero::calls;
use tokio::{
    net::TcpListener,
    sync::mpsc::{self, Sender},
};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{
    Request, Status,
    metadata::{MetadataMap, MetadataValue},
    service::Routes,
    transport::{Channel, Endpoint as Address, Server},
};

use super::far::Far;
use crate::support::{
    figures::soon,
    probe::{Probe, probe, say, server},
    road::Task,
};

/// Two ends of a QUIC connection; everything ends with it.
struct Quic {
    connection: Connection,
    _endpoints: (Endpoint, Endpoint),
    _serving: Task,
}

#[derive(Clone)]
struct Dialled(Connection);

impl calls::Dial for Dialled {
    async fn dial(&self) -> Result<calls::Dialled, Status> {
        Ok(calls::Dialled {
            connection: self.0.clone(),
            in_use: Arc::default(),
        })
    }
}

async fn endpoint() -> Endpoint {
    let transport = QuicTransportConfig::builder()
        .max_concurrent_bidi_streams(VarInt::from_u32(1024))
        .build();
    Endpoint::builder(presets::Minimal)
        .alpns(vec![calls::ALPN.to_vec()])
        .relay_mode(RelayMode::Disabled)
        .portmapper_config(PortmapperConfig::Disabled)
        .transport_config(transport)
        .clear_ip_transports()
        .bind_addr("127.0.0.1:0")
        .unwrap()
        .bind()
        .await
        .unwrap()
}

impl Quic {
    async fn to(probe: Probe) -> Self {
        let (here, there) = (endpoint().await, endpoint().await);
        let addresses = there.bound_sockets().into_iter().map(TransportAddr::Ip);
        let address = EndpointAddr::from_parts(there.id(), addresses);
        let accepting = there.clone();
        let routes = Routes::new(server(probe)).prepare();
        let serving = Task::spawn(async move {
            while let Some(incoming) = accepting.accept().await {
                let connection = incoming.await.unwrap();
                let enter = || {
                    Ok(calls::Entered {
                        extensions: http::Extensions::new(),
                        held: std::sync::Arc::new(()),
                    })
                };
                calls::serve(connection, routes.clone(), enter).await;
            }
        });
        let connection = soon(here.connect(address, calls::ALPN)).await.unwrap();
        Self {
            connection,
            _endpoints: (here, there),
            _serving: serving,
        }
    }

    fn greeter(&self) -> GreeterClient<calls::Caller<Dialled>> {
        let caller = calls::Caller::new(Dialled(self.connection.clone()));
        GreeterClient::new(caller).max_decoding_message_size(16 << 20)
    }
}

async fn tcp(probe: Probe) -> (GreeterClient<Channel>, Task) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = Server::builder()
        .add_service(server(probe))
        .serve_with_incoming(TcpListenerStream::new(listener));
    let serving = Task::spawn(serving);
    let channel = Address::from_shared(url).unwrap().connect().await.unwrap();
    (
        GreeterClient::new(channel).max_decoding_message_size(16 << 20),
        serving,
    )
}

/// A request with metadata, twice of one name and bytes that are no text.
fn with_metadata<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    let metadata = request.metadata_mut();
    metadata.append("x-echo", "a value".parse().unwrap());
    metadata.append("x-echo", "another, of 100 %".parse().unwrap());
    metadata.insert_bin("x-echo-bin", MetadataValue::from_bytes(b"\0\r\n\xff"));
    request
}

/// What a caller sees of the metadata that the probe gave back, or of its trailers.
fn echoed(metadata: &MetadataMap) -> String {
    let texts = ["x-echo", "x-last", "x-why"].map(|key| metadata.get_all(key).iter().collect::<Vec<_>>());
    let bytes = ["x-echo-bin", "x-last-bin", "x-why-bin"].map(|key| {
        let values = metadata.get_all_bin(key).iter();
        values.map(|value| value.to_bytes().unwrap()).collect::<Vec<_>>()
    });
    format!("{texts:?} {bytes:?}")
}

/// What a caller sees of a status.
fn seen(status: &Status) -> String {
    format!(
        "{:?} {:?} {:?} {}",
        status.code(),
        status.message(),
        status.details(),
        echoed(status.metadata())
    )
}

/// Makes every call of the table, and writes down what came of each.
macro_rules! table {
    ($greeter:expr) => {{
        let mut greeter = $greeter;
        let mut seen_of: Vec<(&str, String)> = Vec::new();
        let answer = greeter
            .only_response(with_metadata(say("Hola", "Ana")))
            .await
            .unwrap();
        assert_eq!(answer.metadata().get_all("x-echo").iter().count(), 2);
        let head = echoed(answer.metadata());
        seen_of.push(("unary", format!("{head} {}", answer.into_inner().message)));
        let empty = greeter.only_response(say("", "")).await.unwrap().into_inner();
        seen_of.push(("empty", empty.message));
        let failed = greeter.only_response(say("fail", "")).await.unwrap_err();
        assert_eq!(failed.details(), b"\x08\x09details");
        seen_of.push(("a refusal with details", seen(&failed)));
        for size in [1, 16_383, 16_384, 65_535, 65_536, 4 << 20] {
            let answer = greeter.only_response(say("", "x".repeat(size))).await.unwrap();
            seen_of.push(("sizes", answer.into_inner().message.len().to_string()));
        }
        for (greeting, count) in [
            ("many", "1000"),
            ("none", "0"),
            ("fail", "3"),
            ("bad", "no number"),
        ] {
            let said = match greeter
                .server_streaming(with_metadata(say(greeting, count)))
                .await
            {
                Err(status) => seen(&status),
                Ok(answer) => {
                    let head = echoed(answer.metadata());
                    let mut replies = answer.into_inner();
                    let mut count = 0;
                    loop {
                        match replies.message().await {
                            Ok(Some(reply)) => {
                                assert_eq!(reply.message, format!("{greeting} {count}"));
                                count += 1;
                            }
                            Ok(None) => {
                                let trailers = replies.trailers().await.unwrap().unwrap();
                                assert!(trailers.contains_key("x-last"));
                                break format!("{head} {count}, then OK {}", echoed(&trailers));
                            }
                            Err(status) => break format!("{head} {count}, then {}", seen(&status)),
                        }
                    }
                }
            };
            seen_of.push(("server streaming", said));
        }
        for count in [0, 1, 1000] {
            let requests = stream::iter((0..count).map(|n| say("up", n.to_string())));
            let answer = greeter.client_streaming(with_metadata(requests)).await.unwrap();
            let head = echoed(answer.metadata());
            let answer = answer.into_inner();
            let last = answer.request.last().map(|last| last.name.clone());
            seen_of.push(("client streaming", format!("{head} {} {last:?}", answer.message)));
        }
        for last in ["ping", "fail"] {
            let (sender, requests) = mpsc::channel(1);
            let answer = greeter
                .bidirectional_streaming(with_metadata(ReceiverStream::new(requests)))
                .await
                .unwrap();
            let head = echoed(answer.metadata());
            let mut replies = answer.into_inner();
            for n in 0..50 {
                sender.send(say("ping", n.to_string())).await.unwrap();
                let reply = replies.message().await.unwrap().unwrap();
                assert_eq!(
                    reply.message,
                    format!("ping {n}"),
                    "each answer comes before the next request"
                );
            }
            sender.send(say(last, "")).await.unwrap();
            drop(sender);
            let end = match (replies.message().await, replies.message().await) {
                (Ok(Some(_)), Ok(None)) => echoed(&replies.trailers().await.unwrap().unwrap()),
                (Err(status), _) => seen(&status),
                other => panic!("{last}: {other:?}"),
            };
            seen_of.push(("bidirectional", format!("{head}, then {end}")));
        }
        seen_of
    }};
}

#[tokio::test]
async fn every_case_comes_out_the_same_over_quic_over_tcp_and_passed_on_by_another_peer() {
    let [
        (over_quic, _quic_told),
        (over_tcp, _tcp_told),
        (passed_on, _passed_told),
    ] = [probe(), probe(), probe()];
    let quic = Quic::to(over_quic).await;
    let (greeter, _serving) = tcp(over_tcp).await;
    let far = Far::with(passed_on).await;
    let near = far.near().await;
    let by_quic = soon(async { table!(quic.greeter()) }).await;
    let by_tcp = soon(async { table!(greeter) }).await;
    let by_another = soon(async { table!(far.greeter(&near).await) }).await;
    assert_eq!(by_quic, by_tcp);
    assert_eq!(by_another, by_tcp);
    assert_eq!(by_quic.len(), 18);
}

#[tokio::test]
async fn an_upload_that_is_cut_off_is_an_error_over_quic() {
    let (probe, mut told) = probe();
    let quic = Quic::to(probe).await;
    let mut greeter = quic.greeter();
    let (sender, requests) = mpsc::channel(1);
    let call = Task::spawn(async move { greeter.client_streaming(ReceiverStream::new(requests)).await });
    for n in 0..3 {
        sender.send(say("up", n.to_string())).await.unwrap();
    }
    drop(call);
    let (messages, ended) = soon(told.recv()).await.unwrap();
    assert!(
        messages <= 3 && ended.is_some(),
        "half of it looked whole: {messages} {ended:?}"
    );
}

#[tokio::test]
async fn a_handler_that_panics_ends_its_own_call_and_no_other() {
    let (probe, _told) = probe();
    let quic = Quic::to(probe).await;
    let (sender, requests) = mpsc::channel(1);
    sender.send(say("one", "word")).await.unwrap();
    let talk = quic
        .greeter()
        .bidirectional_streaming(ReceiverStream::new(requests))
        .await;
    let mut replies = talk.unwrap().into_inner();
    replies.message().await.unwrap().unwrap();
    // At once, and after it has waited for something.
    for greeting in ["now", "late"] {
        let broken = soon(quic.greeter().only_response(say(greeting, "panic"))).await;
        assert_eq!(broken.unwrap_err().code(), tonic::Code::Internal, "{greeting}");
        let answer = soon(quic.greeter().only_response(say(greeting, "Ana"))).await;
        assert_eq!(answer.unwrap().into_inner().message, format!("{greeting} Ana"));
    }
    sender.send(say("another", "word")).await.unwrap();
    soon(replies.message()).await.unwrap().unwrap();
}

/// Has fifty talks whose answers are dropped, and gives their senders.
macro_rules! abandoned_talks {
    ($greeter:expr) => {{
        let mut senders = Vec::new();
        for _ in 0..50 {
            let (sender, requests) = mpsc::channel(1);
            sender.send(say("one", "word")).await.unwrap();
            let answer = $greeter
                .bidirectional_streaming(ReceiverStream::new(requests))
                .await
                .unwrap();
            answer.into_inner().message().await.unwrap().unwrap();
            senders.push(sender);
        }
        senders
    }};
}

/// Waits until no talk is under way any more.
async fn end(talks: &AtomicUsize) {
    let start = std::time::Instant::now();
    while talks.load(Ordering::SeqCst) > 0 {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{} live on",
            talks.load(Ordering::SeqCst)
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_talk_whose_answers_nobody_waits_for_ends_over_quic_alone_while_its_sender_lives() {
    let [(over_quic, _quic_told), (over_tcp, _tcp_told)] = [probe(), probe()];
    let [quic_talks, tcp_talks] = [&over_quic, &over_tcp].map(|probe| probe.talks.clone());
    let quic = Quic::to(over_quic).await;
    let (mut greeter, _serving) = tcp(over_tcp).await;
    let by_tcp = soon(async { abandoned_talks!(greeter) }).await;
    let by_quic = soon(async { abandoned_talks!(quic.greeter()) }).await;
    // Every answer was dropped; every sender is still there.
    end(&quic_talks).await;
    assert!(
        by_quic.iter().all(Sender::is_closed),
        "nobody hears them any more"
    );
    // Whatever the client had to tell on its one TCP connection was told before this answer.
    greeter.only_response(say("Hola", "Ana")).await.unwrap();
    assert_eq!(
        tcp_talks.load(Ordering::SeqCst),
        50,
        "tonic tells its handlers now"
    );
    drop(by_tcp);
    end(&tcp_talks).await;
}

#[tokio::test]
async fn sixteen_streams_that_nobody_reads_harm_no_other_call() {
    let (probe, _told) = probe();
    let quic = Quic::to(probe).await;
    let mut unread = Vec::new();
    for _ in 0..16 {
        let mut greeter = quic.greeter();
        let answer = greeter
            .server_streaming(say(&"x".repeat(60_000), "100000"))
            .await
            .unwrap();
        unread.push(answer);
    }
    let calls = (0..64).map(|_| {
        let mut greeter = quic.greeter();
        async move {
            for _ in 0..50 {
                greeter.only_response(say("Hola", "Ana")).await.unwrap();
            }
        }
    });
    soon(futures_util::future::join_all(calls)).await;
    assert_eq!(unread.len(), 16);
}
