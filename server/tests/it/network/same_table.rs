//! The same cases over a QUIC stream a call and over plain tonic on TCP: they differ only where HTTP/2 with tonic is wrong.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use contract::greet::{
    DelayedReply, HelloReply, HelloRequest,
    greeter_client::GreeterClient,
    greeter_server::{Greeter, GreeterServer},
};
use futures_util::{Stream, StreamExt, stream};
use iroh::{
    Endpoint, EndpointAddr, RelayMode, TransportAddr,
    endpoint::{Connection, PortmapperConfig, QuicTransportConfig, VarInt, presets},
};
use parcero::calls;
use tokio::{net::TcpListener, sync::mpsc};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{
    Code, Request, Response, Status, Streaming,
    metadata::{MetadataMap, MetadataValue},
    service::Routes,
    transport::{Channel, Endpoint as Address, Server},
};

use crate::support::{figures::soon, road::Task};

/// A Greeter that does as it is told, and tells what became of its calls.
#[derive(Clone)]
struct Probe {
    /// How uploads ended: messages, and OK or the code.
    uploads: mpsc::Sender<(usize, Option<Code>)>,
    /// Talks that are under way.
    talks: Arc<AtomicUsize>,
}

struct Talk(Arc<AtomicUsize>);

impl Drop for Talk {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

type Replies = Pin<Box<dyn Stream<Item = Result<HelloReply, Status>> + Send>>;

fn reply(message: String) -> HelloReply {
    HelloReply { message }
}

fn refusal() -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert("x-why", "because".parse().unwrap());
    metadata.insert_bin("x-why-bin", MetadataValue::from_bytes(&[0, 1, 255]));
    Status::with_details_and_metadata(
        Code::FailedPrecondition,
        "no: ñandú & 100 %",
        Bytes::from_static(b"\x08\x09details"),
        metadata,
    )
}

#[tonic::async_trait]
impl Greeter for Probe {
    type ServerStreamingStream = Replies;
    type BidirectionalStreamingStream = Replies;

    async fn only_response(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        let metadata = request.metadata().clone();
        let HelloRequest { name, greeting } = request.into_inner();
        if greeting == "fail" {
            return Err(refusal());
        }
        let mut response = Response::new(reply(format!("{greeting} {name}")));
        if let Some(value) = metadata.get("x-echo") {
            response.metadata_mut().insert("x-echo", value.clone());
        }
        if let Some(value) = metadata.get_bin("x-echo-bin") {
            response.metadata_mut().insert_bin("x-echo-bin", value.clone());
        }
        Ok(response)
    }

    async fn server_streaming(&self, request: Request<HelloRequest>) -> Result<Response<Replies>, Status> {
        let HelloRequest { name, greeting } = request.into_inner();
        let count: usize = name.parse().map_err(|_| refusal())?;
        let last = (greeting == "fail").then(|| Err(refusal()));
        let replies = stream::iter((0..count).map(move |n| Ok(reply(format!("{greeting} {n}")))));
        Ok(Response::new(Box::pin(replies.chain(stream::iter(last)))))
    }

    async fn client_streaming(
        &self,
        request: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<DelayedReply>, Status> {
        let mut requests = request.into_inner();
        let mut all = Vec::new();
        loop {
            match requests.message().await {
                Ok(Some(request)) => all.push(request),
                Ok(None) => break,
                Err(status) => {
                    self.uploads.send((all.len(), Some(status.code()))).await.unwrap();
                    return Err(status);
                }
            }
        }
        self.uploads.send((all.len(), None)).await.unwrap();
        Ok(Response::new(DelayedReply {
            message: format!("{} came", all.len()),
            request: all,
        }))
    }

    async fn bidirectional_streaming(
        &self,
        request: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<Replies>, Status> {
        self.talks.fetch_add(1, Ordering::SeqCst);
        let talk = Talk(self.talks.clone());
        let replies = request.into_inner().map(move |request| {
            let _ = &talk;
            request.map(|request| reply(format!("{} {}", request.greeting, request.name)))
        });
        Ok(Response::new(Box::pin(replies)))
    }
}

/// The routes, and what is told of them.
fn probe() -> (Probe, mpsc::Receiver<(usize, Option<Code>)>) {
    let (uploads, told) = mpsc::channel(64);
    let probe = Probe {
        uploads,
        talks: Arc::default(),
    };
    (probe, told)
}

fn server(probe: Probe) -> GreeterServer<Probe> {
    GreeterServer::new(probe).max_decoding_message_size(16 << 20)
}

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
                        caller: (),
                        permits: Vec::new(),
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

fn say(greeting: &str, name: impl Into<String>) -> HelloRequest {
    HelloRequest {
        greeting: greeting.into(),
        name: name.into(),
    }
}

fn with_metadata(request: HelloRequest) -> Request<HelloRequest> {
    let mut request = Request::new(request);
    request
        .metadata_mut()
        .insert("x-echo", "a value".parse().unwrap());
    request
        .metadata_mut()
        .insert_bin("x-echo-bin", MetadataValue::from_bytes(b"\0\r\n\xff"));
    request
}

/// What a caller sees of a status.
fn seen(status: &Status) -> String {
    let why = status
        .metadata()
        .get("x-why")
        .map(|why| why.to_str().unwrap().to_owned());
    let bytes = status
        .metadata()
        .get_bin("x-why-bin")
        .map(|why| why.to_bytes().unwrap());
    format!(
        "{:?} {:?} {:?} {why:?} {bytes:?}",
        status.code(),
        status.message(),
        status.details()
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
        let echoed = answer.metadata().get("x-echo").unwrap().clone();
        let bytes = answer
            .metadata()
            .get_bin("x-echo-bin")
            .unwrap()
            .to_bytes()
            .unwrap();
        seen_of.push((
            "unary",
            format!("{} {echoed:?} {bytes:?}", answer.into_inner().message),
        ));
        let empty = greeter.only_response(say("", "")).await.unwrap().into_inner();
        seen_of.push(("empty", empty.message));
        let failed = greeter.only_response(say("fail", "")).await.unwrap_err();
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
            let said = match greeter.server_streaming(say(greeting, count)).await {
                Err(status) => seen(&status),
                Ok(answer) => {
                    let mut replies = answer.into_inner();
                    let mut count = 0;
                    loop {
                        match replies.message().await {
                            Ok(Some(reply)) => {
                                assert_eq!(reply.message, format!("{greeting} {count}"));
                                count += 1;
                            }
                            Ok(None) => break format!("{count}, then OK"),
                            Err(status) => break format!("{count}, then {}", seen(&status)),
                        }
                    }
                }
            };
            seen_of.push(("server streaming", said));
        }
        for count in [0, 1, 1000] {
            let requests = stream::iter((0..count).map(|n| say("up", n.to_string())));
            let answer = greeter.client_streaming(requests).await.unwrap().into_inner();
            let last = answer.request.last().map(|last| last.name.clone());
            seen_of.push(("client streaming", format!("{} {last:?}", answer.message)));
        }
        let (sender, requests) = mpsc::channel(1);
        let answer = greeter
            .bidirectional_streaming(ReceiverStream::new(requests))
            .await
            .unwrap();
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
        drop(sender);
        seen_of.push(("bidirectional", format!("{:?}", replies.message().await.unwrap())));
        seen_of
    }};
}

#[tokio::test]
async fn every_case_comes_out_the_same_over_quic_and_over_tcp() {
    let (over_quic, _quic_told) = probe();
    let (over_tcp, _tcp_told) = probe();
    let quic = Quic::to(over_quic).await;
    let (greeter, _serving) = tcp(over_tcp).await;
    let by_quic = soon(async { table!(quic.greeter()) }).await;
    let by_tcp = soon(async { table!(greeter) }).await;
    assert_eq!(by_quic, by_tcp);
    assert_eq!(by_quic.len(), 17);
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
async fn a_talk_whose_answers_nobody_waits_for_ends_although_its_sender_lives() {
    let (probe, _told) = probe();
    let talks = probe.talks.clone();
    let quic = Quic::to(probe).await;
    let mut senders = Vec::new();
    for _ in 0..50 {
        let (sender, requests) = mpsc::channel(1);
        let mut greeter = quic.greeter();
        sender.send(say("one", "word")).await.unwrap();
        let answer = greeter
            .bidirectional_streaming(ReceiverStream::new(requests))
            .await
            .unwrap();
        let mut replies = answer.into_inner();
        replies.message().await.unwrap();
        senders.push(sender);
    }
    // Every answer was dropped; every sender is still there.
    let start = std::time::Instant::now();
    while talks.load(Ordering::SeqCst) > 0 {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{} live on",
            talks.load(Ordering::SeqCst)
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(senders.len(), 50);
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
