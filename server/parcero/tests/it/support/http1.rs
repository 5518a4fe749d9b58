//! HTTP/1.1 written by hand, for requests that no library would send.

use std::{collections::HashMap, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{TestPeer, connected, figures::soon};

/// A connection.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, Vec<String>>,
    pub(crate) body: Vec<u8>,
}

impl RawAnswer {
    /// The one value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let values = self.headers.get(name)?;
        assert_eq!(values.len(), 1, "{name} is there more than once: {values:?}");
        Some(&values[0])
    }
}

impl Raw {
    pub(crate) async fn connect(peer: &TestPeer) -> Self {
        Self {
            stream: connected(peer.address()).await,
            buffer: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Reads one answer. `head` is true for an answer to HEAD, which has no body whatever it says.
    pub(crate) async fn answer(&mut self, head: bool) -> RawAnswer {
        soon(self.read_answer(head))
            .await
            .expect("the connection ended before its answer")
    }

    async fn read_answer(&mut self, head: bool) -> Option<RawAnswer> {
        let end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at;
            }
            self.read_more().await?;
        };
        let text = String::from_utf8(self.buffer.drain(..end + 4).collect()).unwrap();
        let mut lines = text.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
        let mut headers: HashMap<String, Vec<String>> = HashMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            headers
                .entry(name.to_ascii_lowercase())
                .or_default()
                .push(value.trim().to_owned());
        }
        let mut answer = RawAnswer {
            status,
            headers,
            body: Vec::new(),
        };
        if head || status == 101 || status == 204 {
            return Some(answer);
        }
        if answer.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk().await.filter(|chunk| !chunk.is_empty()) {
                answer.body.extend(chunk);
            }
        } else if let Some(length) = answer.header("content-length") {
            let length = length.parse().unwrap();
            while self.buffer.len() < length {
                self.read_more().await?;
            }
            answer.body = self.buffer.drain(..length).collect();
        }
        Some(answer)
    }

    async fn chunk(&mut self) -> Option<Vec<u8>> {
        let end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n") {
                break at;
            }
            self.read_more().await?;
        };
        let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
        let length = usize::from_str_radix(std::str::from_utf8(&line[..end]).unwrap(), 16).unwrap();
        while self.buffer.len() < length + 2 {
            self.read_more().await?;
        }
        let mut chunk: Vec<u8> = self.buffer.drain(..length + 2).collect();
        chunk.truncate(length);
        Some(chunk)
    }

    /// Waits until `what` has come as part of an answer, without taking it.
    pub(crate) async fn hears(&mut self, what: &[u8]) {
        soon(async {
            while find(&self.buffer, what).is_none() {
                self.read_more().await.expect("the connection ended before that");
            }
        })
        .await;
    }

    async fn read_more(&mut self) -> Option<()> {
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(()),
        }
    }

    /// Waits for the other side to close, dropping what it says: after how long, or `None` where it does not within
    /// `limit`. Every second it sends `drip`, if any.
    pub(crate) async fn closed(&mut self, limit: Duration, drip: &[u8]) -> Option<Duration> {
        let start = Instant::now();
        let mut piece = [0; 4096];
        while start.elapsed() < limit {
            match timeout(Duration::from_secs(1), self.stream.read(&mut piece)).await {
                Ok(Ok(0) | Err(_)) => return Some(start.elapsed()),
                Ok(Ok(_)) => {}
                Err(_) if drip.is_empty() => {}
                Err(_) => {
                    if self.stream.write_all(drip).await.is_err() {
                        return Some(start.elapsed());
                    }
                }
            }
        }
        None
    }
}

/// One request on a connection of its own.
pub(crate) async fn ask(peer: &TestPeer, request: impl AsRef<[u8]>) -> RawAnswer {
    let is_head = request.as_ref().starts_with(b"HEAD ");
    let mut raw = Raw::connect(peer).await;
    raw.send(request).await;
    raw.answer(is_head).await
}

/// A request's head and body, with a length.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() || method == "POST" || method == "PUT" {
        text += &format!("content-length: {}\r\n", body.len());
    }
    text += "\r\n";
    [text.as_bytes(), body].concat()
}

/// The headers that ask for a WebSocket of the bridge.
pub(crate) const UPGRADE: [(&str, &str); 5] = [
    ("connection", "Upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("sec-websocket-protocol", "grpc-websockets"),
];

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
