//! gzip and zstd, both ways on native gRPC; never on the roads to a browser, whose clients cannot unpack.

use std::io::Read;

use contract::{
    greet::HelloRequest,
    parcero::v1::{AboutRequest, peers_client::PeersClient},
};
use tonic::{Code, codec::CompressionEncoding};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest,
};

use crate::support::{
    TestPeer,
    road::{Answers, Ask, Event, Line, Road},
    wire::{hello, said},
};

/// A request whose reply is worth compressing.
fn request() -> HelloRequest {
    HelloRequest {
        name: "Ana ".repeat(1000),
        greeting: "Hola".into(),
    }
}

#[tokio::test]
async fn compressed_requests_are_taken_and_compressed_replies_are_given() {
    let peer = TestPeer::start(&[]);
    for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
        let mut greeter = peer
            .greeter()
            .await
            .send_compressed(encoding)
            .accept_compressed(encoding);
        let response = greeter.only_response(request()).await.unwrap();
        let name = format!("{encoding:?}").to_lowercase();
        assert_eq!(response.metadata().get("grpc-encoding").unwrap(), name.as_str());
        assert_eq!(
            response.into_inner().message,
            format!("Hola {}", "Ana ".repeat(1000))
        );

        let many = tokio_stream::iter(vec![request(); 3]);
        let echo = greeter.client_streaming(many).await.unwrap().into_inner();
        assert_eq!(echo.request, vec![request(); 3]);

        let many = tokio_stream::iter(vec![request(); 3]);
        let mut replies = greeter.bidirectional_streaming(many).await.unwrap().into_inner();
        for _ in 0..3 {
            assert!(
                replies
                    .message()
                    .await
                    .unwrap()
                    .unwrap()
                    .message
                    .starts_with("Hola Ana")
            );
        }
        assert_eq!(replies.message().await.unwrap(), None);
    }
}

#[tokio::test]
async fn every_service_takes_and_gives_compressed_messages() {
    let peer = TestPeer::start(&[]);
    for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
        let mut about = PeersClient::new(peer.channel().await)
            .send_compressed(encoding)
            .accept_compressed(encoding);
        let name = format!("{encoding:?}").to_lowercase();
        let answer = about.about(AboutRequest {}).await.unwrap();
        assert_eq!(answer.metadata().get("grpc-encoding").unwrap(), name.as_str());
        let mut health = HealthClient::new(peer.channel().await)
            .send_compressed(encoding)
            .accept_compressed(encoding);
        let answer = health.check(HealthCheckRequest::default()).await.unwrap();
        assert_eq!(answer.metadata().get("grpc-encoding").unwrap(), name.as_str());
        let question = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let mut reflection = ServerReflectionClient::new(peer.channel().await)
            .send_compressed(encoding)
            .accept_compressed(encoding);
        let mut answers = reflection
            .server_reflection_info(tokio_stream::iter([question]))
            .await
            .unwrap();
        assert_eq!(answers.metadata().get("grpc-encoding").unwrap(), name.as_str());
        let answers = answers.get_mut();
        assert!(answers.message().await.unwrap().is_some());
    }
}

/// The headers of an answer and its first frame.
async fn first(answers: &mut Answers) -> (http::HeaderMap, u8, bytes::Bytes) {
    let Some(Event::Headers(headers)) = answers.next().await else {
        panic!("no headers");
    };
    match answers.next().await {
        Some(Event::Message(frame)) => (headers, frame.flags, frame.message),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_reply_is_compressed_on_the_wire_only_for_a_native_caller_who_asked() {
    let peer = TestPeer::start(&[]);
    for road in Road::ALL {
        for accepted in ["gzip", "zstd,gzip", "identity", "snappy"] {
            let mut line = Line::connect(&peer, road).await;
            let ask = Ask::greeter("OnlyResponse")
                .with("grpc-accept-encoding", accepted)
                .with("accept-encoding", "gzip");
            let (mut asker, mut answers) = line.open(&ask).await;
            asker.send(&hello("Hola", &"Ana ".repeat(1000))).await;
            asker.finish().await;
            let (headers, flags, message) = first(&mut answers).await;
            // The body as a whole is never compressed: gRPC frames are.
            assert_eq!(headers.get("content-encoding"), None, "{road:?} {accepted}");
            if road.first() == Road::Native && accepted.contains("gzip") {
                assert_eq!(flags, 1, "{accepted}");
                assert!(message.len() < 1000, "{accepted}");
                if accepted == "gzip" {
                    assert_eq!(headers["grpc-encoding"], "gzip");
                    let mut unpacked = Vec::new();
                    flate2::read::GzDecoder::new(&*message)
                        .read_to_end(&mut unpacked)
                        .unwrap();
                    assert!(said(&unpacked).starts_with("Hola Ana"));
                }
            } else {
                assert_eq!(headers.get("grpc-encoding"), None, "{road:?} {accepted}");
                assert_eq!(flags, 0, "{road:?} {accepted}");
                assert!(said(&message).starts_with("Hola Ana"), "{road:?} {accepted}");
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_compression_is_unimplemented_and_the_answer_names_the_known_ones() {
    let peer = TestPeer::start(&[]);
    let mut line = Line::connect(&peer, Road::Native).await;
    let ask = Ask::greeter("OnlyResponse").with("grpc-encoding", "snappy");
    let answer = line.call(&ask, &[hello("Hola", "Ana")]).await;
    assert_eq!(answer.code, Code::Unimplemented, "{}", answer.status);
    let known = answer.trailers["grpc-accept-encoding"].to_str().unwrap();
    assert!(known.contains("gzip") && known.contains("zstd"), "{known}");
}

#[tokio::test]
async fn a_compressed_frame_without_a_named_compression_is_an_error_of_that_call_alone() {
    let peer = TestPeer::start(&[]);
    for road in Road::ALL {
        let mut line = Line::connect(&peer, road).await;
        let (mut asker, answers) = line.open(&Ask::greeter("OnlyResponse")).await;
        asker
            .send_bytes(crate::support::wire::framed(1, b"no gzip"))
            .await;
        asker.finish().await;
        let answer = answers.whole().await;
        assert!(
            [Code::Internal, Code::Unimplemented].contains(&answer.code),
            "{road:?}: {answer:?}"
        );
        let answer = line
            .call(&Ask::greeter("OnlyResponse"), &[hello("Hola", "Ana")])
            .await;
        assert_eq!(said(&answer.messages[0]), "Hola Ana", "{road:?}");
    }
}
