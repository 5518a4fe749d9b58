//! Bytes that mean no good: what they leave in the log (S24), and that none of them brings the peer down (S28).

use std::{
    env,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::{SinkExt, StreamExt};
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::tungstenite::{client::IntoClientRequest, protocol::Message as SocketMessage};
use tonic::Code;

use crate::support::{
    TestPeer,
    http1::{UPGRADE, ask, request},
    parcero,
    road::{Ask, Road, call},
    wire::{framed, hello, said},
};

/// Starts a peer that logs as much as it can.
fn talkative(level: &str) -> TestPeer {
    let mut command = parcero();
    command.env("PARCERO_LOG", level);
    TestPeer::start_as(command, tempfile::tempdir().unwrap(), "127.0.0.1:0", &[])
}

// S24
#[cfg(unix)]
#[tokio::test]
async fn what_callers_send_reaches_the_log_neither_raw_nor_secret() {
    /// Clears the screen, and sets the title of the terminal.
    const ESCAPES: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}";
    const SECRET: &str = "correct-horse-battery-staple";
    for level in ["info", "debug", "trace"] {
        let peer = talkative(level);
        for road in Road::ALL {
            let ask = Ask::greeter("OnlyResponse")
                .with("authorization", &format!("Bearer {SECRET}"))
                .with("cookie", &format!("session={SECRET}"))
                .with("secret-bin", "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZQ");
            let answer = call(&peer, road, &ask, &[hello(ESCAPES, SECRET)]).await;
            assert_eq!(
                said(&answer.messages[0]),
                format!("{ESCAPES} {SECRET}"),
                "{road:?}"
            );
        }
        // Where no library would send it: in a path, in a header, in a method, in a refused origin.
        let host = peer.host();
        for (path, name, value) in [
            ("/\u{9b}31m", "x", "x"),
            ("/%1b[2J", "x", "x"),
            ("/", "origin", "http://\u{9b}31m.example"),
            ("/", "x-title", "\u{9b}31m\u{202e}"),
            ("/", "grpc-timeout", "\u{9b}31m"),
        ] {
            let headers = [
                ("host", &*host),
                ("content-type", "application/grpc-web"),
                (name, value),
            ];
            ask_whatever(&peer, &request("POST", path, &headers, b"")).await;
        }
        ask_whatever(
            &peer,
            format!("G\u{1b}[2JT / HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes(),
        )
        .await;

        peer.signal(rustix::process::Signal::TERM);
        let (ended, _) = tokio::task::spawn_blocking(|| peer.wait()).await.unwrap();
        assert_eq!(ended.code, Some(0), "{level}");
        let raw = ended.stderr.chars().find(|c| {
            (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        });
        assert_eq!(raw, None, "{level}: {}", ended.stderr);
        for secret in [SECRET, "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZQ"] {
            let line = ended.stderr.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{level}");
        }
    }
}

/// Sends bytes and takes whatever comes, an end included.
async fn ask_whatever(peer: &TestPeer, bytes: &[u8]) {
    let mut stream = TcpStream::connect(peer.address()).await.unwrap();
    // Both fail where the peer has closed already, as it may.
    drop(stream.write_all(bytes).await);
    drop(timeout(Duration::from_millis(200), stream.read(&mut [0; 1024])).await);
}

/// Random bytes that can be had again: the seed is printed, and taken from `PARCERO_SEED`.
fn random() -> StdRng {
    let seed = env::var("PARCERO_SEED").map_or_else(
        |_| {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .subsec_nanos()
                .into()
        },
        |seed| seed.parse().expect("PARCERO_SEED is a number"),
    );
    println!("PARCERO_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

/// How often: `PARCERO_ROUNDS`, or a few times.
fn rounds() -> usize {
    env::var("PARCERO_ROUNDS").map_or(150, |rounds| rounds.parse().expect("PARCERO_ROUNDS is a number"))
}

fn bytes(random: &mut StdRng, most: usize) -> Vec<u8> {
    let length = random.random_range(0..=most);
    let mut bytes = vec![0; length];
    random.fill_bytes(&mut bytes);
    bytes
}

/// Changes some bytes of something that was right, takes some away, says some twice.
fn garbled(random: &mut StdRng, mut right: Vec<u8>) -> Vec<u8> {
    for _ in 0..random.random_range(0..4) {
        if right.is_empty() {
            break;
        }
        let at = random.random_range(0..right.len());
        match random.random_range(0..4) {
            0 => right[at] = random.random(),
            1 => right.truncate(at),
            2 => {
                let again = right[at..].to_vec();
                right.extend(again);
            }
            _ => {
                let more = bytes(random, 20);
                right.splice(at..at, more);
            }
        }
    }
    right
}

fn http1(random: &mut StdRng, host: &str) -> Vec<u8> {
    let kinds = [
        "application/grpc-web",
        "application/grpc-web-text",
        "application/grpc",
        "text/plain",
    ];
    let kind = kinds[random.random_range(0..kinds.len())];
    let mut headers = vec![("host", host), ("content-type", kind), ("grpc-timeout", "1S")];
    if random.random_bool(0.3) {
        headers.extend(UPGRADE);
    }
    let message = framed(random.random_range(0..3), &hello("Hola", "Ana"));
    let body = garbled(random, message);
    let methods = [
        "OnlyResponse",
        "ServerStreaming",
        "ClientStreaming",
        "BidirectionalStreaming",
    ];
    let path = format!(
        "/greet.Greeter/{}",
        methods[random.random_range(0..methods.len())]
    );
    let right = request("POST", &path, &headers, &body);
    match random.random_range(0..3) {
        0 => bytes(random, 2000),
        1 => garbled(random, right),
        _ => right,
    }
}

fn http2(random: &mut StdRng) -> Vec<u8> {
    let mut all = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for _ in 0..random.random_range(0..20) {
        // A frame: its length, its type of the ten there are and two there are not, its flags, its stream.
        let payload = bytes(random, 60);
        let length = match random.random_range(0..4) {
            0 => random.random_range(0..100_u32),
            _ => u32::try_from(payload.len()).unwrap(),
        };
        all.extend(&length.to_be_bytes()[1..]);
        all.push(random.random_range(0..12));
        all.push(random.random());
        all.extend(random.random_range(0..8_u32).to_be_bytes());
        all.extend(payload);
    }
    garbled(random, all)
}

// S28
#[tokio::test]
async fn no_bytes_bring_the_peer_down() {
    let mut random = random();
    let peer = TestPeer::start(&[]);
    let host = peer.host();
    for round in 0..rounds() {
        let mut attacks = Vec::new();
        for _ in 0..8 {
            attacks.push(http1(&mut random, &host));
            attacks.push(http2(&mut random));
        }
        futures_util::future::join_all(attacks.iter().map(|bytes| async {
            let mut stream = TcpStream::connect(peer.address()).await.unwrap();
            // The peer may close at any byte.
            drop(stream.write_all(bytes).await);
            drop(timeout(Duration::from_millis(5), stream.read(&mut [0; 1024])).await);
        }))
        .await;
        if round % 10 == 0 {
            check_lives(&peer).await;
        }
    }
    check_unharmed(peer).await;
}

// S28
#[tokio::test]
async fn no_message_of_a_socket_brings_the_peer_down() {
    let mut random = random();
    let peer = TestPeer::start(&[]);
    for round in 0..rounds() {
        let sockets = (0..8).map(|_| {
            let right = [
                b"content-type: application/grpc-web+proto\r\nx-grpc-web: 1\r\n".to_vec(),
                [&[0], framed(0, &hello("Hola", "Ana")).as_slice()].concat(),
                vec![1],
            ];
            let mut messages: Vec<SocketMessage> = right
                .into_iter()
                .map(|message| SocketMessage::binary(garbled(&mut random, message)))
                .collect();
            for _ in 0..random.random_range(0..4) {
                let at = random.random_range(0..=messages.len());
                let more = match random.random_range(0..4) {
                    0 => SocketMessage::text(String::from_utf8_lossy(&bytes(&mut random, 50)).into_owned()),
                    1 => SocketMessage::Ping(bytes(&mut random, 125).into()),
                    _ => SocketMessage::binary(bytes(&mut random, 200)),
                };
                messages.insert(at, more);
            }
            messages
        });
        let sockets: Vec<_> = sockets.collect();
        futures_util::future::join_all(sockets.into_iter().map(|messages| async {
            let url = format!("ws://{}/greet.Greeter/BidirectionalStreaming", peer.host());
            let mut request = url.into_client_request().unwrap();
            request
                .headers_mut()
                .insert("sec-websocket-protocol", "grpc-websockets".parse().unwrap());
            let stream = TcpStream::connect(peer.address()).await.unwrap();
            let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
            for message in messages {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
            drop(timeout(Duration::from_millis(5), socket.next()).await);
        }))
        .await;
        if round % 10 == 0 {
            check_lives(&peer).await;
        }
    }
    check_unharmed(peer).await;
}

async fn check_lives(peer: &TestPeer) {
    let answer = call(
        peer,
        Road::Native,
        &Ask::greeter("OnlyResponse"),
        &[hello("Hola", "Ana")],
    )
    .await;
    assert_eq!(said(&answer.messages[0]), "Hola Ana");
    let page = ask(peer, request("GET", "/", &[("host", &peer.host())], b"")).await;
    assert_eq!(page.status, 200);
}

/// Every road still works, nothing is left behind, and no task panicked.
async fn check_unharmed(peer: TestPeer) {
    for road in Road::ALL {
        let answer = call(
            &peer,
            road,
            &Ask::greeter("OnlyResponse"),
            &[hello("Hola", "Ana")],
        )
        .await;
        assert_eq!(answer.code, Code::Ok, "{road:?}");
    }
    let mut figures = peer.figures().await;
    figures.until("no open call", |figures| figures.open == 0).await;
    #[cfg(unix)]
    {
        peer.signal(rustix::process::Signal::TERM);
        let (ended, _) = tokio::task::spawn_blocking(|| peer.wait()).await.unwrap();
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
}

// S28: what protobuf itself says of hostile messages.
#[tokio::test]
async fn a_message_of_endlessly_nested_groups_is_refused_and_the_peer_lives_on() {
    let peer = TestPeer::start(&[]);
    // Field 15, start of a group, a hundred thousand times.
    let nested = vec![0x7b; 100_000];
    for road in Road::ALL {
        let answer = call(
            &peer,
            road,
            &Ask::greeter("OnlyResponse"),
            std::slice::from_ref(&nested),
        )
        .await;
        assert_eq!(answer.code, Code::Internal, "{road:?}: {}", answer.status);
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
