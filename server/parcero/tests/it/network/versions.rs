//! Peers one version apart: they use the protocols they have in common, and pass over what only one of them knows.

use contract::{
    greet::{HelloReply, HelloRequest},
    parcero::v1::{Admitted, Control, Ping, Pong, control::Say},
};
use iroh::endpoint::{Connection, RecvStream, SendStream};
use prost::{Message, encoding::encode_varint};
use tonic::Code;

use crate::support::{
    TestPeer,
    figures::soon,
    network::is_there,
    raw_link::{NONCE, greeting, hear, proof},
    raw_peer::RawPeer,
    wire::framed,
};

/// What a peer of the next version would speak: its own protocols, and those of today for peers that are older.
const CONTROL: [&[u8]; 2] = [b"parcero/control/2", b"parcero/control/1"];
const CALLS: [&[u8]; 2] = [b"parcero/calls/2", b"parcero/calls/1"];
/// A field that no message of today has: number 99, a varint.
const NEW_FIELD: [u8; 3] = [0x98, 0x06, 0x2a];

/// What a newer peer says: with a new field in the message, and another beside it.
fn newer(say: Say) -> Vec<u8> {
    let today = Control { say: Some(say) }.encode_to_vec();
    let (tag, mut rest) = today.split_first().unwrap();
    prost::encoding::decode_varint(&mut rest).unwrap();
    let message = [rest, &NEW_FIELD].concat();
    let mut control = vec![*tag];
    encode_varint(message.len().try_into().unwrap(), &mut control);
    control.extend(message);
    control.extend(NEW_FIELD);
    delimited(&control)
}

/// A word that only a newer peer knows.
fn new_word() -> Vec<u8> {
    delimited(&NEW_FIELD)
}

fn delimited(message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_varint(message.len().try_into().unwrap(), &mut bytes);
    bytes.extend(message);
    bytes
}

fn introduction() -> Say {
    Say::Admitted(Admitted {
        is_friend: false,
        name: "newer".to_owned(),
        version: "99.0.0".to_owned(),
    })
}

/// Says words of its own time, and waits until the other side has heard all of them; then it stays, and answers.
async fn goes_on(mut send: SendStream, mut receive: RecvStream) -> tokio::task::JoinHandle<()> {
    const NUMBER: u64 = 4711;
    send.write_all(&new_word()).await.unwrap();
    send.write_all(&newer(Say::Ping(Ping { number: NUMBER })))
        .await
        .unwrap();
    loop {
        match hear(&mut receive).await {
            Some(Say::Pong(Pong { number: NUMBER })) => break,
            Some(_) => {}
            None => panic!("it hung up on a word it does not know"),
        }
    }
    tokio::spawn(async move {
        while let Some(said) = hear(&mut receive).await {
            if let Say::Ping(Ping { number }) = said
                && send.write_all(&newer(Say::Pong(Pong { number }))).await.is_err()
            {
                return;
            }
        }
    })
}

#[tokio::test]
async fn a_newer_peer_that_dials_is_understood() {
    let peer = TestPeer::start(&[]);
    let raw = RawPeer::new().await;
    let control = raw.dial_with_any(&peer, &CONTROL).await.unwrap();
    assert_eq!(control.alpn(), CONTROL[1]);
    let (mut send, mut receive) = control.open_bi().await.unwrap();
    send.write_all(&newer(greeting(""))).await.unwrap();
    let Some(Say::Greeting(theirs)) = hear(&mut receive).await else {
        panic!("it did not greet");
    };
    let listener = (control.remote_id(), theirs.nonce.as_slice());
    let proved = proof("dialler", (raw.endpoint_id(), &NONCE), listener);
    send.write_all(&newer(proved)).await.unwrap();
    assert!(matches!(hear(&mut receive).await, Some(Say::Proof(_))));
    assert!(matches!(hear(&mut receive).await, Some(Say::Admitted(_))));
    send.write_all(&newer(introduction())).await.unwrap();
    let _stays = goes_on(send, receive).await;
    peer.sees(&raw.id(), |newer| is_there(newer) && newer.version == "99.0.0")
        .await;

    let calls = raw.dial_with_any(&peer, &CALLS).await.unwrap();
    assert_eq!(calls.alpn(), CALLS[1]);
    let request = HelloRequest {
        name: "Ana".to_owned(),
        greeting: "Hola".to_owned(),
    };
    let request = [request.encode_to_vec(), NEW_FIELD.to_vec()].concat();
    let answer = raw
        .unary(
            &calls,
            "/greet.Greeter/OnlyResponse",
            "parcero-new: 1\r\n",
            &request,
        )
        .await;
    assert!(
        answer.contains("Hola") && answer.contains("grpc-status: 0"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_newer_peer_that_is_dialled_is_understood() {
    let peer = TestPeer::start(&[]);
    let raw = RawPeer::speaking(&[CONTROL[0], CONTROL[1], CALLS[0], CALLS[1]]).await;
    let ticket = raw.ticket();
    let (_, (_control, _stays)) = tokio::join!(peer.add(&ticket), is_met(&raw));
    peer.sees(&raw.id(), |newer| is_there(newer) && newer.version == "99.0.0")
        .await;
    let id = raw.id();
    let (said, _calls) = tokio::join!(peer.hello_to(&id), answers_a_call(&raw));
    assert_eq!(said.unwrap(), "from another time");
}

/// Admits a peer that dials, and is admitted by it.
async fn is_met(raw: &RawPeer) -> (Connection, tokio::task::JoinHandle<()>) {
    let control = raw.dialled().await;
    assert_eq!(control.alpn(), CONTROL[1]);
    let (mut send, mut receive) = soon(control.accept_bi()).await.unwrap();
    let Some(Say::Greeting(theirs)) = hear(&mut receive).await else {
        panic!("it did not greet");
    };
    send.write_all(&newer(greeting(""))).await.unwrap();
    assert!(matches!(hear(&mut receive).await, Some(Say::Proof(_))));
    let dialler = (control.remote_id(), theirs.nonce.as_slice());
    let proved = proof("listener", dialler, (raw.endpoint_id(), &NONCE));
    send.write_all(&newer(proved)).await.unwrap();
    send.write_all(&newer(introduction())).await.unwrap();
    assert!(matches!(hear(&mut receive).await, Some(Say::Admitted(_))));
    (control, goes_on(send, receive).await)
}

/// Answers one unary call, with metadata and a field that are new.
async fn answers_a_call(raw: &RawPeer) -> Connection {
    let calls = raw.dialled().await;
    assert_eq!(calls.alpn(), CALLS[1]);
    let (mut send, mut receive) = soon(calls.accept_bi()).await.unwrap();
    soon(receive.read_to_end(64 * 1024)).await.unwrap();
    let reply = HelloReply {
        message: "from another time".to_owned(),
    };
    let reply = [reply.encode_to_vec(), NEW_FIELD.to_vec()].concat();
    let answer = [
        framed(0x80, b"content-type: application/grpc\r\nparcero-new: 1\r\n"),
        framed(0, &reply),
        framed(0x80, b"grpc-status: 0\r\n"),
    ];
    send.write_all(&answer.concat()).await.unwrap();
    send.finish().unwrap();
    calls
}

#[tokio::test]
async fn peers_with_no_version_in_common_are_told_so() {
    let peer = TestPeer::start(&[]);
    let raw = RawPeer::speaking(&[b"parcero/control/3", b"parcero/calls/3"]).await;
    let (ticket, id) = (raw.ticket(), raw.id());
    let told = async {
        // It is known afterwards, whether or not it could be reached.
        let _ = peer.try_to_add(&ticket).await;
        peer.hello_to(&id).await.unwrap_err()
    };
    let told = tokio::select! {
        told = told => told,
        () = raw.shakes_hands() => unreachable!("it does so for ever"),
    };
    assert_eq!(told.code(), Code::FailedPrecondition, "{told}");
    assert!(told.message().contains("another version"), "{told}");
    let refused = raw.dial(&peer, b"parcero/control/3").await.unwrap_err();
    assert!(refused.contains("120"), "no_application_protocol: {refused}");
}
