//! The limits of a door, by sockets: the same as those of a peer, but small.

use std::time::Instant;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

use super::*;
use crate::peer::Settings;

/// Long enough for an answer that is not held up, and short enough to wait for one that is.
const MOMENT: Duration = Duration::from_millis(500);
/// A guard against waiting for ever; no test waits for it to pass.
const GIVE_UP: Duration = Duration::from_secs(30);
/// How long a connection may be idle here.
const IDLE_TIME: Duration = Duration::from_millis(400);
/// The pause between the two answers of a call: longer than a connection may be idle.
const PAUSE: Duration = Duration::from_millis(1200);

/// A peer with one door, which ends with this value.
struct Served {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Served {
    async fn with(limits: Limits) -> Self {
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let door = Door::bind(&[any_port], Vec::new()).await.unwrap();
        let door = Door { limits, ..door };
        let address = door.addresses()[0];
        let settings = Settings {
            name: "door".to_owned(),
            max_message_bytes: 1000,
        };
        let peer = Peer::new(settings, None);
        let task = tokio::spawn(async move {
            door.serve(peer, std::future::pending(), |_| ()).await.unwrap();
        });
        Self { address, task }
    }

    /// One that ends idle connections soon.
    async fn impatient() -> Self {
        Self::with(Limits {
            idle_time: IDLE_TIME,
            look_every: Duration::from_millis(20),
            ..Limits::default()
        })
        .await
    }

    async fn connect(&self) -> Client {
        Client {
            stream: TcpStream::connect(self.address).await.unwrap(),
            host: format!("localhost:{}", self.address.port()),
            seen: Vec::new(),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A connection, and what came by it so far.
struct Client {
    stream: TcpStream,
    host: String,
    seen: Vec<u8>,
}

impl Client {
    /// Asks for the page by HTTP/1.1.
    async fn ask(&mut self) {
        let request = format!("GET / HTTP/1.1\r\nhost: {}\r\n\r\n", self.host);
        self.stream.write_all(request.as_bytes()).await.unwrap();
    }

    /// Asks for two answers by HTTP/1.1, with a pause between them.
    async fn ask_for_two(&mut self) {
        let request = format!(
            "POST /api/v1/hello/server HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\nparcero-count: 2\r\n\
             parcero-interval-ms: {}\r\ncontent-length: 2\r\n\r\n{{}}",
            self.host,
            PAUSE.as_millis()
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
    }

    /// Sends the preface of HTTP/2 and a request. `head` are more of its headers, packed.
    async fn ask_by_http2(&mut self, head: &[u8], body: &[u8]) {
        /// The request ends with this frame.
        const END_STREAM: u8 = 1;
        const END_HEADERS: u8 = 4;

        // `:scheme: http` and `:authority`, by their numbers in the table of HPACK (RFC 7541, appendix A).
        let mut headers = vec![0x86, 0x01];
        push_text(&mut headers, &self.host);
        headers.extend(head);
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        push_frame(&mut bytes, 4, 0, 0, &[]);
        let last = if body.is_empty() { END_STREAM } else { 0 };
        push_frame(&mut bytes, 1, END_HEADERS | last, 1, &headers);
        if !body.is_empty() {
            push_frame(&mut bytes, 0, END_STREAM, 1, body);
        }
        self.stream.write_all(&bytes).await.unwrap();
    }

    /// Reads until this was there.
    async fn hears(&mut self, text: &str) {
        let heard = timeout(GIVE_UP, async {
            while !contains(&self.seen, text) {
                assert!(self.read().await, "the connection ended before {text:?} came");
            }
        });
        heard.await.unwrap();
    }

    /// Reads to the end of the connection, and says when that was.
    async fn ends(&mut self) -> Instant {
        let ended = timeout(GIVE_UP, async { while self.read().await {} });
        ended.await.unwrap();
        Instant::now()
    }

    /// Reads what is there; false at the end.
    async fn read(&mut self) -> bool {
        let mut piece = [0; 4096];
        // A connection that is cut off is at its end as well.
        let count = self.stream.read(&mut piece).await.unwrap_or_default();
        self.seen.extend(&piece[..count]);
        count > 0
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

/// A text of HPACK, not compressed.
fn push_text(headers: &mut Vec<u8>, text: &str) {
    headers.push(u8::try_from(text.len()).unwrap());
    headers.extend(text.as_bytes());
}

/// A frame of HTTP/2.
fn push_frame(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap();
    bytes.extend(&length.to_be_bytes()[1..]);
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
}

/// `:method: GET` and `:path: /`.
const GET: &[u8] = &[0x82, 0x84];

/// The headers of a POST that asks for two answers, with a pause between them.
fn post_for_two() -> Vec<u8> {
    // `:method: POST`, and `:path`.
    let mut headers = vec![0x83, 0x04];
    push_text(&mut headers, "/api/v1/hello/server");
    let pause = PAUSE.as_millis().to_string();
    for (name, value) in [
        ("content-type", "application/json"),
        ("parcero-count", "2"),
        ("parcero-interval-ms", &pause),
    ] {
        headers.push(0);
        push_text(&mut headers, name);
        push_text(&mut headers, value);
    }
    headers
}

/// What the page says where a peer has none.
const PAGE: &str = "without its page";
/// The second of two answers.
const SECOND: &str = " 2\"}";

#[tokio::test]
async fn one_connection_more_than_the_limit_waits_until_another_one_ends() {
    let served = Served::with(Limits {
        max_connections: 2,
        ..Limits::default()
    })
    .await;
    let (mut first, mut second) = (served.connect().await, served.connect().await);
    for client in [&mut first, &mut second] {
        client.ask().await;
        client.hears(PAGE).await;
    }
    // The system takes it in, and the peer does not look at it yet.
    let mut third = served.connect().await;
    third.ask().await;
    assert!(
        timeout(MOMENT, third.read()).await.is_err(),
        "it was let in beside two others"
    );
    // Those that are inside are served as before.
    first.seen.clear();
    first.ask().await;
    first.hears(PAGE).await;

    drop(second);
    third.hears(PAGE).await;
}

#[tokio::test]
async fn a_connection_with_no_call_is_closed_after_its_time_and_not_before() {
    let served = Served::impatient().await;
    let mut http1 = served.connect().await;
    http1.ask().await;
    http1.hears(PAGE).await;
    let since = Instant::now();
    let took = http1.ends().await - since;
    assert!(took >= IDLE_TIME / 2, "{took:?}");

    let mut http2 = served.connect().await;
    http2.ask_by_http2(GET, b"").await;
    http2.hears(PAGE).await;
    let since = Instant::now();
    let took = http2.ends().await - since;
    assert!(took >= IDLE_TIME / 2, "{took:?}");
}

#[tokio::test]
async fn a_connection_with_a_call_stays_open_and_is_closed_once_it_is_idle() {
    let served = Served::impatient().await;
    let (mut http1, mut http2) = (served.connect().await, served.connect().await);
    let start = Instant::now();
    http1.ask_for_two().await;
    http2.ask_by_http2(&post_for_two(), b"{}").await;
    for client in [&mut http1, &mut http2] {
        client.hears(SECOND).await;
        assert!(start.elapsed() >= PAUSE, "there was no pause");
        client.ends().await;
    }
}
