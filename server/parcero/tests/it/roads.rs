//! The four kinds of hello, the same over every road.

use std::time::{Duration, Instant};

use contract::greet::{HelloRequest, greeter_client::GreeterClient};
use futures_util::future::join_all;
use tonic::Code;

use crate::support::{
    TestPeer,
    figures::soon,
    road::{Answer, Ask, Line, Road, call},
    wire::{delayed, hello, said},
};

/// One call and what must come of it.
struct Case {
    name: &'static str,
    ask: Ask,
    messages: Vec<Vec<u8>>,
    expected: Expected,
}

enum Expected {
    /// These replies, and OK.
    Said(Vec<&'static str>),
    /// One reply that says this and echoes what was sent.
    Echo(&'static str),
    /// No reply, this code, and a status that holds this text.
    Refused(Code, &'static str),
}

fn cases() -> Vec<Case> {
    use Expected::{Echo, Refused, Said};
    let case = |name, ask: Ask, messages: &[Vec<u8>], expected| Case {
        name,
        ask,
        messages: messages.to_vec(),
        expected,
    };
    let server = || Ask::greeter("ServerStreaming").with("parcero-interval-ms", "0");
    let ana = || [hello("Hola", "Ana")];
    vec![
        case(
            "unary",
            Ask::greeter("OnlyResponse"),
            &ana(),
            Said(vec!["Hola Ana"]),
        ),
        case(
            "unary with empty strings",
            Ask::greeter("OnlyResponse"),
            &[hello("", "")],
            Said(vec![" "]),
        ),
        case(
            "unary with letters of the world",
            Ask::greeter("OnlyResponse"),
            &[hello("¡Qué más", "señor Ñandú 你好 🦜")],
            Said(vec!["¡Qué más señor Ñandú 你好 🦜"]),
        ),
        case(
            "server streaming",
            server(),
            &ana(),
            Said(vec![
                "Hola Ana 1",
                "Hola Ana 2",
                "Hola Ana 3",
                "Hola Ana 4",
                "Hola Ana 5",
            ]),
        ),
        case(
            "server streaming, twice",
            server().with("parcero-count", "2"),
            &ana(),
            Said(vec!["Hola Ana 1", "Hola Ana 2"]),
        ),
        case(
            "server streaming, never",
            server().with("parcero-count", "0"),
            &ana(),
            Said(vec![]),
        ),
        case(
            "client streaming",
            Ask::greeter("ClientStreaming"),
            &[hello("Hola", "Ana"), hello("", ""), hello("Quiubo", "Beto")],
            Echo("You have sent 3 messages. Please expect a delayed response."),
        ),
        case(
            "client streaming of nothing",
            Ask::greeter("ClientStreaming"),
            &[],
            Echo("You have sent 0 messages. Please expect a delayed response."),
        ),
        case(
            "bidirectional",
            Ask::greeter("BidirectionalStreaming"),
            &[hello("Hola", "Ana"), hello("", ""), hello("Quiubo", "Beto")],
            Said(vec!["Hola Ana", " ", "Quiubo Beto"]),
        ),
        case(
            "bidirectional, nothing said",
            Ask::greeter("BidirectionalStreaming"),
            &[],
            Said(vec![]),
        ),
        case(
            "a pause that is no number",
            Ask::greeter("ServerStreaming").with("parcero-interval-ms", "soon"),
            &ana(),
            Refused(Code::InvalidArgument, "parcero-interval-ms"),
        ),
        case(
            "a pause of one too many",
            Ask::greeter("ServerStreaming").with("parcero-interval-ms", "60001"),
            &ana(),
            Refused(Code::InvalidArgument, "60000"),
        ),
        case(
            "a pause below nothing",
            Ask::greeter("ServerStreaming").with("parcero-interval-ms", "-1"),
            &ana(),
            Refused(Code::InvalidArgument, "parcero-interval-ms"),
        ),
        case(
            "one reply too many",
            Ask::greeter("ServerStreaming").with("parcero-count", "100001"),
            &ana(),
            Refused(Code::InvalidArgument, "100000"),
        ),
        case(
            "a count that is no number",
            Ask::greeter("ServerStreaming").with("parcero-count", "1.5"),
            &ana(),
            Refused(Code::InvalidArgument, "parcero-count"),
        ),
        case(
            "a count of nothing at all",
            Ask::greeter("ServerStreaming").with("parcero-count", ""),
            &ana(),
            Refused(Code::InvalidArgument, "parcero-count"),
        ),
        case(
            "a message that is no protocol buffer",
            Ask::greeter("OnlyResponse"),
            &[vec![0xff; 3]],
            Refused(Code::Internal, ""),
        ),
        case(
            "unary without its message",
            Ask::greeter("OnlyResponse"),
            &[],
            Refused(Code::Internal, ""),
        ),
        case(
            "an unknown method",
            Ask::greeter("Sing"),
            &ana(),
            Refused(Code::Unimplemented, ""),
        ),
        case(
            "an unknown service",
            Ask::path("/greet.Singer/Sing"),
            &ana(),
            Refused(Code::Unimplemented, ""),
        ),
        case(
            "no method at all",
            Ask::path("/x"),
            &ana(),
            Refused(Code::Unimplemented, ""),
        ),
    ]
}

#[track_caller]
fn check(road: Road, case: &Case, answer: &Answer) {
    let name = case.name;
    match &case.expected {
        Expected::Said(expected) => {
            assert_eq!(answer.code, Code::Ok, "{road:?}, {name}: {}", answer.status);
            let said: Vec<_> = answer.messages.iter().map(|message| said(message)).collect();
            assert_eq!(said, *expected, "{road:?}, {name}");
        }
        Expected::Echo(sentence) => {
            assert_eq!(answer.code, Code::Ok, "{road:?}, {name}: {}", answer.status);
            assert_eq!(answer.messages.len(), 1, "{road:?}, {name}");
            let reply = delayed(&answer.messages[0]);
            assert_eq!(reply.message, *sentence, "{road:?}, {name}");
            let echo: Vec<_> = reply
                .request
                .iter()
                .map(|r| hello(&r.greeting, &r.name))
                .collect();
            assert_eq!(echo, case.messages, "{road:?}, {name}");
        }
        Expected::Refused(code, text) => {
            assert_eq!(answer.code, *code, "{road:?}, {name}: {}", answer.status);
            assert!(
                answer.status.contains(text),
                "{road:?}, {name}: {}",
                answer.status
            );
            assert_eq!(answer.messages.len(), 0, "{road:?}, {name}");
        }
    }
}

async fn every_case(road: Road) {
    let peer = TestPeer::start(&[]);
    for case in cases() {
        let answer = call(&peer, road, &case.ask, &case.messages).await;
        check(road, &case, &answer);
    }
}

#[tokio::test]
async fn every_kind_of_call_works_over_native_http2() {
    every_case(Road::Native).await;
}

#[tokio::test]
async fn every_kind_of_call_works_as_grpc_web_over_http1() {
    every_case(Road::Web1).await;
}

#[tokio::test]
async fn every_kind_of_call_works_as_grpc_web_over_http2() {
    every_case(Road::Web2).await;
}

#[tokio::test]
async fn every_kind_of_call_works_as_grpc_web_text_over_http1() {
    every_case(Road::Text1).await;
}

#[tokio::test]
async fn every_kind_of_call_works_as_grpc_web_text_over_http2() {
    every_case(Road::Text2).await;
}

#[tokio::test]
async fn every_kind_of_call_works_over_the_bridge() {
    every_case(Road::Bridge).await;
}

#[tokio::test]
async fn every_kind_of_call_works_over_native_http2_and_another_peer() {
    every_case(Road::NativeFar).await;
}

#[tokio::test]
async fn every_kind_of_call_works_as_grpc_web_over_http2_and_another_peer() {
    every_case(Road::Web2Far).await;
}

#[tokio::test]
async fn every_kind_of_call_works_as_grpc_web_text_over_http1_and_another_peer() {
    every_case(Road::Text1Far).await;
}

#[tokio::test]
async fn every_kind_of_call_works_over_the_bridge_and_another_peer() {
    every_case(Road::BridgeFar).await;
}

#[tokio::test]
async fn every_road_leads_to_the_ipv6_loopback_too() {
    let peer = TestPeer::start_in(tempfile::tempdir().unwrap(), "[::1]:0", &[]);
    for road in Road::ALL {
        let answer = call(
            &peer,
            road,
            &Ask::greeter("OnlyResponse"),
            &[hello("Hola", "Ana")],
        )
        .await;
        assert_eq!(said(&answer.messages[0]), "Hola Ana", "{road:?}");
    }
}

#[tokio::test]
async fn the_generated_client_makes_all_four_kinds_of_call() {
    let peer = TestPeer::start(&[]);
    let mut greeter: GreeterClient<_> = peer.greeter().await;
    let ana = HelloRequest {
        name: "Ana".into(),
        greeting: "Hola".into(),
    };

    let reply = greeter.only_response(ana.clone()).await.unwrap().into_inner();
    assert_eq!(reply.message, "Hola Ana");

    let mut request = tonic::Request::new(ana.clone());
    request.metadata_mut().insert("parcero-interval-ms", 0.into());
    let mut replies = greeter.server_streaming(request).await.unwrap().into_inner();
    for i in 1..=5 {
        assert_eq!(
            replies.message().await.unwrap().unwrap().message,
            format!("Hola Ana {i}")
        );
    }
    assert_eq!(replies.message().await.unwrap(), None);

    let three = tokio_stream::iter(vec![ana.clone(); 3]);
    let reply = greeter.client_streaming(three).await.unwrap().into_inner();
    assert_eq!(reply.request, vec![ana.clone(); 3]);

    let two = tokio_stream::iter(vec![ana.clone(); 2]);
    let mut replies = greeter.bidirectional_streaming(two).await.unwrap().into_inner();
    for _ in 0..2 {
        assert_eq!(replies.message().await.unwrap().unwrap().message, "Hola Ana");
    }
    assert_eq!(replies.message().await.unwrap(), None);
}

#[tokio::test]
async fn a_bidirectional_reply_comes_before_the_next_request_is_sent() {
    let peer = TestPeer::start(&[]);
    for road in [
        Road::Native,
        Road::Web2,
        Road::Text2,
        Road::Bridge,
        Road::NativeFar,
        Road::Web2Far,
        Road::BridgeFar,
    ] {
        let mut line = Line::connect(&peer, road).await;
        let (mut asker, mut answers) = line.open(&Ask::greeter("BidirectionalStreaming")).await;
        for name in ["Ana", "Beto", "Chus"] {
            asker.send(&hello("Hola", name)).await;
            assert_eq!(said(&answers.message().await), format!("Hola {name}"), "{road:?}");
        }
        asker.finish().await;
        assert_eq!(answers.whole().await.code, Code::Ok, "{road:?}");
    }
}

#[tokio::test]
async fn server_streaming_answers_at_the_pace_asked_for() {
    let peer = TestPeer::start(&[]);
    join_all(Road::ALL.map(|road| {
        let peer = &peer;
        async move {
            let mut line = Line::connect(peer, road).await;
            let ask = Ask::greeter("ServerStreaming").with("parcero-interval-ms", "200");
            let (mut asker, mut answers) = line.open(&ask).await;
            asker.send(&hello("Hola", "Ana")).await;
            asker.finish().await;
            let start = Instant::now();
            for i in 0..5 {
                answers.message().await;
                let due = Duration::from_millis(200) * i;
                let at = start.elapsed();
                // Half a pause late at most: so they come one by one and not all at the end.
                assert!(
                    at + Duration::from_millis(50) > due,
                    "{road:?}: {i} came early, at {at:?}"
                );
                assert!(
                    at < due + Duration::from_millis(150),
                    "{road:?}: {i} came late, at {at:?}"
                );
            }
        }
    }))
    .await;
}

#[tokio::test]
async fn server_streaming_answers_five_times_two_seconds_apart_by_default() {
    let peer = TestPeer::start(&[]);
    let start = Instant::now();
    let answer = call(
        &peer,
        Road::Native,
        &Ask::greeter("ServerStreaming"),
        &[hello("Hola", "Ana")],
    )
    .await;
    let took = start.elapsed();
    assert_eq!(answer.messages.len(), 5);
    assert!(
        (Duration::from_secs(8)..Duration::from_secs(9)).contains(&took),
        "{took:?}"
    );
}

#[tokio::test]
async fn concurrent_calls_are_independent() {
    let peer = TestPeer::start(&[]);
    let calls = (0..20).flat_map(|n| Road::ALL.map(|road| (n, road)));
    let peer = &peer;
    let calls = calls.map(|(n, road)| async move {
        let name = format!("{road:?} {n}");
        let ask = Ask::greeter("BidirectionalStreaming");
        let messages: Vec<_> = (0..n).map(|m| hello(&name, &m.to_string())).collect();
        let answer = call(peer, road, &ask, &messages).await;
        let replies: Vec<_> = answer.messages.iter().map(|message| said(message)).collect();
        let expected: Vec<_> = (0..n).map(|m| format!("{name} {m}")).collect();
        assert_eq!(replies, expected);
    });
    soon(join_all(calls)).await;
}

#[tokio::test]
async fn a_slow_call_holds_up_no_other_call_on_its_connection() {
    let peer = TestPeer::start(&[]);
    for road in [Road::Native, Road::Web2] {
        let mut line = Line::connect(&peer, road).await;
        let slow = Ask::greeter("ServerStreaming").with("parcero-interval-ms", "60000");
        let (mut asker, mut answers) = line.open(&slow).await;
        asker.send(&hello("Hola", "Ana")).await;
        asker.finish().await;
        answers.message().await;
        for _ in 0..100 {
            let answer = line
                .call(&Ask::greeter("OnlyResponse"), &[hello("Hola", "Beto")])
                .await;
            assert_eq!(said(&answer.messages[0]), "Hola Beto");
        }
    }
}
