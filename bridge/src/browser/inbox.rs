//! What has arrived on a socket and was not read yet, and how the call ended.

use std::{collections::VecDeque, task::Waker};

use bytes::Bytes;
use http::HeaderMap;
use tonic::Status;

use crate::{
    frame::{Frame, FrameDecoder, header_block},
    tap::Crossing,
};

/// Something for the reader of a call.
#[derive(Debug)]
pub(super) enum Arrived {
    Headers(HeaderMap),
    /// A whole frame, its prefix included.
    Message(Bytes),
    /// With these the call has ended.
    Trailers(HeaderMap),
}

/// What has arrived. Pure: it knows no browser.
#[derive(Debug)]
pub(super) struct Inbox {
    frames: FrameDecoder,
    arrived: VecDeque<Arrived>,
    has_headers: bool,
    /// Nothing more will arrive; an error unless trailers came.
    end: Option<Result<(), Status>>,
    waker: Option<Waker>,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self {
            // tonic refuses what is too long for its taste; by then the browser holds it anyway.
            frames: FrameDecoder::new(u32::MAX as usize),
            arrived: VecDeque::new(),
            has_headers: false,
            end: None,
            waker: None,
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    pub(super) fn wait(&mut self, waker: &Waker) {
        self.waker = Some(waker.clone());
    }

    pub(super) fn take_waker(&mut self) -> Option<Waker> {
        self.waker.take()
    }

    /// What is next: `None` while there is nothing, `Some(Ok(None))` when there will be nothing more.
    pub(super) fn next(&mut self) -> Option<Result<Option<Arrived>, Status>> {
        if let Some(arrived) = self.arrived.pop_front() {
            return Some(Ok(Some(arrived)));
        }
        match self.end.as_mut()? {
            Ok(()) => Some(Ok(None)),
            // Told once; after an error there is nothing more.
            Err(_) => match self.end.replace(Ok(())) {
                Some(Err(status)) => Some(Err(status)),
                _ => Some(Ok(None)),
            },
        }
    }

    /// Ends the call with an error, unless it has ended already.
    pub(super) fn fail(&mut self, status: Status) {
        self.end.get_or_insert(Err(status));
    }

    /// Takes a message of the server; `tell` hears of every frame in it.
    pub(super) fn take(&mut self, message: Bytes, mut tell: impl FnMut(Crossing)) {
        self.frames.push(message);
        while !self.has_ended() {
            match self.frames.next_encoded() {
                Ok(Some(encoded)) => self.take_frame(encoded, &mut tell),
                Ok(None) => return,
                Err(error) => self.fail(Status::internal(error.to_string())),
            }
        }
    }

    fn take_frame(&mut self, encoded: Bytes, tell: &mut impl FnMut(Crossing)) {
        tell(Crossing::Received(encoded.clone()));
        let frame = Frame::from_encoded(&encoded);
        if !frame.is_headers() {
            if !self.has_headers {
                self.has_headers = true;
                self.arrived.push_back(Arrived::Headers(HeaderMap::new()));
            }
            self.arrived.push_back(Arrived::Message(encoded));
            return;
        }
        let headers = match header_block::parse(&frame.payload, usize::MAX) {
            Ok(headers) => headers,
            Err(error) => return self.fail(Status::internal(format!("the answer makes no sense: {error}"))),
        };
        // Nothing on the wire tells headers from trailers but the status and their order.
        if headers.contains_key("grpc-status") || self.has_headers {
            tell(Crossing::Trailers(headers.clone()));
            self.arrived.push_back(Arrived::Trailers(headers));
            self.end = Some(Ok(()));
        } else {
            tell(Crossing::ResponseHeaders(headers.clone()));
            self.has_headers = true;
            self.arrived.push_back(Arrived::Headers(headers));
        }
    }
}
