//! The OpenAPI document, made from the table of routes and the descriptors of the contract.

use std::{collections::BTreeSet, sync::LazyLock};

use prost_reflect::MethodDescriptor;
use serde_json::{Map, Value, json};
use tonic::Code;

use super::{
    answer::EVENTS,
    comments::Commented,
    input::{MANY, ONE},
    problem::{self, of_code},
    routes::{ROUTES, Route},
    schema::{Schemas, request},
};

/// What a reader should know before anything else.
pub(super) const ABOUT: &str = "The calls of a Parcero peer for whoever speaks HTTP and JSON. Each is a method of the \
peer's gRPC contract, and does the same; messages are written in proto3 JSON.\n\nWhere there are many messages, each is \
one JSON object on a line of its own (`application/x-ndjson`). An answer of many that does not end well has a last line \
`{\"problem\": …}`. With `accept: text/event-stream` such an answer comes as events, the last one then named \
`problem`.\n\nThe bidirectional call of the Greeter is not offered here: by HTTP/1.1 a request is sent in one go, before \
its answer. Make it by gRPC (`greet.Greeter/BidirectionalStreaming`, at the same address), on the page at `/`, or with \
`parcero hello bidi`.\n\nA POST must say `content-type: application/json`. Unknown fields are refused, and no query is \
taken. Only this machine is served, and of web pages only the peer's own and those its person allows.";

/// The document as text.
pub(super) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());
    &TEXT
}

/// The first sentence of a comment, and the whole.
pub(super) fn summary(comment: &str) -> &str {
    let end = comment.find(['\n']).unwrap_or(comment.len());
    let first = &comment[..end];
    // A colon or a full stop in front of a space ends what a list has room for.
    first
        .find(". ")
        .map_or(first, |end| &first[..end])
        .trim_end_matches('.')
}

fn document() -> Value {
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    for route in ROUTES {
        let operation = operation(route, &mut schemas);
        let path = paths.entry(route.path).or_insert_with(|| Map::new().into());
        path[route.method.as_str().to_lowercase()] = operation;
    }
    let services = ROUTES
        .iter()
        .map(|route| route.descriptor().parent_service().clone());
    let mut named = BTreeSet::new();
    let tags: Vec<_> = services
        .filter(|service| named.insert(service.name().to_owned()))
        .map(|service| json!({ "name": service.name(), "description": service.comment() }))
        .collect();
    let mut schemas = schemas.into_value();
    schemas["Problem"] = problem_schema();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Parcero",
            "version": crate::VERSION,
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": { "schemas": schemas, "responses": problems(), "parameters": headers() },
    })
}

fn operation(route: &Route, schemas: &mut Schemas) -> Value {
    let method = route.descriptor();
    let in_path: Vec<_> = route.parameters().collect();
    let of_path = in_path.iter().map(|name| {
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "schema": { "type": "string", "minLength": 1 },
            "description": match *name {
                "peer" => "Its id, its name, or the beginning of its id (at least four characters).",
                _ => method.input().get_field_by_name(name).map_or("", |field| field.comment()),
            },
        })
    });
    let of_headers =
        header_names(&method).map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }));
    let mut operation = json!({
        "operationId": method.name(),
        "tags": [method.parent_service().name()],
        "summary": summary(method.comment()),
        "description": method.comment(),
        "parameters": of_path.chain(of_headers).collect::<Vec<_>>(),
        "responses": responses(route, &method, schemas),
    });
    if route.takes_body() {
        operation["requestBody"] = body(route, &method, &in_path);
    }
    operation
}

fn body(route: &Route, method: &MethodDescriptor, in_path: &[&str]) -> Value {
    let one = json!({ "schema": request(&method.input(), in_path) });
    let may_be_empty = method.input().fields().len() == in_path.len();
    if method.is_client_streaming() {
        let lines = json!({ "schema": {
            "type": "string",
            "description": format!("One {} a line.", method.input().name()),
        } });
        // A single object is one line as well.
        return json!({ "required": true, "content": { MANY: lines, ONE: one } });
    }
    json!({
        "required": !(may_be_empty && route.method == http::Method::PUT),
        "content": { ONE: one },
    })
}

fn responses(route: &Route, method: &MethodDescriptor, schemas: &mut Schemas) -> Value {
    let schema = schemas.answer(&method.output());
    let good = if method.is_server_streaming() {
        let line = json!({ "anyOf": [
            schema,
            { "type": "object", "required": ["problem"], "properties": { "problem": problem_reference() } },
        ] });
        let lines = json!({ "schema": { "type": "string", "description": "One such object a line.", "contentSchema": line } });
        let events = json!({ "schema": { "type": "string", "description": "The same as events." } });
        json!({ MANY: lines, EVENTS: events })
    } else {
        json!({ ONE: { "schema": schema } })
    };
    let mut responses = Map::new();
    let output = method.output();
    let description = match output.comment() {
        "" => output.name(),
        comment => comment,
    };
    responses.insert(
        "200".to_owned(),
        json!({ "description": description, "content": good }),
    );
    let of_http: &[&str] = if route.takes_body() {
        &["408", "413", "415", "421"]
    } else {
        &["421"]
    };
    let of_calls = codes().map(|code| of_code(code).0.as_str().to_owned());
    for status in of_calls.chain(of_http.iter().map(|&status| status.to_owned())) {
        let reference = json!({ "$ref": format!("#/components/responses/{status}") });
        responses.insert(status, reference);
    }
    responses.into()
}

/// Every status a call can end with but the good one.
pub(super) fn codes() -> impl Iterator<Item = Code> {
    // gRPC has numbered them, and there are seventeen.
    (1..=16).map(Code::from_i32)
}

/// Every answer that is a problem, by its number.
fn problems() -> Value {
    let mut meanings: std::collections::BTreeMap<String, Vec<String>> = [
        ("408", "The body came too slowly, or broke off"),
        ("413", "A JSON object is longer than the peer takes"),
        ("415", "The body does not say that it is JSON"),
        (
            "403",
            "A web page asks that the person of this peer has not allowed",
        ),
    ]
    .map(|(status, meaning)| (status.to_owned(), vec![meaning.to_owned()]))
    .into();
    for code in codes() {
        let (status, name, title) = of_code(code);
        let meaning = format!("{name}: {title}");
        meanings
            .entry(status.as_str().to_owned())
            .or_default()
            .push(meaning);
    }
    // The door gives it, before anything looks at the path.
    let of_door = json!({
        "description": "The request names another host than this peer, or none. The answer has no body.",
    });
    meanings
        .into_iter()
        .map(|(status, meanings)| {
            let response = json!({
                "description": meanings.join(". "),
                "content": { problem::MEDIA_TYPE: { "schema": problem_reference() } },
            });
            (status, response)
        })
        .chain([("421".to_owned(), of_door)])
        .collect::<Map<_, _>>()
        .into()
}

fn problem_reference() -> Value {
    json!({ "$ref": "#/components/schemas/Problem" })
}

fn problem_schema() -> Value {
    let names: Vec<_> = codes().map(|code| of_code(code).1).collect();
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference" },
            "title": { "type": "string", "description": "What problems of this type have in common." },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string", "description": "What happened this time." },
            "code": { "type": "string", "enum": names, "description": "The status of gRPC with which the call ended." },
        },
    })
}

/// The headers that mean something to a method.
pub(super) fn header_names(method: &MethodDescriptor) -> impl Iterator<Item = &'static str> {
    let of_answers = method.full_name() == "greet.Greeter.ServerStreaming";
    let of_peers = method.parent_service().full_name() == "greet.Greeter";
    [
        ("grpc-timeout", true),
        ("parcero-peer", of_peers),
        ("parcero-count", of_answers),
        ("parcero-interval-ms", of_answers),
    ]
    .into_iter()
    .filter_map(|(name, is_known)| is_known.then_some(name))
}

/// Every header that means something.
pub(super) const HEADERS: [&str; 4] = [
    "grpc-timeout",
    "parcero-peer",
    "parcero-count",
    "parcero-interval-ms",
];

/// What a header means, and the form of its value.
pub(super) fn header(name: &str) -> (&'static str, Value) {
    match name {
        "grpc-timeout" => (
            "How long the call may take: one to eight digits, and H, M, S, m, u or n for hours down to nanoseconds.",
            json!({ "type": "string", "pattern": "^[0-9]{1,8}[HMSmun]$", "examples": ["10S"] }),
        ),
        "parcero-count" => (
            "How many answers.",
            json!({ "type": "integer", "minimum": 0, "maximum": 100_000 }),
        ),
        "parcero-interval-ms" => (
            "The pause between two answers in milliseconds.",
            json!({ "type": "integer", "minimum": 0, "maximum": 60_000 }),
        ),
        _ => (
            "The peer to call instead of this one: its id, its name in percent-encoding, or the beginning of its id.",
            json!({ "type": "string", "minLength": 1 }),
        ),
    }
}

fn headers() -> Value {
    HEADERS
        .into_iter()
        .map(|name| {
            let (description, schema) = header(name);
            let parameter =
                json!({ "name": name, "in": "header", "description": description, "schema": schema });
            (name.to_owned(), parameter)
        })
        .collect::<Map<_, _>>()
        .into()
}
