//! Sending a request: headers, then each message as it comes, then "I have finished".

use std::rc::Rc;

use http::HeaderMap;
use http_body_util::BodyExt as _;
use js_sys::{Function, Promise};
use tonic::body::Body;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Window, WorkerGlobalScope};

use super::pipe::Pipe;
use crate::{
    frame::{FrameDecoder, client, header_block},
    tap::{Crossing, Tap},
};

/// With this much still in the browser the sender waits. It bounds the speed, too, at this much for every look:
/// some 250 MB/s, and on one machine Chromium moves no more.
const MAX_BUFFERED_BYTES: u32 = 1024 * 1024;
/// How long until the next look: no event tells that a socket has drained, and browsers count nothing shorter.
const LOOK_AGAIN_MS: i32 = 4;

/// Sends all of a request. Ends early only by being aborted, or when the request itself fails.
pub(super) async fn send(pipe: Rc<Pipe>, headers: HeaderMap, mut body: Body, tap: Option<Tap>) {
    let tell = |crossing: Crossing| {
        if let Some(tap) = &tap {
            tap.tell(crossing);
        }
    };
    pipe.is_open().await;
    pipe.send(&header_block::encode(&headers));
    tell(Crossing::RequestHeaders(headers));

    // For the tap, which is told each frame. What is sent is sent as it comes: tonic packs messages that are ready
    // together into one piece, and a WebSocket message costs a browser far more than the bytes in it.
    let mut frames = FrameDecoder::new(u32::MAX as usize);
    while let Some(frame) = body.frame().await {
        let data = match frame.map(http_body::Frame::into_data) {
            Ok(Ok(data)) => data,
            // gRPC knows no request trailers.
            Ok(Err(_trailers)) => continue,
            Err(status) => return pipe.fail(status),
        };
        room(&pipe).await;
        pipe.send(&client::data(&data));
        if tap.is_some() {
            frames.push(data);
            // No frame is longer than its length can say, so none is refused.
            while let Ok(Some(encoded)) = frames.next_encoded() {
                tell(Crossing::Sent(encoded));
            }
        }
    }
    pipe.send(&[client::FINISH]);
    tell(Crossing::FinishedSending);
}

/// Waits until little enough is buffered in the browser.
async fn room(pipe: &Pipe) {
    while pipe.buffered_bytes() > MAX_BUFFERED_BYTES {
        let later = Promise::new(&mut |resolve, _reject| call_later(&resolve));
        // It is never rejected.
        let _ = JsFuture::from(later).await;
    }
}

/// Calls `callback` a little later, in a page or in a worker.
fn call_later(callback: &Function) {
    let global = js_sys::global();
    let scheduled = if let Some(window) = global.dyn_ref::<Window>() {
        window.set_timeout_with_callback_and_timeout_and_arguments_0(callback, LOOK_AGAIN_MS)
    } else if let Some(worker) = global.dyn_ref::<WorkerGlobalScope>() {
        worker.set_timeout_with_callback_and_timeout_and_arguments_0(callback, LOOK_AGAIN_MS)
    } else {
        Err(JsValue::UNDEFINED)
    };
    if scheduled.is_err() {
        // Without a timer: at once, which costs the processor some work and the call nothing.
        let _ = callback.call0(&JsValue::UNDEFINED);
    }
}
