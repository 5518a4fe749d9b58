//! A control connection spoken byte by byte, and what is said on it.

use std::sync::Arc;

use contract::parcero::v1::{Control, Greeting, Ping, Pong, Proof, control::Say};
use iroh::{
    EndpointId,
    endpoint::{Connection, RecvStream, SendStream},
};
use prost::Message;
use ring::{digest, hmac};
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinHandle,
};

use super::figures::soon;

/// A control connection on which a peer has admitted a raw one, which shows that it lives until this is dropped.
pub(crate) struct RawLink {
    pub(crate) connection: Connection,
    send: Arc<Mutex<SendStream>>,
    /// What was heard and is no sign of life.
    heard: mpsc::Receiver<Say>,
    listening: JoinHandle<()>,
}

impl Drop for RawLink {
    fn drop(&mut self) {
        self.listening.abort();
        self.connection.close(0_u32.into(), b"a raw peer goes");
    }
}

impl RawLink {
    pub(super) fn new(connection: Connection, send: SendStream, mut receive: RecvStream) -> Self {
        let send = Arc::new(Mutex::new(send));
        // More than any test leaves unheard.
        let (tell, heard) = mpsc::channel(1000);
        let answering = send.clone();
        let listening = tokio::spawn(async move {
            while let Some(said) = hear_for_ever(&mut receive).await {
                match said {
                    Say::Ping(Ping { number }) => {
                        say(&mut *answering.lock().await, Say::Pong(Pong { number })).await;
                    }
                    // Nobody may listen.
                    said => drop(tell.try_send(said)),
                }
            }
        });
        Self {
            connection,
            send,
            heard,
            listening,
        }
    }

    pub(crate) async fn say(&self, what: Say) {
        say(&mut *self.send.lock().await, what).await;
    }

    /// Says something that need not be a message. The other side may have hung up already.
    pub(crate) async fn say_bytes(&self, bytes: &[u8]) -> bool {
        self.send.lock().await.write_all(bytes).await.is_ok()
    }

    /// The next word of a kind.
    pub(crate) async fn hears<T>(&mut self, wanted: impl Fn(Say) -> Option<T>) -> T {
        loop {
            let said = soon(self.heard.recv()).await.expect("it is still talked to");
            if let Some(wanted) = wanted(said) {
                return wanted;
            }
        }
    }

    /// Waits until the other side has done all that this one asked for. What asks for something is done in its order, and
    /// an invitation of no use is answered.
    pub(crate) async fn is_heard_out(&mut self) {
        self.say(Say::UseInvitation(contract::parcero::v1::UseInvitation {
            secret: b"no invitation".to_vec(),
        }))
        .await;
        self.hears(|said| matches!(said, Say::FriendAnswer(answer) if !answer.accepted).then_some(()))
            .await;
    }

    /// Why the other side hung up.
    pub(crate) async fn is_cut_off(&self) -> String {
        soon(self.connection.closed()).await.to_string()
    }
}

pub(crate) const NONCE: [u8; 32] = [7; 32];

/// What shows that the end in `role` belongs to the common network.
pub(crate) fn proof(role: &str, dialler: (EndpointId, &[u8]), listener: (EndpointId, &[u8])) -> Say {
    let transcript = [
        b"parcero/control/1 proof",
        role.as_bytes(),
        dialler.0.as_bytes(),
        listener.0.as_bytes(),
        dialler.1,
        listener.1,
    ]
    .concat();
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b""), &transcript);
    Say::Proof(Proof {
        mac: mac.as_ref().to_vec(),
    })
}

pub(crate) fn greeting(network: &str) -> Say {
    let network = format!("parcero/network/1 {network}");
    Say::Greeting(Greeting {
        nonce: NONCE.to_vec(),
        network: digest::digest(&digest::SHA256, network.as_bytes())
            .as_ref()
            .to_vec(),
    })
}

/// Says something, unless the other side has hung up.
pub(super) async fn say(send: &mut SendStream, say: Say) {
    let message = Control { say: Some(say) };
    // The other side may have refused already; the test looks at how it ended.
    let _ = send.write_all(&message.encode_length_delimited_to_vec()).await;
}

pub(crate) async fn hear(receive: &mut RecvStream) -> Option<Say> {
    soon(hear_for_ever(receive)).await
}

/// The next message, however long it takes.
async fn hear_for_ever(receive: &mut RecvStream) -> Option<Say> {
    let mut length = 0;
    for place in 0.. {
        let mut byte = [0];
        receive.read_exact(&mut byte).await.ok()?;
        length |= usize::from(byte[0] & 0x7f) << (7 * place);
        if byte[0] & 0x80 == 0 {
            break;
        }
    }
    let mut bytes = vec![0; length];
    receive.read_exact(&mut bytes).await.ok()?;
    Control::decode(&bytes[..]).unwrap().say
}
