//! The rest of an answer that has said everything: only its end.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ReadableStreamDefaultReader, ReadableStreamReadResult};

use super::abort::Abort;
use crate::rpc::timer::Timer;

/// An answer ends right after its trailers. One that does not is given up after this long: nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Reads to the end, behind the back of the call: a browser counts a body that was not read to its end as failed,
/// and closes its connection.
pub(super) fn let_end(reader: ReadableStreamDefaultReader, abort: Abort) {
    // Ends by itself, with the answer or with its patience.
    spawn_local(async move {
        let Some(mut timer) = Timer::start(PATIENCE) else {
            return;
        };
        let mut end = pin!(end_of(&reader));
        let has_ended = poll_fn(|context| match end.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending => timer.poll(context).map(|()| false),
        })
        .await;
        if has_ended {
            abort.call_ended();
        }
        // Otherwise dropping it aborts the fetch.
    });
}

/// Waits for the end, whichever it is: the status of the call is known already.
async fn end_of(reader: &ReadableStreamDefaultReader) {
    while let Ok(piece) = JsFuture::from(reader.read()).await {
        let piece: ReadableStreamReadResult = piece.unchecked_into();
        if piece.get_done().unwrap_or(true) {
            return;
        }
    }
}
