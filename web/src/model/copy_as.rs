//! A call as text for elsewhere: a command or a script that makes the very same call.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use contract::greet::HelloRequest;

use super::{
    hello::Kind,
    metadata::Metadata,
    options::Options,
    quoting::{json, shell},
};

/// Where `parcero` looks for a peer unless told otherwise.
const USUAL_ORIGIN: &str = "http://localhost:50051";

/// What the text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// This program's own command line.
    Parcero,
    /// <https://github.com/fullstorydev/grpcurl>
    Grpcurl,
    /// Python with grpcio.
    Python,
}

impl Tool {
    /// All of them, in the order of the page.
    pub const ALL: [Tool; 3] = [Tool::Parcero, Tool::Grpcurl, Tool::Python];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Tool::Parcero => "parcero",
            Tool::Grpcurl => "grpcurl",
            Tool::Python => "Python",
        }
    }
}

/// A call that was made, or would be.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    /// Its kind.
    pub kind: Kind,
    /// Where it went, `http://localhost:50051`.
    pub origin: &'a str,
    /// What was sent, in order.
    pub messages: &'a [HelloRequest],
    /// Its deadline, its metadata, and what it asked of the peer.
    pub options: &'a Options,
}

/// The text that makes this call with that tool.
pub fn copy_as(tool: Tool, call: &Made<'_>) -> String {
    match tool {
        Tool::Parcero => parcero(call),
        Tool::Grpcurl => grpcurl(call),
        Tool::Python => python(call),
    }
}

fn parcero(call: &Made<'_>) -> String {
    let names: Vec<&str> = call
        .messages
        .iter()
        .map(|message| message.name.as_str())
        .collect();
    let greeting = call
        .messages
        .first()
        .map_or("", |message| message.greeting.as_str());
    let mut before = String::new();
    let mut after = "";
    let mut command = vec![format!("parcero hello {}", call.kind.word())];
    if call.messages.iter().any(|message| message.greeting != greeting) {
        before += "# parcero greets everyone in a call with one word; this call had several, and here is the first.\n";
    }
    match names.as_slice() {
        [] => after = " < /dev/null",
        [name] => command.push(option("--name", name)),
        [name, others @ ..] if others.iter().all(|other| other == name) => {
            command.extend([option("--name", name), format!("--count {}", names.len())]);
        }
        // A line is a name, so these are no lines.
        names
            if names
                .iter()
                .any(|name| name.is_empty() || name.contains(['\n', '\r'])) =>
        {
            command.extend(names.iter().map(|name| option("--name", name)));
        }
        names => {
            let lines: Vec<String> = names.iter().map(|name| shell(name)).collect();
            before += &format!("printf '%s\\n' {} | ", lines.join(" "));
        }
    }
    if !call.messages.is_empty() {
        command.push(option("--greeting", greeting));
    }
    if call.kind == Kind::Server {
        command.extend(call.options.count.map(|count| format!("--count {count}")));
    }
    if call.kind == Kind::Server || names.len() > 1 {
        let interval = call
            .options
            .interval
            .map(|interval| format!("--interval {}", interval.as_millis()));
        command.extend(interval);
    }
    command.extend(
        call.options
            .deadline
            .map(|deadline| format!("--deadline {}", seconds(deadline))),
    );
    if let Some(target) = &call.options.target {
        command.push(option("--peer", &target.id));
    }
    for row in &call.options.metadata {
        let (key, value) = text_of(row);
        command.push(format!("--metadata {}", shell(&format!("{key}={value}"))));
    }
    if call.origin != USUAL_ORIGIN {
        command.push(option("--url", call.origin));
    }
    before + &command.join(" ") + after
}

/// An option and its value; with `=` where the value would else be taken for an option.
fn option(name: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!("{name}{between}{}", shell(value))
}

fn grpcurl(call: &Made<'_>) -> String {
    let mut command = vec!["grpcurl -plaintext".to_owned()];
    command.extend(
        call.options
            .deadline
            .map(|deadline| format!("-max-time {}", seconds(deadline))),
    );
    for row in call.options.rows_of(call.kind) {
        let (key, value) = text_of(&row);
        command.push(format!("-H {}", shell(&format!("{key}: {value}"))));
    }
    // Nothing sent at all is no `-d` at all.
    if !call.messages.is_empty() {
        let messages: Vec<String> = call
            .messages
            .iter()
            .map(|HelloRequest { name, greeting }| {
                format!("{{\"name\":{},\"greeting\":{}}}", json(name), json(greeting))
            })
            .collect();
        command.push(format!("-d {}", shell(&messages.join(" "))));
    }
    command.push(shell(authority(call.origin)));
    command.push(call.kind.path().trim_start_matches('/').to_owned());
    command.join(" ")
}

fn python(call: &Made<'_>) -> String {
    let method = call.kind.path().rsplit('/').next().unwrap_or_default();
    let requests: Vec<String> = call
        .messages
        .iter()
        .map(|HelloRequest { name, greeting }| {
            format!(
                "greet_pb2.HelloRequest(name={}, greeting={})",
                json(name),
                json(greeting)
            )
        })
        .collect();
    let (request, what) = if call.kind.sends_many() {
        let lines: String = requests
            .iter()
            .map(|request| format!("    {request},\n"))
            .collect();
        (format!("requests = [\n{lines}]\n"), "iter(requests)")
    } else {
        (
            format!(
                "request = {}\n",
                requests
                    .first()
                    .map_or("greet_pb2.HelloRequest()", String::as_str)
            ),
            "request",
        )
    };
    let mut arguments = what.to_owned();
    if let Some(deadline) = call.options.deadline {
        arguments += &format!(", timeout={}", seconds(deadline));
    }
    let rows = call.options.rows_of(call.kind);
    let metadata: String = rows
        .iter()
        .map(|row| format!("    {},\n", python_pair(row)))
        .collect();
    let metadata = if rows.is_empty() {
        metadata
    } else {
        arguments += ", metadata=metadata";
        format!("metadata = [\n{metadata}]\n")
    };
    let call_it = match call.kind {
        Kind::Unary => format!("        print(greeter.{method}({arguments}).message)\n"),
        Kind::Server | Kind::Bidi => format!(
            "        for reply in greeter.{method}({arguments}):\n            print(reply.message, flush=True)\n"
        ),
        Kind::Client => format!(
            "        reply = greeter.{method}({arguments})\n        print(reply.message)\n        \
             for request in reply.request:\n            print(\" \", request.greeting, request.name)\n"
        ),
    };
    format!(
        "\
# Once: pip install grpcio grpcio-tools, and then, where proto/greet.proto is:
#   python -m grpc_tools.protoc -I proto --python_out=. --grpc_python_out=. greet.proto
import grpc
import greet_pb2
import greet_pb2_grpc

{request}{metadata}
with grpc.insecure_channel({}) as channel:
    greeter = greet_pb2_grpc.GreeterStub(channel)
    try:
{call_it}    except grpc.RpcError as error:
        raise SystemExit(f\"{{error.code().name}}: {{error.details()}}\")
",
        json(authority(call.origin)),
    )
}

fn python_pair(row: &Metadata) -> String {
    match row {
        Metadata::Text(..) => {
            let (key, value) = text_of(row);
            format!("({}, {})", json(&key), json(&value))
        }
        Metadata::Bytes(key, value) => {
            let bytes = value.to_bytes().unwrap_or_default();
            format!("({}, b\"{}\")", json(key.as_str()), bytes.escape_ascii())
        }
    }
}

/// The key and the value of a row; bytes as base64, with the padding that some tools want.
fn text_of(row: &Metadata) -> (String, String) {
    match row {
        Metadata::Text(key, value) => (
            key.to_string(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        ),
        Metadata::Bytes(key, value) => (
            key.to_string(),
            STANDARD.encode(value.to_bytes().unwrap_or_default()),
        ),
    }
}

fn seconds(duration: Duration) -> String {
    duration.as_secs_f64().to_string()
}

/// `http://localhost:50051` → `localhost:50051`.
fn authority(origin: &str) -> &str {
    origin
        .split_once("://")
        .map_or(origin, |(_, authority)| authority)
}

#[cfg(test)]
#[path = "copy_as_tests.rs"]
mod tests;
