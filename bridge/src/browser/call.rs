//! A call under way: whoever holds it holds the socket open.

use std::rc::Rc;

use http::Response;
use send_wrapper::SendWrapper;
use tonic::Status;

use super::{
    body::ResponseBody,
    inbox::Arrived,
    pipe::{Listeners, Pipe},
};

/// A call under way. Dropping it closes the socket, and so cancels the call if it had not ended.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) pipe: Rc<Pipe>,
    _listeners: Listeners,
}

impl Call {
    pub(super) fn new(pipe: Rc<Pipe>, listeners: Listeners) -> Self {
        Self {
            pipe,
            _listeners: listeners,
        }
    }

    /// Waits for the head of the response.
    pub(super) async fn response(self) -> Result<Response<ResponseBody>, Status> {
        let headers = match self.pipe.next().await? {
            // Trailers alone are the head of a response without a body, as in gRPC over HTTP/2.
            Some(Arrived::Headers(headers) | Arrived::Trailers(headers)) => headers,
            Some(Arrived::Message(_)) | None => {
                return Err(Status::internal(
                    "the peer ended the call without headers or status",
                ));
            }
        };
        let mut response = Response::new(ResponseBody::new(SendWrapper::new(self)));
        *response.headers_mut() = headers;
        Ok(response)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.pipe.close();
    }
}
