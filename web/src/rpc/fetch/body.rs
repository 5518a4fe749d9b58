//! The body of an answer: message frames as they come, then the trailers.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bridge::{
    frame::FrameDecoder,
    tap::{Crossing, Tap},
};
use bytes::Bytes;
use js_sys::Uint8Array;
use send_wrapper::SendWrapper;
use tonic::Status;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, ReadableStreamReadResult, Response};

use super::{abort::Abort, headers, rest};
use crate::rpc::{
    failure::Failure,
    splitter::{End, Splitter},
};

/// The longest line of a refusal that is shown, in characters: two lines of a page.
const MAX_LINE: usize = 200;

/// The messages of an answer with their prefixes, as tonic's clients take them, and its trailers.
///
/// # Cancel safety
/// Dropping it before the end aborts the `fetch`.
pub struct FetchBody {
    // What belongs to JavaScript stays in its thread; a page has only one.
    reading: Option<SendWrapper<Reading>>,
}

impl FetchBody {
    /// The body of an answer that is trailers only.
    pub(super) fn empty() -> Self {
        Self { reading: None }
    }

    pub(super) fn new(response: &Response, abort: Abort, tap: Option<Tap>, max_message_bytes: usize) -> Self {
        let reading = Reading {
            reader: reader_of(response),
            read: None,
            splitter: Splitter::new(max_message_bytes),
            end: None,
            abort: Some(abort),
            watch: tap.map(|tap| Watch {
                tap,
                frames: FrameDecoder::new(max_message_bytes),
            }),
        };
        Self {
            reading: Some(SendWrapper::new(reading)),
        }
    }
}

impl http_body::Body for FetchBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Status>>> {
        let Some(reading) = &mut self.reading else {
            return Poll::Ready(None);
        };
        let frame = ready!(reading.poll(context));
        if !matches!(&frame, Ok(frame) if frame.is_data()) {
            self.reading = None;
        }
        Poll::Ready(Some(frame.map_err(Status::from)))
    }

    fn is_end_stream(&self) -> bool {
        self.reading.is_none()
    }
}

/// An answer that has not ended.
struct Reading {
    /// None if the answer has no body at all.
    reader: Option<ReadableStreamDefaultReader>,
    /// The next piece, asked for and not here yet.
    read: Option<JsFuture>,
    splitter: Splitter,
    /// What comes next, when all messages before it are delivered.
    end: Option<End>,
    /// None once the answer has said everything.
    abort: Option<Abort>,
    watch: Option<Watch>,
}

impl Reading {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<http_body::Frame<Bytes>, Failure>> {
        loop {
            if let Some(end) = self.end.take() {
                return Poll::Ready(self.finish(end));
            }
            let Some(piece) = ready!(self.poll_piece(context))? else {
                if let Some(abort) = &self.abort {
                    abort.call_ended();
                }
                return Poll::Ready(Err(if self.splitter.is_between_frames() {
                    Failure::NoTrailers
                } else {
                    Failure::HalfMessage
                }));
            };
            if let Some(watch) = &mut self.watch {
                watch.see(piece.clone());
            }
            let split = self.splitter.push(piece);
            self.end = split.end;
            if !split.messages.is_empty() {
                return Poll::Ready(Ok(http_body::Frame::data(split.messages)));
            }
        }
    }

    /// The next piece of the body; None at its end.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Failure>> {
        let Some(reader) = &self.reader else {
            return Poll::Ready(Ok(None));
        };
        let read = self.read.get_or_insert_with(|| JsFuture::from(reader.read()));
        let result = ready!(Pin::new(read).poll(context));
        self.read = None;
        Poll::Ready(match result {
            Ok(result) => Ok(bytes_of(result)),
            Err(why) => Err(match &self.abort {
                Some(abort) => abort.failure(&why, Failure::CutOff),
                None => Failure::CutOff,
            }),
        })
    }

    fn finish(&mut self, end: End) -> Result<http_body::Frame<Bytes>, Failure> {
        match end {
            End::Trailers(frame) => {
                if let (Some(reader), Some(abort)) = (self.reader.take(), self.abort.take()) {
                    rest::let_end(reader, abort);
                }
                let trailers = headers::parse_trailers(&frame.payload)?;
                if let Some(watch) = &self.watch {
                    watch.tap.tell(Crossing::Trailers(trailers.clone()));
                }
                Ok(http_body::Frame::trailers(trailers))
            }
            End::TooLarge { announced, limit } => Err(Failure::TooLarge { announced, limit }),
        }
    }
}

/// Cuts whole frames for a tap. Without a tap there is none of this.
struct Watch {
    tap: Tap,
    frames: FrameDecoder,
}

impl Watch {
    fn see(&mut self, piece: Bytes) {
        self.frames.push(piece);
        // A frame over the limit ends the call, which says so; here it is only not shown.
        while let Ok(Some(frame)) = self.frames.next_encoded() {
            self.tap.tell(Crossing::Received(frame));
        }
    }
}

pub(super) fn reader_of(response: &Response) -> Option<ReadableStreamDefaultReader> {
    response.body().map(|stream| stream.get_reader().unchecked_into())
}

/// The bytes of what a reader delivered, copied once from JavaScript; None at the end of the stream.
fn bytes_of(result: JsValue) -> Option<Bytes> {
    let result: ReadableStreamReadResult = result.unchecked_into();
    if result.get_done().unwrap_or(false) {
        return None;
    }
    let piece: Uint8Array = result.get_value().unchecked_into();
    Some(Bytes::from(piece.to_vec()))
}

/// The first line of a refusal, at most [`MAX_LINE`] characters; empty if it cannot be read.
pub(super) async fn first_line(response: &Response) -> String {
    let Some(reader) = reader_of(response) else {
        return String::new();
    };
    let piece = JsFuture::from(reader.read())
        .await
        .ok()
        .and_then(bytes_of)
        .unwrap_or_default();
    let text = String::from_utf8_lossy(&piece);
    text.lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(MAX_LINE)
        .collect()
}
