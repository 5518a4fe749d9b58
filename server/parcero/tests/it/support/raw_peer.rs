//! A peer that speaks byte by byte, and so can misbehave.

use contract::parcero::v1::{Admitted, Proof, control::Say};
use iroh::{
    Endpoint, EndpointId, RelayMode, SecretKey,
    endpoint::{ConnectOptions, Connection, PortmapperConfig, presets},
};
use parcero::network::Ticket;

use super::{
    TestPeer,
    figures::soon,
    raw_link::{NONCE, RawLink, greeting, hear, proof, say},
    wire::framed,
};

/// An endpoint with a key of its own.
pub(crate) struct RawPeer {
    endpoint: Endpoint,
    /// Kept so that they stay open.
    met: std::sync::Mutex<Vec<RawLink>>,
}

impl RawPeer {
    pub(crate) async fn new() -> Self {
        Self::speaking(&[]).await
    }

    /// One that may be dialled with these protocols, the best first.
    pub(crate) async fn speaking(alpns: &[&[u8]]) -> Self {
        Self::at("127.0.0.1:0", alpns).await
    }

    /// The same at another address of this machine.
    pub(crate) async fn at(address: &str, alpns: &[&[u8]]) -> Self {
        Self::with_key(SecretKey::generate(), address, alpns).await
    }

    /// The same with a key that is known.
    pub(crate) async fn with_key(key: SecretKey, address: &str, alpns: &[&[u8]]) -> Self {
        let endpoint = Endpoint::builder(presets::Minimal)
            .secret_key(key)
            .alpns(alpns.iter().map(|alpn| alpn.to_vec()).collect())
            .relay_mode(RelayMode::Disabled)
            .portmapper_config(PortmapperConfig::Disabled)
            .clear_ip_transports()
            .bind_addr(address)
            .unwrap()
            .bind()
            .await
            .unwrap();
        Self {
            endpoint,
            met: std::sync::Mutex::default(),
        }
    }

    pub(crate) fn id(&self) -> String {
        self.endpoint.id().to_string()
    }

    pub(crate) fn endpoint_id(&self) -> EndpointId {
        self.endpoint.id()
    }

    /// How it is reached.
    pub(crate) fn ticket(&self) -> String {
        Ticket::new(self.endpoint.addr(), None).to_string()
    }

    /// Where it is.
    pub(crate) fn address(&self) -> String {
        self.endpoint.bound_sockets()[0].to_string()
    }

    /// Admits everybody that dials to the common network and makes no calls, until it leaves. It dials nobody.
    pub(crate) fn welcomes(&self) {
        let endpoint = self.endpoint.clone();
        tokio::spawn(async move {
            let mut guests = Vec::new();
            while let Some(incoming) = endpoint.accept().await {
                if let Ok(control) = incoming.await {
                    guests.extend(admit(endpoint.id(), control).await);
                }
            }
        });
    }

    /// Goes, and frees its address.
    pub(crate) async fn leave(self) {
        self.endpoint.close().await;
    }

    /// A connection to a peer.
    pub(crate) async fn dial(&self, peer: &TestPeer, alpn: &[u8]) -> Result<Connection, String> {
        self.dial_with_any(peer, &[alpn]).await
    }

    /// A connection to a peer, by whichever of these protocols it likes best.
    pub(crate) async fn dial_with_any(&self, peer: &TestPeer, alpns: &[&[u8]]) -> Result<Connection, String> {
        let ticket: Ticket = peer.shown().await.ticket.parse().unwrap();
        let others = alpns[1..].iter().map(|alpn| alpn.to_vec()).collect();
        let options = ConnectOptions::new().with_additional_alpns(others);
        let to = ticket.address().clone();
        let dial = async {
            self.endpoint
                .connect_with_opts(to, alpns[0], options)
                .await
                .unwrap()
                .await
        };
        soon(dial).await.map_err(|error| format!("{error:#}"))
    }

    /// The next connection that somebody makes.
    pub(crate) async fn dialled(&self) -> Connection {
        soon(self.endpoint.accept()).await.unwrap().await.unwrap()
    }

    /// Shakes hands with whoever dials, as far as they understand each other, and says nothing from then on.
    pub(crate) async fn shakes_hands(&self) {
        let mut shaken = Vec::new();
        while let Some(incoming) = self.endpoint.accept().await {
            // That it fails is what is looked at from the other side.
            shaken.extend(incoming.await.ok());
        }
    }

    /// Says hello on a control connection with this proof, and tells how the other side ended it.
    pub(crate) async fn greet(&self, control: &Connection, network: &str, proof: &[u8]) -> String {
        let Ok((mut send, mut receive)) = control.open_bi().await else {
            return soon(control.closed()).await.to_string();
        };
        say(&mut send, greeting(network)).await;
        hear(&mut receive).await;
        let proof = Say::Proof(Proof { mac: proof.to_vec() });
        say(&mut send, proof).await;
        loop {
            match hear(&mut receive).await {
                Some(Say::Proof(_)) => {}
                Some(Say::Refused(refused)) => return refused.why,
                Some(other) => panic!("{other:?}"),
                // It may also say so by how it hangs up.
                None => return soon(control.closed()).await.to_string(),
            }
        }
    }

    /// Is admitted to the common network by a peer, under this name, and stays.
    pub(crate) async fn meet(&self, peer: &TestPeer, name: &str) {
        let link = self.link(peer, name).await;
        self.met.lock().unwrap().push(link);
    }

    /// The same, with something to say.
    pub(crate) async fn link(&self, peer: &TestPeer, name: &str) -> RawLink {
        let control = self.dial(peer, b"parcero/control/1").await.unwrap();
        let (mut send, mut receive) = control.open_bi().await.unwrap();
        say(&mut send, greeting("")).await;
        let Some(Say::Greeting(theirs)) = hear(&mut receive).await else {
            panic!("it did not greet");
        };
        let dialler = (self.endpoint.id(), NONCE.as_slice());
        let proof = proof("dialler", dialler, (control.remote_id(), &theirs.nonce));
        say(&mut send, proof).await;
        assert!(matches!(hear(&mut receive).await, Some(Say::Proof(_))));
        assert!(matches!(hear(&mut receive).await, Some(Say::Admitted(_))));
        let admitted = Admitted {
            is_friend: false,
            name: name.to_owned(),
            version: "0".to_owned(),
        };
        say(&mut send, Say::Admitted(admitted)).await;
        RawLink::new(control, send, receive)
    }

    /// A connection to a peer that has admitted this one.
    pub(crate) async fn admitted(&self, peer: &TestPeer, alpn: &[u8]) -> Connection {
        self.meet(peer, "raw").await;
        self.dial(peer, alpn).await.unwrap()
    }

    /// Makes a unary call: everything that came back, as text.
    pub(crate) async fn unary(
        &self,
        calls: &Connection,
        path: &str,
        metadata: &str,
        message: &[u8],
    ) -> String {
        let (mut send, mut receive) = calls.open_bi().await.unwrap();
        let head = format!("{path}\r\ncontent-type: application/grpc\r\n{metadata}");
        let frames = [
            framed(0x80, head.as_bytes()),
            framed(0, message),
            framed(0x80, b""),
        ];
        send.write_all(&frames.concat()).await.unwrap();
        send.finish().unwrap();
        let answer = soon(receive.read_to_end(64 * 1024)).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// Admits the peer that dialled; `None` where it went away.
async fn admit(own: EndpointId, control: Connection) -> Option<RawLink> {
    let (mut send, mut receive) = control.accept_bi().await.ok()?;
    let Some(Say::Greeting(theirs)) = hear(&mut receive).await else {
        return None;
    };
    say(&mut send, greeting("")).await;
    hear(&mut receive).await?;
    let dialler = (control.remote_id(), theirs.nonce.as_slice());
    say(&mut send, proof("listener", dialler, (own, &NONCE))).await;
    let admitted = Admitted {
        is_friend: false,
        name: "raw".to_owned(),
        version: "0".to_owned(),
    };
    say(&mut send, Say::Admitted(admitted)).await;
    hear(&mut receive).await?;
    Some(RawLink::new(control, send, receive))
}
