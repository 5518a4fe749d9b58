//! Registers every call, enforces its deadline to the last message, and ends it when told to.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::Body as HttpBody;
use pin_project_lite::pin_project;
use tonic::{Status, body::Body};
use tower_layer::Layer;
use tower_service::Service;

use super::{
    Calls, Ending,
    calls::{How, Registered},
    deadline::{self, Deadline, Timer},
    ending::{EndableBody, how_ended},
};

/// Wraps a service in a [`CallService`].
#[derive(Debug, Clone)]
pub struct CallLayer {
    calls: Calls,
    only_watches: fn(&str) -> bool,
}

impl CallLayer {
    /// Registers calls in `calls`. `only_watches` tells by its path whether a call merely watches: such a call ends at
    /// once when the peer stops.
    pub fn new(calls: Calls, only_watches: fn(&str) -> bool) -> Self {
        Self { calls, only_watches }
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, inner: S) -> CallService<S> {
        CallService {
            inner,
            calls: self.calls.clone(),
            only_watches: self.only_watches,
        }
    }
}

/// See [`CallLayer`].
#[derive(Debug, Clone)]
pub struct CallService<S> {
    inner: S,
    calls: Calls,
    only_watches: fn(&str) -> bool,
}

impl<S, B> Service<Request<Body>> for CallService<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    B: HttpBody<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<tonic::codegen::StdError>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = CallFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // Whoever let the call in may want to end it.
        let ending = request.extensions_mut().remove::<Ending>().unwrap_or_default();
        let timeout = match deadline::timeout(request.headers()) {
            Ok(timeout) => timeout,
            Err(status) => {
                self.calls.refused();
                return CallFuture::refused(status);
            }
        };
        let registered = match self
            .calls
            .register(ending.clone(), (self.only_watches)(request.uri().path()))
        {
            Ok(registered) => registered,
            Err(status) => return CallFuture::refused(status),
        };
        let open = Open {
            ending: ending.clone(),
            registered: Some(registered),
            method: request.uri().path().to_owned(),
        };
        if let Some(passed) = timeout.filter(std::time::Duration::is_zero) {
            ending.end(deadline::exceeded(passed));
        }
        let timer = timeout.map(|timeout| Timer::start(timeout, ending.clone()));
        request.extensions_mut().insert(ending);
        if let Some(timeout) = timeout {
            request.extensions_mut().insert(Deadline::after(timeout));
        }
        CallFuture {
            inner: Some(self.inner.call(request)),
            open: Some(open),
            timer,
            refusal: None,
        }
    }
}

/// A call that has not been answered yet.
struct Open {
    ending: Ending,
    /// Taken when the call is answered; a call dropped before counts as cancelled.
    registered: Option<Registered>,
    method: String,
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(registered) = self.registered.take() {
            let how = self.ending.verdict().map_or(How::Cancelled, how_ended);
            tracing::debug!(method = %self.method, ?how, "call ended before it was answered");
            registered.done(how);
        }
    }
}

pin_project! {
    /// The answer to come.
    #[must_use = "futures do nothing unless polled"]
    pub struct CallFuture<F> {
        #[pin]
        inner: Option<F>,
        open: Option<Open>,
        timer: Option<Timer>,
        refusal: Option<Status>,
    }
}

impl<F> CallFuture<F> {
    fn refused(status: Status) -> Self {
        Self {
            inner: None,
            open: None,
            timer: None,
            refusal: Some(status),
        }
    }
}

impl<F, B, E> Future for CallFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: HttpBody<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<tonic::codegen::StdError>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(status) = this.refusal.take() {
            return Poll::Ready(Ok(status.into_http()));
        }
        let Some(open) = this.open.as_mut() else {
            return Poll::Pending;
        };
        open.ending.wake(cx);
        let mut polled = Poll::Pending;
        if open.ending.verdict().is_none()
            && let Some(inner) = this.inner.as_mut().as_pin_mut()
        {
            polled = inner.poll(cx);
        }
        if let Some(status) = open.ending.verdict() {
            let response = status.clone().into_http();
            // The handler goes first, so that it is gone when the call is counted out.
            this.inner.set(None);
            *this.open = None;
            *this.timer = None;
            return Poll::Ready(Ok(response));
        }
        match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(response)) => {
                let (parts, body) = response.into_parts();
                if let Some(registered) = open.registered.take() {
                    open.ending.answer(Body::new(body), registered);
                }
                let body = EndableBody::new(open.ending.clone(), this.timer.take());
                Poll::Ready(Ok(Response::from_parts(parts, Body::new(body))))
            }
        }
    }
}
