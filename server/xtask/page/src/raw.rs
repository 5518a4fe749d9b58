//! The same with the browser's WebSocket and nothing else: what the bridge is compared with.

use std::{cell::Cell, future::poll_fn, rc::Rc, task::Poll, task::Waker};

use js_sys::Promise;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{BinaryType, Performance, WebSocket, Window};

use crate::work::{Direction, Lane, SMALL};

/// With this much in the browser it waits, and looks again after so long: as the bridge does.
const MAX_BUFFERED_BYTES: u32 = 1024 * 1024;
const LOOK_AGAIN_MS: i32 = 4;

/// Opens sockets to one server.
pub(crate) struct Raw {
    server: String,
    clock: Performance,
    window: Window,
}

/// One socket.
pub(crate) struct Conversation {
    socket: WebSocket,
    events: Rc<Events>,
    _listeners: [Closure<dyn FnMut()>; 3],
}

#[derive(Default)]
struct Events {
    is_open: Cell<bool>,
    is_closed: Cell<bool>,
    messages: Cell<u32>,
    waker: Cell<Option<Waker>>,
}

impl Events {
    /// A listener that notes something and wakes whoever waits.
    fn listener(self: &Rc<Self>, note: impl Fn(&Self) + 'static) -> Closure<dyn FnMut()> {
        let events = self.clone();
        Closure::new(move || {
            note(&events);
            if let Some(waker) = events.waker.take() {
                waker.wake();
            }
        })
    }

    async fn until(&self, happened: impl Fn(&Self) -> bool) -> Result<(), String> {
        poll_fn(|cx| {
            if happened(self) {
                Poll::Ready(Ok(()))
            } else if self.is_closed.get() {
                Poll::Ready(Err("the socket closed too soon".to_owned()))
            } else {
                self.waker.set(Some(cx.waker().clone()));
                Poll::Pending
            }
        })
        .await
    }
}

impl Conversation {
    fn send(&self, message: &[u8]) {
        // It throws only before the socket is open.
        let _ = self.socket.send_with_u8_array(message);
    }

    async fn received(&self, count: u32) -> Result<(), String> {
        self.events.until(|events| events.messages.get() >= count).await
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // Without a code it cannot throw.
        let _ = self.socket.close();
    }
}

impl Raw {
    /// Sockets to the server at this origin, whose scheme is a socket's.
    pub(crate) fn new(server: String, clock: Performance, window: Window) -> Self {
        Self {
            server,
            clock,
            window,
        }
    }

    async fn connect(&self, path: &str) -> Result<Conversation, String> {
        let socket =
            WebSocket::new(&format!("{}{path}", self.server)).map_err(|error| format!("{error:?}"))?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let events = Rc::new(Events::default());
        let listeners = [
            events.listener(|events| events.is_open.set(true)),
            events.listener(|events| events.messages.set(events.messages.get() + 1)),
            events.listener(|events| events.is_closed.set(true)),
        ];
        socket.set_onopen(Some(listeners[0].as_ref().unchecked_ref()));
        socket.set_onmessage(Some(listeners[1].as_ref().unchecked_ref()));
        socket.set_onclose(Some(listeners[2].as_ref().unchecked_ref()));
        let conversation = Conversation {
            socket,
            events,
            _listeners: listeners,
        };
        conversation.events.until(|events| events.is_open.get()).await?;
        Ok(conversation)
    }

    async fn send_all(&self, conversation: &Conversation, bytes: usize, count: u32) -> Result<(), String> {
        let message = vec![7; bytes];
        for _ in 0..count {
            while conversation.socket.buffered_amount() > MAX_BUFFERED_BYTES {
                let later = Promise::new(&mut |resolve, _| {
                    // A page has timers.
                    let _ = self
                        .window
                        .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, LOOK_AGAIN_MS);
                });
                JsFuture::from(later)
                    .await
                    .map_err(|error| format!("{error:?}"))?;
            }
            conversation.send(&message);
        }
        Ok(())
    }
}

impl Lane for Raw {
    type Conversation = Conversation;
    const MAKES_CALLS: bool = false;

    async fn open(&self) -> Result<Conversation, String> {
        self.connect("/echo").await
    }

    async fn round_trip(conversation: &mut Conversation) -> Result<(), String> {
        let before = conversation.events.messages.get();
        conversation.send(&[7; SMALL]);
        conversation.received(before + 1).await
    }

    async fn end(conversation: Conversation) -> Result<(), String> {
        drop(conversation);
        Ok(())
    }

    async fn stream(&self, direction: Direction, bytes: usize, count: u32) -> Result<f64, String> {
        let began = match direction {
            Direction::Down => {
                // One more, whose arrival is the beginning.
                let conversation = self.connect(&format!("/down/{}/{bytes}", count + 1)).await?;
                conversation.send(&[1]);
                conversation.received(1).await?;
                let began = self.clock.now();
                conversation.received(count + 1).await?;
                began
            }
            Direction::Up => {
                let conversation = self.connect("/up").await?;
                let began = self.clock.now();
                self.send_all(&conversation, bytes, count).await?;
                // The server sends this one back.
                conversation.send(&[1]);
                conversation.received(1).await?;
                began
            }
            Direction::BothWays => {
                let conversation = self.connect("/echo").await?;
                let began = self.clock.now();
                self.send_all(&conversation, bytes, count).await?;
                conversation.received(count).await?;
                began
            }
        };
        Ok(self.clock.now() - began)
    }
}
