//! One WebSocket of the browser, and what its events mean.

use std::{cell::RefCell, future::poll_fn, rc::Rc, task::Poll, task::Waker};

use bytes::Bytes;
use futures_util::future::AbortHandle;
use js_sys::{ArrayBuffer, Uint8Array};
use tonic::Status;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::{
    inbox::{Arrived, Inbox},
    turns::Turn,
};
use crate::tap::{Crossing, Tap};

const SUBPROTOCOL: &str = "grpc-websockets";

/// The socket of one call. Shared by the reader of the call, its sender, and the browser's events.
#[derive(Debug)]
pub(super) struct Pipe {
    socket: WebSocket,
    origin: String,
    tap: Option<Tap>,
    state: RefCell<State>,
}

#[derive(Debug)]
struct State {
    inbox: Inbox,
    is_open: bool,
    open_waker: Option<Waker>,
    /// Until the socket is open, or given up.
    turn: Option<Turn>,
    sender: Option<AbortHandle>,
}

/// What the browser calls. Dropping it silences the socket.
#[derive(Debug)]
pub(super) struct Listeners {
    pipe: Rc<Pipe>,
    _open: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut(CloseEvent)>,
}

impl Drop for Listeners {
    fn drop(&mut self) {
        let socket = &self.pipe.socket;
        socket.set_onopen(None);
        socket.set_onmessage(None);
        socket.set_onclose(None);
    }
}

impl Pipe {
    pub(super) fn open(
        origin: &str,
        path: &str,
        tap: Option<Tap>,
        turn: Turn,
    ) -> Result<(Rc<Self>, Listeners), Status> {
        let url = format!("{}{path}", socket_origin(origin));
        let socket = WebSocket::new_with_str(&url, SUBPROTOCOL).map_err(|error| {
            Status::invalid_argument(format!("the browser opens no socket to {url}: {}", text(&error)))
        })?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let pipe = Rc::new(Self {
            socket,
            origin: origin.to_owned(),
            tap,
            state: RefCell::new(State {
                inbox: Inbox::new(),
                is_open: false,
                open_waker: None,
                turn: Some(turn),
                sender: None,
            }),
        });
        let listeners = pipe.listen();
        Ok((pipe, listeners))
    }

    fn listen(self: &Rc<Self>) -> Listeners {
        let open = Closure::new({
            let pipe = self.clone();
            move || pipe.opened()
        });
        let message = Closure::new({
            let pipe = self.clone();
            move |event: MessageEvent| pipe.received(&event)
        });
        let close = Closure::new({
            let pipe = self.clone();
            move |event: CloseEvent| pipe.closed(&event)
        });
        self.socket.set_onopen(Some(open.as_ref().unchecked_ref()));
        self.socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        self.socket.set_onclose(Some(close.as_ref().unchecked_ref()));
        Listeners {
            pipe: self.clone(),
            _open: open,
            _message: message,
            _close: close,
        }
    }

    /// Waits until something may be sent.
    pub(super) async fn is_open(&self) {
        poll_fn(|cx| {
            let mut state = self.state.borrow_mut();
            if state.is_open {
                return Poll::Ready(());
            }
            state.open_waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// What arrives next; `None` when there is nothing more.
    pub(super) async fn next(&self) -> Result<Option<Arrived>, Status> {
        poll_fn(|cx| self.poll_next(cx.waker())).await
    }

    pub(super) fn poll_next(&self, waker: &Waker) -> Poll<Result<Option<Arrived>, Status>> {
        let mut state = self.state.borrow_mut();
        match state.inbox.next() {
            Some(arrived) => Poll::Ready(arrived),
            None => {
                state.inbox.wait(waker);
                Poll::Pending
            }
        }
    }

    pub(super) fn send(&self, message: &[u8]) {
        // It throws only before the socket is open, which the sender has waited for. On a closed socket it does
        // nothing, and the reader hears of the closing.
        let _ = self.socket.send_with_u8_array(message);
    }

    /// Bytes that were sent and have not left the browser.
    pub(super) fn buffered_bytes(&self) -> u32 {
        self.socket.buffered_amount()
    }

    /// From now on the end of the call ends the sending, too.
    pub(super) fn stop_sending_with(&self, sender: AbortHandle) {
        self.state.borrow_mut().sender = Some(sender);
    }

    /// Ends the call from this side.
    pub(super) fn fail(&self, status: Status) {
        self.change(|inbox| inbox.fail(status));
        self.close();
    }

    /// Closes the socket; if the call had not ended, that cancels it.
    pub(super) fn close(&self) {
        if let Some(sender) = self.state.borrow_mut().sender.take() {
            sender.abort();
        }
        // Without a code it cannot throw; on a socket that is closed it does nothing.
        let _ = self.socket.close();
        self.end_turn();
    }

    fn opened(&self) {
        let waker = {
            let mut state = self.state.borrow_mut();
            state.is_open = true;
            state.open_waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        self.end_turn();
    }

    fn received(&self, event: &MessageEvent) {
        let Some(buffer) = event.data().dyn_ref::<ArrayBuffer>().cloned() else {
            return self.fail(Status::internal(
                "the peer sent a text message; this protocol is binary only",
            ));
        };
        let message = Bytes::from(Uint8Array::new(&buffer).to_vec());
        let mut crossings = Vec::new();
        self.change(|inbox| {
            inbox.take(message, |crossing| {
                if self.tap.is_some() {
                    crossings.push(crossing);
                }
            });
        });
        self.tell(crossings);
    }

    fn closed(&self, event: &CloseEvent) {
        let is_open = self.state.borrow().is_open;
        let status = lost(event.code(), is_open, &self.origin);
        self.change(|inbox| inbox.fail(status));
        self.end_turn();
    }

    /// Lets another socket be opened.
    fn end_turn(&self) {
        let turn = self.state.borrow_mut().turn.take();
        drop(turn);
    }

    /// Changes the inbox, wakes its reader, and stops the sender if the call has ended.
    fn change(&self, change: impl FnOnce(&mut Inbox)) {
        let (waker, sender) = {
            let mut state = self.state.borrow_mut();
            change(&mut state.inbox);
            let sender = if state.inbox.has_ended() {
                state.sender.take()
            } else {
                None
            };
            (state.inbox.take_waker(), sender)
        };
        if let Some(sender) = sender {
            sender.abort();
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Told with nothing borrowed: whoever listens may drop the call.
    fn tell(&self, crossings: Vec<Crossing>) {
        if let Some(tap) = &self.tap {
            for crossing in crossings {
                tap.tell(crossing);
            }
        }
    }
}

/// Why a socket that is gone before there was a status is gone.
fn lost(code: u16, was_open: bool, origin: &str) -> Status {
    match code {
        _ if !was_open => Status::unavailable(format!("could not connect to {origin}: is the peer running?")),
        // No Close at all, or one that says the peer is leaving.
        1001 | 1006 => Status::unavailable(format!(
            "the connection was lost before the call ended (close code {code})"
        )),
        1009 => Status::resource_exhausted("a message was too large for the peer (close code 1009)"),
        _ => Status::internal(format!(
            "the peer closed the socket before the call had a status (close code {code})"
        )),
    }
}

/// The same origin, as sockets spell it.
fn socket_origin(origin: &str) -> String {
    if let Some(rest) = origin.strip_prefix("https://") {
        format!("wss://{rest}")
    } else if let Some(rest) = origin.strip_prefix("http://") {
        format!("ws://{rest}")
    } else {
        origin.to_owned()
    }
}

fn text(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => "it does not say why".to_owned(),
    }
}
