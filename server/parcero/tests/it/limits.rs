//! How much a caller may send, ask for and open (S15, S16, S18), and that reaching a limit harms nothing else.

use std::{
    future::poll_fn,
    time::{Duration, Instant},
};

use bytes::Bytes;
use contract::greet::HelloRequest;
use futures_util::future::join_all;
use http::Request;
use tonic::{Code, codec::CompressionEncoding};

use crate::support::{
    TestPeer, connected,
    figures::soon,
    http1::{Raw, request},
    road::{Ask, Line, Road, Task, call},
    wire::{delayed, framed, hello, hello_of, said},
};

/// The default, and one that is quick to reach.
const LIMITS: [(usize, &[&str]); 2] = [(4 * 1024 * 1024, &[]), (1000, &["--max-message-bytes", "1000"])];

/// Takes a message and answers none, so that only what comes in counts.
fn swallow() -> Ask {
    Ask::greeter("ServerStreaming").with("parcero-count", "0")
}

// S16
#[tokio::test]
async fn a_message_of_just_the_limit_comes_in_and_one_byte_more_does_not() {
    for (limit, arguments) in LIMITS {
        let peer = TestPeer::start(arguments);
        for road in Road::ALL {
            let mut line = Line::connect(&peer, road).await;
            for fits in [limit - 1, limit] {
                let answer = line.call(&swallow(), &[hello_of(fits)]).await;
                assert_eq!(answer.code, Code::Ok, "{road:?} {fits}: {}", answer.status);
            }
            let answer = line.call(&swallow(), &[hello_of(limit + 1)]).await;
            assert_eq!(
                answer.code,
                Code::ResourceExhausted,
                "{road:?}: {}",
                answer.status
            );
            // The person who reads it learns by how much, and what is possible.
            assert!(
                answer.status.contains(&(limit + 1).to_string()),
                "{road:?}: {}",
                answer.status
            );
            assert!(
                answer.status.contains(&limit.to_string()),
                "{road:?}: {}",
                answer.status
            );

            // The connection lives on.
            let answer = line
                .call(&Ask::greeter("OnlyResponse"), &[hello("Hola", "Ana")])
                .await;
            assert_eq!(said(&answer.messages[0]), "Hola Ana", "{road:?}");
        }
    }
}

// S16
#[tokio::test]
async fn a_message_of_just_the_limit_goes_out_and_one_byte_more_does_not() {
    for (limit, arguments) in LIMITS {
        let peer = TestPeer::start(arguments);
        for road in Road::ALL {
            let mut line = Line::connect(&peer, road).await;
            // A reply is one byte longer than its request, by the space between greeting and name.
            for method in ["OnlyResponse", "BidirectionalStreaming"] {
                let answer = line.call(&Ask::greeter(method), &[hello_of(limit - 1)]).await;
                assert_eq!(answer.code, Code::Ok, "{road:?} {method}: {}", answer.status);
                assert_eq!(answer.messages[0].len(), limit, "{road:?} {method}");

                let answer = line.call(&Ask::greeter(method), &[hello_of(limit)]).await;
                assert_eq!(
                    answer.code,
                    Code::ResourceExhausted,
                    "{road:?} {method}: {}",
                    answer.status
                );
                assert_eq!(answer.messages.len(), 0, "{road:?} {method}");
            }
            let answer = line
                .call(&Ask::greeter("OnlyResponse"), &[hello("Hola", "Ana")])
                .await;
            assert_eq!(said(&answer.messages[0]), "Hola Ana", "{road:?}");
        }
    }
}

#[tokio::test]
async fn replies_before_the_one_that_is_too_large_still_arrive() {
    let peer = TestPeer::start(&["--max-message-bytes", "1000"]);
    for road in Road::ALL {
        let messages = [
            hello("Hola", "Ana"),
            hello("Hola", "Beto"),
            hello_of(1001),
            hello("Hola", "Chus"),
        ];
        let answer = call(&peer, road, &Ask::greeter("BidirectionalStreaming"), &messages).await;
        assert_eq!(answer.code, Code::ResourceExhausted, "{road:?}");
        // What had been read may still be on its way out when the call ends: some replies, in order, none wrong.
        let replies: Vec<_> = answer.messages.iter().map(|message| said(message)).collect();
        assert!(
            ["Hola Ana", "Hola Beto"].starts_with(&replies.iter().map(String::as_str).collect::<Vec<_>>())
        );
    }
}

// S16: what a message claims to be is not what is set aside for it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_announced_length_costs_nothing_until_the_bytes_come() {
    let peer = TestPeer::start(&[]);
    let before = peer.memory();
    let limit = 4 * 1024 * 1024_u32;
    for road in Road::LIVE {
        let mut line = Line::connect(&peer, road).await;
        let mut calls = Vec::new();
        for _ in 0..50 {
            let (mut asker, answers) = line.open(&Ask::greeter("BidirectionalStreaming")).await;
            asker
                .send_bytes([&[0], &limit.to_be_bytes()[..], b"abc"].concat())
                .await;
            calls.push((asker, answers));
        }
        let mut figures = peer.figures().await;
        figures
            .until("fifty open calls", |figures| figures.open == 50)
            .await;
        let grown = peer.memory().saturating_sub(before);
        // Set aside in full it would be 200 MiB.
        assert!(grown < 64 * 1024 * 1024, "{road:?}: {grown} bytes");
        drop(calls);
        figures.until("no open call", |figures| figures.open == 0).await;
    }
}

// S15
#[tokio::test]
async fn a_compressed_message_counts_as_large_as_it_unpacks_to() {
    let peer = TestPeer::start(&["--max-message-bytes", "100000"]);
    for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
        let mut greeter = peer.greeter().await.send_compressed(encoding);
        let mut ask = async |bytes: usize| {
            let prefix = hello_of(bytes).len() - (bytes - 4);
            let request = HelloRequest {
                name: "n".repeat(bytes - prefix),
                greeting: String::new(),
            };
            let mut request = tonic::Request::new(request);
            request.metadata_mut().insert("parcero-count", 0.into());
            soon(greeter.server_streaming(request))
                .await
                .map(|_| ())
                .map_err(|status| status.code())
        };
        assert_eq!(ask(99_999).await, Ok(()), "{encoding:?}");
        assert_eq!(ask(100_000).await, Ok(()), "{encoding:?}");
        assert_eq!(ask(100_001).await, Err(Code::ResourceExhausted), "{encoding:?}");
        assert_eq!(ask(10).await, Ok(()), "{encoding:?}: the connection lives on");
    }
}

// S15: zip bomb.
#[tokio::test]
async fn a_zip_bomb_is_refused_before_it_is_unpacked() {
    let peer = TestPeer::start(&[]);
    for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
        let mut greeter = peer.greeter().await.send_compressed(encoding);
        #[cfg(target_os = "linux")]
        let before = peer.memory();
        let bomb = HelloRequest {
            name: "n".repeat(32 * 1024 * 1024),
            greeting: String::new(),
        };
        let status = soon(greeter.only_response(bomb)).await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{encoding:?}: {status}");
        #[cfg(target_os = "linux")]
        {
            let grown = peer.memory().saturating_sub(before);
            // The limit of 4 MiB, and what buffers grow by.
            assert!(grown < 16 * 1024 * 1024, "{encoding:?}: {grown} bytes");
        }
        let reply = greeter.only_response(HelloRequest::default()).await.unwrap();
        assert_eq!(reply.into_inner().message, " ");
    }
}

// S16
#[tokio::test]
async fn client_streaming_ends_before_its_echo_passes_the_limit_however_long_its_client_sends() {
    let peer = TestPeer::start(&["--max-message-bytes", "100000"]);
    for road in Road::ALL {
        for message in [hello("Hola", "Ana"), hello_of(30_000), vec![]] {
            let mut line = Line::connect(&peer, road).await;
            let (mut asker, answers) = line.open(&Ask::greeter("ClientStreaming")).await;
            let answers = answers.whole();
            tokio::pin!(answers);
            let mut counted = 0;
            let answer = loop {
                // It never finishes. By HTTP/1.1 it pauses, for nobody reads on for ever before he answers; by the others it
                // goes on, but so that it hears the answer on a machine that is busy.
                let is_over = counted > 150_000;
                counted += (message.len() + 5).max(16);
                if is_over && matches!(road.first(), Road::Web1 | Road::Text1) {
                    break answers.await;
                }
                let send = async {
                    if is_over {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                    asker.send(&message).await
                };
                tokio::select! {
                    answer = &mut answers => break answer,
                    taken = send => if !taken {
                        break answers.await;
                    },
                }
            };
            assert_eq!(
                answer.code,
                Code::ResourceExhausted,
                "{road:?}: {}",
                answer.status
            );
            assert!(answer.status.contains("100000"), "{road:?}: {}", answer.status);
        }
        // Three of these are an echo within the limit.
        let answer = call(
            &peer,
            road,
            &Ask::greeter("ClientStreaming"),
            &vec![hello_of(30_000); 3],
        )
        .await;
        assert_eq!(answer.code, Code::Ok, "{road:?}: {}", answer.status);
        assert_eq!(delayed(&answer.messages[0]).request.len(), 3, "{road:?}");
    }
}

// S16: metadata.
#[tokio::test]
async fn metadata_of_16_kibibytes_is_the_most_on_every_road() {
    let peer = TestPeer::start(&[]);
    for road in Road::ALL {
        let mut line = Line::connect(&peer, road).await;
        let hello = [hello("Hola", "Ana")];
        let fits = Ask::greeter("OnlyResponse").with("x-much", &"m".repeat(15 * 1024));
        assert_eq!(line.call(&fits, &hello).await.code, Code::Ok, "{road:?}");

        let over = Ask::greeter("OnlyResponse").with("x-much", &"m".repeat(16 * 1024));
        let answer = line.call(&over, &hello).await;
        assert_eq!(
            answer.code,
            Code::ResourceExhausted,
            "{road:?}: {}",
            answer.status
        );

        let mut many = Ask::greeter("OnlyResponse");
        for n in 0..40 {
            many = many.with(&format!("x-much-{n}"), &"m".repeat(512));
        }
        let answer = line.call(&many, &hello).await;
        assert_eq!(
            answer.code,
            Code::ResourceExhausted,
            "{road:?}: {}",
            answer.status
        );

        assert_eq!(
            line.call(&fits, &hello).await.code,
            Code::Ok,
            "{road:?}: the connection lives on"
        );
    }
}

#[tokio::test]
async fn a_hundred_and_fifty_small_metadata_entries_fit_on_every_road() {
    let peer = TestPeer::start(&[]);
    for road in Road::ALL {
        let mut many = Ask::greeter("OnlyResponse");
        for n in 0..150 {
            many = many.with(&format!("x-entry-{n}"), "x");
        }
        let answer = call(&peer, road, &many, &[hello("Hola", "Ana")]).await;
        assert_eq!(answer.code, Code::Ok, "{road:?}: {}", answer.status);
    }
}

/// A connection of raw HTTP/2.
async fn http2(peer: &TestPeer, builder: &h2::client::Builder) -> (h2::client::SendRequest<Bytes>, Task) {
    let stream = connected(peer.address()).await;
    let (sender, connection) = builder.handshake(stream).await.unwrap();
    (sender, Task::spawn(connection))
}

fn bidi(peer: &TestPeer) -> Request<()> {
    Request::post(format!(
        "http://{}/greet.Greeter/BidirectionalStreaming",
        peer.host()
    ))
    .header("content-type", "application/grpc")
    .header("te", "trailers")
    .body(())
    .unwrap()
}

// S16 and S18
#[tokio::test]
async fn a_connection_has_100_calls_at_once_and_the_rest_is_refused_without_harm() {
    let peer = TestPeer::start(&[]);
    // A client that does not wait to be told how many it may open.
    let mut rude = h2::client::Builder::new();
    let (mut sender, _connection) = http2(&peer, rude.initial_max_send_streams(1000)).await;
    let mut calls = Vec::new();
    for _ in 0..150 {
        calls.push(sender.send_request(bidi(&peer), false).unwrap());
    }
    let mut open = Vec::new();
    let mut refused = 0;
    for (response, body) in calls {
        match soon(response).await {
            Ok(response) => open.push((response, body)),
            Err(error) => {
                assert_eq!(error.reason(), Some(h2::Reason::REFUSED_STREAM), "{error}");
                refused += 1;
            }
        }
    }
    assert_eq!((open.len(), refused), (100, 50));
    assert_eq!(sender.current_max_send_streams(), 100);
    let mut figures = peer.figures().await;
    assert_eq!(figures.now().await.open, 100);

    // One leaves, the next may come.
    let (response, mut body) = open.pop().unwrap();
    body.send_data(Bytes::new(), true).unwrap();
    drop(response);
    figures.until("99 open calls", |figures| figures.open == 99).await;
    let (response, _body) = sender.send_request(bidi(&peer), false).unwrap();
    assert_eq!(soon(response).await.unwrap().status(), 200);
}

// S18: rapid reset.
#[tokio::test]
async fn streams_opened_and_reset_at_once_harm_nobody_else() {
    const ATTACK: Duration = Duration::from_secs(2);
    let peer = TestPeer::start(&[]);
    let start = Instant::now();
    let attack = async |n: usize| {
        let mut opened = 0;
        while start.elapsed() < ATTACK {
            let (sender, connection) =
                http2(&peer, h2::client::Builder::new().max_concurrent_reset_streams(0)).await;
            let mut sender = sender;
            // Until the connection is ended for it, or the time is up.
            while start.elapsed() < ATTACK {
                if poll_fn(|cx| sender.poll_ready(cx)).await.is_err() {
                    break;
                }
                let Ok((_response, mut body)) = sender.send_request(bidi(&peer), false) else {
                    break;
                };
                if n.is_multiple_of(2) {
                    // Some with a message, so that a handler has something to do.
                    drop(body.send_data(framed(0, &hello("Hola", "Ana")).into(), false));
                }
                body.send_reset(h2::Reason::CANCEL);
                opened += 1;
                if opened % 50 == 0 {
                    tokio::task::yield_now().await;
                }
            }
            drop(connection);
        }
        opened
    };
    let bystander = async {
        let mut greeter = peer.greeter().await;
        let mut slowest = Duration::ZERO;
        let mut calls = 0;
        while start.elapsed() < ATTACK {
            let asked = Instant::now();
            greeter.only_response(HelloRequest::default()).await.unwrap();
            slowest = slowest.max(asked.elapsed());
            calls += 1;
        }
        (calls, slowest)
    };
    let (opened, (calls, slowest)) = tokio::join!(join_all((0..4).map(attack)), bystander);
    println!("{opened:?} streams opened and reset; {calls} calls beside them, the slowest in {slowest:?}");
    assert!(
        opened.iter().sum::<usize>() > 1000,
        "no attack at all: {opened:?}"
    );
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    let mut figures = peer.figures().await;
    figures.until("no open call", |figures| figures.open == 0).await;
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_request_arrives_all_the_same() {
    let peer = TestPeer::start(&[]);
    let host = peer.host();
    let peer = &peer;
    let own = format!("POST /greet.Greeter/Sing HTTP/1.1\r\nhost: {host}\r\n");
    let cases = [
        // Unknown method: an answer of gRPC-Web.
        (
            200,
            Some("12"),
            format!("{own}content-type: application/grpc-web+proto\r\n"),
        ),
        (405, None, format!("POST / HTTP/1.1\r\nhost: {host}\r\n")),
        (
            404,
            None,
            format!("POST /nothing-here HTTP/1.1\r\nhost: {host}\r\n"),
        ),
        (
            403,
            None,
            format!("{own}origin: http://evil.example\r\ncontent-type: application/grpc-web+proto\r\n"),
        ),
        (421, None, "POST / HTTP/1.1\r\nhost: evil.example\r\n".to_owned()),
    ];
    let sizes = [1024 * 1024 - 1, 1024 * 1024];
    let all = cases.iter().flat_map(|case| sizes.map(|size| (case, size)));
    join_all(all.map(|((status, grpc_status, head), size)| async move {
        let mut raw = Raw::connect(peer).await;
        raw.send(format!("{head}content-length: {size}\r\n\r\n")).await;
        // In pieces over a second: long after the answer was decided. A broken pipe fails here.
        let mut left = size;
        while left > 0 {
            let piece = left.min(64 * 1024);
            raw.send(vec![b'x'; piece]).await;
            left -= piece;
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        let answer = raw.answer(false).await;
        assert_eq!(answer.status, *status, "{head}");
        assert_eq!(answer.header("grpc-status"), *grpc_status, "{head}");
    }))
    .await;
}

#[tokio::test]
async fn an_answer_that_ends_before_its_request_leaves_the_http1_connection_open() {
    let peer = TestPeer::start(&["--max-message-bytes", "1000"]);
    let host = peer.host();
    let headers = [
        ("host", host.as_str()),
        ("content-type", "application/grpc-web+proto"),
    ];
    let mut raw = Raw::connect(&peer).await;
    // Its reply would be a byte too long.
    let message = framed(0, &hello_of(1000));
    let endless = [&headers[..], &[("transfer-encoding", "chunked")]].concat();
    let head = request("GET", "/greet.Greeter/BidirectionalStreaming", &endless, b"");
    raw.send(String::from_utf8(head).unwrap().replacen("GET", "POST", 1))
        .await;
    raw.send(format!("{:x}\r\n", message.len())).await;
    raw.send([&message[..], b"\r\n"].concat()).await;
    raw.hears(b"grpc-status").await;
    // Long enough for a peer to close that would.
    tokio::time::sleep(Duration::from_millis(200)).await;
    raw.send("0\r\n\r\n").await;
    let answer = raw.answer(false).await;
    assert!(String::from_utf8_lossy(&answer.body).contains("grpc-status:8"));

    let question = framed(0, &hello("Hola", "Ana"));
    raw.send(request(
        "POST",
        "/greet.Greeter/OnlyResponse",
        &headers,
        &question,
    ))
    .await;
    let answer = raw.answer(false).await;
    assert!(String::from_utf8_lossy(&answer.body).contains("Hola Ana"));
}
