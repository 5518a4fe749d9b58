//! Services that do not do what a gRPC-Web service should, and what of a request reaches them.

use std::convert::Infallible;

use axum::body::Body;
use bridge::{
    frame::Frame,
    server::{BridgeBody, BridgeLayer},
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use tower::{Layer as _, service_fn};

use crate::support::{Client, Heard, PATIENCE, TestServer, UNARY, serve, within};

type BridgeRequest = Request<BridgeBody<Body>>;

/// A client of a call that `answer` answers.
async fn call(answer: impl Fn(BridgeRequest) -> Response<Body> + Clone + Send + Sync + 'static) -> Client {
    let service = service_fn(move |request| {
        let response = answer(request);
        async { Ok::<_, Infallible>(response) }
    });
    let app = axum::Router::new()
        .fallback_service(BridgeLayer::new().layer(service))
        .layer(axum::Extension("who is calling"));
    let (address, _) = serve(app).await;
    let mut client = Client::connect(address, UNARY).await;
    client.headers().await;
    client.finish().await;
    client
}

fn grpc_web(body: Body) -> Response<Body> {
    Response::builder()
        .header("content-type", "application/grpc-web+proto")
        .body(body)
        .unwrap()
}

fn trailers(block: &'static str) -> Bytes {
    Frame {
        flags: 0x80,
        payload: block.into(),
    }
    .encode()
}

/// The status and message of a call that `answer` answers; the socket must be closed with 1000.
async fn ending(answer: impl Fn() -> Response<Body> + Clone + Send + Sync + 'static) -> (u16, String) {
    let (status, message, close) = call(move |_| answer()).await.ending().await;
    assert_eq!(close, Some(1000));
    (status, message)
}

#[tokio::test]
async fn an_http_error_becomes_the_status_grpc_has_for_it() {
    for (http, grpc) in [
        (400, 13),
        (401, 16),
        (403, 7),
        (404, 12),
        (429, 14),
        (502, 14),
        (503, 14),
        (504, 14),
        (500, 2),
        (302, 2),
    ] {
        let (status, message) =
            ending(move || Response::builder().status(http).body(Body::from("oops")).unwrap()).await;
        assert_eq!(status, grpc, "for HTTP {http}");
        assert!(message.contains(&http.to_string()), "{message}");
    }
}

#[tokio::test]
async fn an_answer_that_is_a_web_page_is_an_error() {
    let (status, message) = ending(|| {
        Response::builder()
            .header("content-type", "text/html")
            .body(Body::from("<!doctype html>"))
            .unwrap()
    })
    .await;
    assert_eq!(status, 2);
    assert!(message.contains("not gRPC"), "{message}");
}

#[tokio::test]
async fn a_response_that_ends_without_trailers_gets_some() {
    let (status, message) = ending(|| grpc_web(Frame::message("hi".into()).encode().into())).await;
    assert_eq!(
        (status, &message[..]),
        (13, "the response ended without a status")
    );
    let (status, message) = ending(|| grpc_web(trailers("x-no-status: 1\r\n").into())).await;
    assert_eq!(
        (status, &message[..]),
        (13, "the response ended without a status")
    );
    let (status, message) = ending(|| grpc_web(Bytes::from_static(&[0, 0, 0, 0, 9, 1]).into())).await;
    assert_eq!(
        (status, &message[..]),
        (13, "the response ended in the middle of a message")
    );
}

#[tokio::test]
async fn a_response_that_breaks_off_says_why() {
    let (status, message) = ending(|| {
        let pieces: [Result<Bytes, &str>; 2] =
            [Ok(Frame::message("hi".into()).encode()), Err("the disk is full")];
        grpc_web(Body::from_stream(stream::iter(pieces)))
    })
    .await;
    assert_eq!(status, 13);
    assert!(message.contains("the disk is full"), "{message}");
}

#[tokio::test]
async fn a_compressed_answer_is_never_passed_on() {
    let (status, message) = ending(|| {
        grpc_web(
            Frame {
                flags: 1,
                payload: "zip".into(),
            }
            .encode()
            .into(),
        )
    })
    .await;
    assert_eq!(status, 13);
    assert!(message.contains("compressed"), "{message}");
}

#[tokio::test]
async fn the_encoding_of_an_answer_is_never_passed_on() {
    let mut client = call(|_| {
        let mut response = grpc_web(trailers("grpc-status: 0\r\n").into());
        response
            .headers_mut()
            .insert("grpc-encoding", "identity".parse().unwrap());
        response.headers_mut().insert("x-own", "kept".parse().unwrap());
        response
    })
    .await;
    let Heard::Block(headers) = client.hear().await else {
        panic!("no headers")
    };
    assert!(!headers.contains_key("grpc-encoding"));
    assert_eq!(headers["x-own"], "kept");
}

#[tokio::test]
async fn bytes_that_are_not_printable_are_percent_encoded() {
    let (status, message) =
        ending(|| grpc_web(trailers("grpc-status:2\r\ngrpc-message:\u{f1}andú 100%25\r\n").into())).await;
    assert_eq!((status, &message[..]), (2, "%C3%B1and%C3%BA 100%25"));
}

#[tokio::test]
async fn the_response_is_cut_into_frames_wherever_its_pieces_end() {
    let mut client = call(|_| {
        let reply = |message: &str| {
            use prost::Message as _;
            let reply = contract::greet::HelloReply {
                message: message.into(),
            };
            Frame::message(reply.encode_to_vec().into()).encode()
        };
        let all = [
            reply("one"),
            reply(""),
            reply("three"),
            trailers("grpc-status:0\r\n"),
        ]
        .concat();
        let pieces: Vec<_> = all
            .chunks(3)
            .map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece)))
            .collect();
        grpc_web(Body::from_stream(stream::iter(pieces)))
    })
    .await;
    assert!(matches!(client.hear().await, Heard::Block(_)));
    for message in ["one", "", "three"] {
        assert_eq!(client.hear().await, Heard::Reply(message.to_owned()));
    }
    assert_eq!(client.ending().await, (0, String::new(), Some(1000)));
}

#[tokio::test]
async fn a_service_that_speaks_grpc_with_real_trailers_will_do() {
    let (status, message) = ending(|| {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", "5".parse().unwrap());
        trailers.insert("grpc-message", "gone".parse().unwrap());
        let frames = [Ok::<_, Infallible>(http_body::Frame::trailers(trailers))];
        grpc_web(Body::new(StreamBody::new(stream::iter(frames))))
    })
    .await;
    assert_eq!((status, &message[..]), (5, "gone"));
}

#[tokio::test]
async fn what_the_server_knows_of_the_caller_reaches_the_service() {
    let (status, message) = {
        let mut client = call(|request| {
            assert_eq!(request.method(), "POST");
            assert_eq!(request.uri().path(), UNARY);
            let who = request.extensions().get::<&'static str>().copied();
            let mut response = grpc_web(Body::empty());
            response.headers_mut().insert("grpc-status", "0".parse().unwrap());
            response
                .headers_mut()
                .insert("grpc-message", who.unwrap_or("nobody").parse().unwrap());
            response
        })
        .await;
        let (status, message, _) = client.ending().await;
        (status, message)
    };
    assert_eq!((status, &message[..]), (0, "who is calling"));
}

#[tokio::test]
async fn without_tonic_a_request_cut_off_ends_with_an_error_that_says_so() {
    let (heard, mut hear) = tokio::sync::mpsc::channel(2);
    let service = service_fn(move |request: BridgeRequest| {
        let heard = heard.clone();
        // A task of its own: the handler itself is dropped when the client goes.
        tokio::spawn(async move {
            heard.send(Ok(())).await.unwrap();
            let collected = request.into_body().collect().await;
            heard.send(collected.map(drop)).await.unwrap();
        });
        std::future::pending::<Result<Response<Body>, Infallible>>()
    });
    let (address, _) = serve(axum::Router::new().fallback_service(BridgeLayer::new().layer(service))).await;
    let mut client = Client::connect(address, UNARY).await;
    client.headers().await;
    client.hello("Ana").await;
    within(PATIENCE, hear.recv())
        .await
        .unwrap()
        .expect("the call has begun");
    drop(client);
    let error = within(PATIENCE, hear.recv()).await.unwrap().unwrap_err();
    assert!(error.is::<bridge::server::UnfinishedRequest>());
    assert!(
        error.to_string().contains("before the client finished sending"),
        "{error}"
    );
}

#[tokio::test]
async fn a_handler_that_panics_ends_its_own_call_only() {
    let server = TestServer::start().await;
    let mut client = server.call(UNARY).await;
    client.headers().await;
    client.hello("panic").await;
    client.finish().await;
    assert_eq!(
        client.ending().await,
        (13, "the handler of this call panicked".to_owned(), Some(1011))
    );
    let mut client = server.call(UNARY).await;
    client.headers().await;
    client.hello("Ana").await;
    client.finish().await;
    assert_eq!(client.ending().await.0, 0);
}
