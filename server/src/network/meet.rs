//! How two peers admit each other at the beginning of a control connection.

use std::time::Duration;

use contract::parcero::v1::{Admitted, Greeting, Proof, Refused, control::Say};
use iroh::endpoint::{Connection, ConnectionError, RecvStream, SendStream};
use tokio::time::timeout;

use super::{
    Network, NetworkError,
    admission::{Meeting, Role},
    goodbye::Goodbye,
    known::{Relation, kept_text},
    link::{Line, Link},
    wire::{hear, say},
};
use crate::VERSION;

/// How long two peers may take to admit each other. On one network it takes milliseconds.
const ADMISSION_TIME: Duration = Duration::from_secs(3);
/// How long a refusal in words may take to arrive.
const REFUSAL_TIME: Duration = Duration::from_millis(200);

/// Admits the other end, and is admitted by it.
pub(super) async fn meet(
    network: &Network,
    connection: Connection,
    role: Role,
) -> Result<Line, NetworkError> {
    match timeout(ADMISSION_TIME, admit(network, &connection, role)).await {
        Ok(Ok(line)) => Ok(line),
        Ok(Err(error)) => {
            let why = match error {
                NetworkError::Blocked => Goodbye::Blocked,
                _ => Goodbye::NotAdmitted,
            };
            why.close(&connection);
            Err(error)
        }
        Err(_) => {
            Goodbye::NotAdmitted.close(&connection);
            Err(NetworkError::unreachable("it did not introduce itself in time"))
        }
    }
}

async fn admit(network: &Network, connection: &Connection, role: Role) -> Result<Line, NetworkError> {
    let opened = match role {
        Role::Dialler => connection.open_bi().await,
        Role::Listener => connection.accept_bi().await,
    };
    let (mut send, mut receive) = opened.map_err(|error| broken(connection, &error))?;
    let met = exchange(network, connection, role, &mut send, &mut receive).await;
    if let Err(error @ (NetworkError::Blocked | NetworkError::NotProved | NetworkError::OtherNetwork)) = &met
    {
        let refused = Refused {
            why: error.told_to_the_other_side().to_owned(),
        };
        // It is told twice: here in words, and by how the connection is closed. Either may be lost.
        let _ = say(&mut send, Say::Refused(refused)).await;
        let _ = send.finish();
        let _ = timeout(REFUSAL_TIME, send.stopped()).await;
    }
    let (link, queue) = met?;
    Ok(Line::new(network.clone(), link, send, receive, queue))
}

async fn exchange(
    network: &Network,
    connection: &Connection,
    role: Role,
    send: &mut SendStream,
    receive: &mut RecvStream,
) -> Result<(Link, super::link::Queue), NetworkError> {
    let id = connection.remote_id();
    let membership = network.membership();
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce)
        .map_err(|error| NetworkError::unreachable(format!("no randomness: {error}")))?;
    let mut talk = Talk {
        connection,
        send,
        receive,
    };
    let greeting = Say::Greeting(Greeting {
        nonce: nonce.to_vec(),
        network: membership.digest(),
    });
    let theirs = match role {
        Role::Dialler => {
            talk.say(greeting).await?;
            talk.greeting().await?
        }
        Role::Listener => {
            let theirs = talk.greeting().await?;
            talk.say(greeting).await?;
            theirs
        }
    };
    if network.is_blocked(id) {
        return Err(NetworkError::Blocked);
    }
    if theirs.network != membership.digest() {
        return Err(NetworkError::OtherNetwork);
    }
    let their_nonce: [u8; 32] = theirs.nonce[..]
        .try_into()
        .map_err(|_| NetworkError::refused("its greeting is malformed"))?;
    let meeting = Meeting::new(role, network.id(), id, nonce, their_nonce);
    let own = Say::Proof(Proof {
        mac: meeting.prove(membership, role),
    });
    let admitted = Say::Admitted(Admitted {
        is_friend: network.relation(id) == Some(Relation::Friend),
        name: network.name().to_owned(),
        version: VERSION.to_owned(),
    });
    // Whoever dials proves first: who is dialled gives nothing to one that only asks.
    let (link, queue) = match role {
        Role::Dialler => {
            talk.say(own).await?;
            let mac = talk.proof().await?;
            if !meeting.check(membership, Role::Listener, &mac) {
                return Err(NetworkError::NotProved);
            }
            let linked = Link::new(network, connection.clone(), true)?;
            talk.say(admitted).await?;
            linked
        }
        Role::Listener => {
            let mac = talk.proof().await?;
            if !meeting.check(membership, Role::Dialler, &mac) {
                return Err(NetworkError::NotProved);
            }
            // Before it is told, so that a call which it makes at once finds it admitted.
            let linked = Link::new(network, connection.clone(), false)?;
            talk.say(own).await?;
            talk.say(admitted).await?;
            linked
        }
    };
    match talk.hear().await? {
        Say::Admitted(theirs) => network.admitted(&link, &theirs),
        _ => return Err(NetworkError::refused("it neither admitted nor refused this peer")),
    }
    Ok((link, queue))
}

/// The stream, while the two still introduce themselves.
struct Talk<'a> {
    connection: &'a Connection,
    send: &'a mut SendStream,
    receive: &'a mut RecvStream,
}

impl Talk<'_> {
    async fn say(&mut self, what: Say) -> Result<(), NetworkError> {
        let said = say(self.send, what).await;
        said.map_err(|error| broken(self.connection, &error))
    }

    /// What the other end says, unless that is that it wants nothing to do with this one.
    async fn hear(&mut self) -> Result<Say, NetworkError> {
        match hear(self.receive).await {
            Ok(Some(Say::Refused(Refused { why }))) => Err(NetworkError::refused_there(&why)),
            Ok(Some(say)) => Ok(say),
            Ok(None) => Err(NetworkError::refused("it said something else than it had to")),
            Err(error) => Err(broken(self.connection, &error)),
        }
    }

    async fn greeting(&mut self) -> Result<Greeting, NetworkError> {
        match self.hear().await? {
            Say::Greeting(greeting) => Ok(greeting),
            _ => Err(NetworkError::refused("it did not greet")),
        }
    }

    async fn proof(&mut self) -> Result<Vec<u8>, NetworkError> {
        match self.hear().await? {
            Say::Proof(Proof { mac }) => Ok(mac),
            _ => Err(NetworkError::refused(
                "it did not prove that it belongs to this network",
            )),
        }
    }
}

/// Why nothing more is said: in the words of the other end, where it hung up.
fn broken(connection: &Connection, error: &impl ToString) -> NetworkError {
    match connection.close_reason() {
        Some(ConnectionError::ApplicationClosed(close)) => {
            let why = String::from_utf8_lossy(&close.reason);
            match [
                Goodbye::Stopping,
                Goodbye::Idle,
                Goodbye::Lost,
                Goodbye::TooMany,
                Goodbye::Forgotten,
            ]
            .iter()
            .any(|passing| passing.is(&close))
            {
                true => NetworkError::unreachable(kept_text(&why)),
                false => NetworkError::refused_there(&why),
            }
        }
        Some(reason) => NetworkError::unreachable(reason.to_string()),
        None => NetworkError::unreachable(error.to_string()),
    }
}
