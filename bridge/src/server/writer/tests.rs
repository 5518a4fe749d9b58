//! What is put comes out in order, whatever its size and however little the socket takes at a time.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use proptest::{collection::vec, prelude::*};
use tokio::io::{AsyncReadExt as _, duplex};
use tungstenite::protocol::frame::coding::CloseCode;

use super::{ENOUGH, LARGE, Writer};

/// All that `writer` writes into a socket that takes `capacity` bytes at a time.
fn written(mut writer: Writer, capacity: usize) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async move {
        let (mut near, mut far) = duplex(capacity);
        let writing = async move {
            poll_fn(|cx| writer.poll_write(&mut near, cx)).await.unwrap();
            assert!(writer.is_empty() && writer.take_progress() && !writer.take_progress());
        };
        let mut read = Vec::new();
        let (_, _) = tokio::join!(writing, far.read_to_end(&mut read));
        read
    })
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    super::put_header(
        &mut bytes,
        super::OpCode::Data(super::Data::Binary),
        payload.len(),
    );
    bytes.extend_from_slice(payload);
    bytes
}

proptest! {
    #[test]
    fn messages_come_out_in_order(
        sizes in vec(prop_oneof![0..10_usize, LARGE - 2..LARGE + 3], 1..8),
        capacity in prop_oneof![500..2000_usize, 2000..100_000_usize],
    ) {
        let mut writer = Writer::default();
        let mut expected = Vec::new();
        for (index, &size) in sizes.iter().enumerate() {
            let payload = vec![index as u8; size];
            expected.extend(frame(&payload));
            writer.put_message(payload.into());
        }
        writer.put_close(Some(CloseCode::Normal));
        expected.extend([0x88, 2, 3, 0xe8]);
        prop_assert_eq!(written(writer, capacity), expected);
    }
}

#[test]
fn pongs_do_not_pile_up() {
    let mut writer = Writer::default();
    for index in 0..1000_u16 {
        writer.put_pong(index.to_be_bytes().to_vec().into());
    }
    assert_eq!(written(writer, 100), [0x8a, 2, 3, 0xe7]);
}

#[test]
fn a_ping_is_put_only_where_nothing_waits() {
    let mut writer = Writer::default();
    writer.put_ping();
    writer.put_ping();
    assert_eq!(written(writer, 100), [0x89, 0]);
}

#[test]
fn nothing_follows_a_close() {
    let mut writer = Writer::default();
    writer.put_close(None);
    writer.put_close(Some(CloseCode::Normal));
    writer.put_ping();
    writer.put_pong("late".into());
    assert_eq!(written(writer, 100), [0x88, 0]);
}

#[test]
fn there_is_room_until_enough_waits() {
    let mut writer = Writer::default();
    let small = vec![0; LARGE - 1];
    let mut put = 0;
    while writer.has_room() {
        writer.put_message(small.clone().into());
        put += frame(&small).len();
    }
    assert!((ENOUGH..ENOUGH + LARGE).contains(&put), "{put}");

    let mut writer = Writer::default();
    writer.put_message(vec![0; LARGE].into());
    assert!(!writer.has_room());
}

#[test]
fn a_socket_that_takes_nothing_is_an_error() {
    struct Full;
    impl tokio::io::AsyncWrite for Full {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<std::io::Result<usize>> {
            Poll::Ready(Ok(0))
        }
        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
    let mut writer = Writer::default();
    writer.put_ping();
    let mut cx = Context::from_waker(std::task::Waker::noop());
    assert!(matches!(
        writer.poll_write(&mut Full, &mut cx),
        Poll::Ready(Err(_))
    ));
}
