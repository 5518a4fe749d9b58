//! What went wrong, as `application/problem+json` (RFC 9457).

use http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};
use tonic::{Code, Status, body::Body};

use super::{answer::json_body, routes::PAGE};

/// The media type of all of these.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request has no other answer.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    kind: Kind,
    detail: String,
    /// The methods that would have done, for 405.
    allow: Option<HeaderValue>,
}

/// Who says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// HTTP: there is no call yet.
    Request,
    /// The call ended with this status of gRPC.
    Call(Code),
}

/// What a status of gRPC is in HTTP, its name, and what it means.
pub(super) fn of_code(code: Code) -> (StatusCode, &'static str, &'static str) {
    match code {
        Code::Ok => (StatusCode::OK, "OK", "Nothing went wrong"),
        // Nobody hears of it: it is the caller that went away. The number is the one web servers log.
        Code::Cancelled => (
            StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
            "CANCELLED",
            "The call was given up",
        ),
        Code::Unknown => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "UNKNOWN",
            "Something went wrong that has no name",
        ),
        Code::InvalidArgument => (
            StatusCode::BAD_REQUEST,
            "INVALID_ARGUMENT",
            "A value in the request is none that can be",
        ),
        Code::DeadlineExceeded => (
            StatusCode::GATEWAY_TIMEOUT,
            "DEADLINE_EXCEEDED",
            "It was not done in the time that `grpc-timeout` allowed",
        ),
        Code::NotFound => (
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            "What was named does not exist",
        ),
        Code::AlreadyExists => (
            StatusCode::CONFLICT,
            "ALREADY_EXISTS",
            "What should be made is there already",
        ),
        // Not 401 for the second: there is nothing to log in with.
        Code::PermissionDenied => (
            StatusCode::FORBIDDEN,
            "PERMISSION_DENIED",
            "The peer does not let you do this",
        ),
        Code::Unauthenticated => (
            StatusCode::FORBIDDEN,
            "UNAUTHENTICATED",
            "Nobody vouched for this call",
        ),
        Code::ResourceExhausted => (
            StatusCode::TOO_MANY_REQUESTS,
            "RESOURCE_EXHAUSTED",
            "Too much, or too large",
        ),
        Code::FailedPrecondition => (
            StatusCode::CONFLICT,
            "FAILED_PRECONDITION",
            "Something else has to be done first",
        ),
        Code::Aborted => (
            StatusCode::CONFLICT,
            "ABORTED",
            "Something broke it off; try again",
        ),
        Code::OutOfRange => (
            StatusCode::BAD_REQUEST,
            "OUT_OF_RANGE",
            "A value is past the end of what there is",
        ),
        Code::Unimplemented => (
            StatusCode::NOT_IMPLEMENTED,
            "UNIMPLEMENTED",
            "The peer does not know this call",
        ),
        Code::Internal => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL",
            "The peer made a mistake",
        ),
        Code::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            "UNAVAILABLE",
            "The peer cannot be reached, or is stopping",
        ),
        Code::DataLoss => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "DATA_LOSS",
            "Something that was kept is gone",
        ),
    }
}

impl Problem {
    fn of_request(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind: Kind::Request,
            detail: detail.into(),
            allow: None,
        }
    }

    pub(super) fn nothing_here() -> Self {
        Problem::of_request(
            StatusCode::NOT_FOUND,
            format!("there is nothing at this path; {PAGE} tells what there is"),
        )
    }

    /// A call that no route has, and the ways to make it.
    pub(super) fn not_by_rest(call: &str) -> Self {
        Problem::of_request(
            StatusCode::NOT_FOUND,
            format!(
                "{call} is not offered by REST, where a request is sent in one go, before its answer: make it by gRPC or by \
                 the WebSocket bridge, both at this same address, or with `parcero hello bidi`; {PAGE} tells what there is \
                 by REST"
            ),
        )
    }

    pub(super) fn forbidden(why: impl Into<String>) -> Self {
        Problem::of_request(StatusCode::FORBIDDEN, why)
    }

    /// Another method would have done, one of these.
    pub(super) fn method(known: &[Method]) -> Self {
        let mut names: Vec<&str> = known.iter().map(Method::as_str).collect();
        if names.contains(&"GET") {
            names.push("HEAD");
        }
        let names = names.join(", ");
        Self {
            // Names of methods are what a header can hold.
            allow: HeaderValue::try_from(&names).ok(),
            ..Problem::of_request(StatusCode::METHOD_NOT_ALLOWED, format!("this path takes {names}"))
        }
    }

    pub(super) fn media_type(expected: &str) -> Self {
        Problem::of_request(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("the body must say that it is JSON: `content-type: {expected}`"),
        )
    }

    pub(super) fn query() -> Self {
        Problem::malformed("no query is taken: what a call needs stands in the path and in the body")
    }

    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Problem::of_request(StatusCode::BAD_REQUEST, detail)
    }

    /// More than `max_bytes` in one JSON object.
    pub(super) fn too_large(what: &str, max_bytes: usize) -> Self {
        Problem::of_request(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("{what} is longer than {max_bytes} bytes"),
        )
    }

    /// The body came too slowly, or broke off.
    pub(super) fn broken_body(status: &Status) -> Self {
        Problem::of_request(StatusCode::REQUEST_TIMEOUT, status.message())
    }

    /// As an object.
    pub(super) fn to_json(&self) -> Value {
        let status = self.status.as_u16();
        match self.kind {
            Kind::Request => json!({
                "type": "about:blank",
                "title": self.status.canonical_reason().unwrap_or_default(),
                "status": status,
                "detail": self.detail,
            }),
            Kind::Call(code) => {
                let (_, name, title) = of_code(code);
                json!({
                    "type": format!("{PAGE}#{name}"),
                    "title": title,
                    "status": status,
                    "detail": self.detail,
                    "code": name,
                })
            }
        }
    }

    /// As an answer.
    pub(super) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(json_body(&self.to_json()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, allow);
        }
        response
    }
}

impl From<Status> for Problem {
    fn from(status: Status) -> Self {
        Self {
            status: of_code(status.code()).0,
            kind: Kind::Call(status.code()),
            detail: status.message().to_owned(),
            allow: None,
        }
    }
}
