//! A WebSocket server and nothing else: what the bridge is compared with from inside a browser.

use std::{iter, net::SocketAddr};

use anyhow::bail;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, future, stream};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
    },
};

/// Serves until the future ends. Says on which port, on a line of its own.
pub(crate) async fn serve(address: SocketAddr, until: impl Future<Output = ()>) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address).await?;
    println!("{}", listener.local_addr()?.port());
    let mut sockets = JoinSet::new();
    let mut until = std::pin::pin!(until);
    loop {
        tokio::select! {
            () = &mut until => return Ok(()),
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                // A page that closes in the middle of something has measured enough.
                sockets.spawn(async { drop(socket(stream).await) });
            }
            // Reaped, so that their number is that of the open ones.
            Some(_) = sockets.join_next() => {}
        }
    }
}

/// Does what the path says, until the page closes.
async fn socket(stream: TcpStream) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut path = String::new();
    #[expect(clippy::result_large_err, reason = "the library's own signature")]
    let note = |request: &Request, response: Response| {
        path = request.uri().path().to_owned();
        Ok(response)
    };
    let (sink, messages) = accept_hdr_async(stream, note).await?.split();
    let messages = messages.try_filter(|message| future::ready(message.is_binary()));
    let mut parts = path.split('/').skip(1);
    match (parts.next(), parts.next(), parts.next()) {
        // Every message comes back; what arrives together leaves together.
        (Some("echo"), None, None) => messages.forward(sink).await?,
        // Takes everything, and sends back only what says that it was the last: a message of one byte.
        (Some("up"), None, None) => {
            let last = messages.try_filter(|message| future::ready(message.len() == 1));
            last.forward(sink).await?;
        }
        // So many messages, so long each, for every message of the page.
        (Some("down"), Some(count), Some(bytes)) => {
            let count = count.parse()?;
            let message = Message::Binary(Bytes::from(vec![7; bytes.parse()?]));
            let answers = messages.map_ok(|_| stream::iter(iter::repeat_n(message.clone(), count).map(Ok)));
            answers.try_flatten().forward(sink).await?;
        }
        _ => bail!("nobody measures {path}"),
    }
    Ok(())
}
