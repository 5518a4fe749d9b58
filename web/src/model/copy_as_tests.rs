//! The same calls for each tool, options and odd names included.

use super::*;

fn messages(names: &[&str]) -> Vec<HelloRequest> {
    names
        .iter()
        .map(|name| HelloRequest {
            name: (*name).into(),
            greeting: "Hello".into(),
        })
        .collect()
}

fn everything() -> Options {
    let row = |key, value| Metadata::parse(key, value).unwrap().unwrap();
    Options {
        deadline: Some(Duration::from_millis(1_500)),
        count: Some(3),
        interval: Some(Duration::from_millis(20)),
        metadata: vec![row("note", "it's $5"), row("raw-bin", "AP8A5w")],
        target: None,
    }
}

fn check(tool: Tool, kind: Kind, names: &[&str], options: &Options, expected: &str) {
    let messages = messages(names);
    let call = Made {
        kind,
        origin: USUAL_ORIGIN,
        messages: &messages,
        options,
    };
    assert_eq!(copy_as(tool, &call), expected);
}

#[test]
fn each_kind_has_its_command() {
    let none = Options::default();
    let check = |kind, names: &[&str], expected| check(Tool::Parcero, kind, names, &none, expected);
    check(
        Kind::Unary,
        &["Ana"],
        "parcero hello unary --name Ana --greeting Hello",
    );
    check(
        Kind::Server,
        &["Ana"],
        "parcero hello server --name Ana --greeting Hello",
    );
    check(
        Kind::Client,
        &["Ana", "Luis María"],
        "printf '%s\\n' Ana 'Luis María' | parcero hello client --greeting Hello",
    );
    check(
        Kind::Bidi,
        &["Ana", "Ana"],
        "parcero hello bidi --name Ana --count 2 --greeting Hello",
    );
    check(Kind::Bidi, &[], "parcero hello bidi < /dev/null");
}

#[test]
fn a_command_says_the_options_of_its_call() {
    check(
        Tool::Parcero,
        Kind::Server,
        &["Ana"],
        &everything(),
        "parcero hello server --name Ana --greeting Hello --count 3 --interval 20 --deadline 1.5 \
         --metadata 'note=it'\\''s $5' --metadata raw-bin=AP8A5w==",
    );
    // One request has no pauses, and is asked for once.
    check(
        Tool::Parcero,
        Kind::Unary,
        &["Ana"],
        &Options {
            metadata: Vec::new(),
            ..everything()
        },
        "parcero hello unary --name Ana --greeting Hello --deadline 1.5",
    );
}

#[test]
fn a_name_that_looks_like_an_option_or_is_no_line_is_still_a_name() {
    let none = Options::default();
    check(
        Tool::Parcero,
        Kind::Unary,
        &["--json"],
        &none,
        "parcero hello unary --name=--json --greeting Hello",
    );
    check(
        Tool::Parcero,
        Kind::Client,
        &["a\nb", ""],
        &none,
        "parcero hello client --name 'a\nb' --name '' --greeting Hello",
    );
}

#[test]
fn several_greetings_are_more_than_the_command_can_say_and_it_says_so() {
    let mut messages = messages(&["Ana", "Luis"]);
    messages[1].greeting = "Hola".into();
    let call = Made {
        kind: Kind::Bidi,
        origin: USUAL_ORIGIN,
        messages: &messages,
        options: &Options::default(),
    };
    let text = copy_as(Tool::Parcero, &call);
    assert!(text.starts_with("# parcero greets everyone"), "{text}");
    assert!(
        text.ends_with("\nprintf '%s\\n' Ana Luis | parcero hello bidi --greeting Hello"),
        "{text}"
    );
}

#[test]
fn another_address_is_named() {
    let messages = messages(&["Ana"]);
    let call = Made {
        kind: Kind::Unary,
        origin: "http://[::1]:4000",
        messages: &messages,
        options: &Options::default(),
    };
    assert!(copy_as(Tool::Parcero, &call).ends_with(" --url 'http://[::1]:4000'"));
    assert!(copy_as(Tool::Grpcurl, &call).ends_with(" '[::1]:4000' greet.Greeter/OnlyResponse"));
    assert!(copy_as(Tool::Python, &call).contains("grpc.insecure_channel(\"[::1]:4000\")"));
}

#[test]
fn grpcurl_takes_messages_as_json_one_after_the_other() {
    check(
        Tool::Grpcurl,
        Kind::Unary,
        &["O'Hara \"$x\""],
        &Options::default(),
        "grpcurl -plaintext -d '{\"name\":\"O'\\''Hara \\\"$x\\\"\",\"greeting\":\"Hello\"}' localhost:50051 \
         greet.Greeter/OnlyResponse",
    );
    check(
        Tool::Grpcurl,
        Kind::Server,
        &["Ana"],
        &everything(),
        "grpcurl -plaintext -max-time 1.5 -H 'note: it'\\''s $5' -H 'raw-bin: AP8A5w==' -H 'parcero-count: 3' \
         -H 'parcero-interval-ms: 20' -d '{\"name\":\"Ana\",\"greeting\":\"Hello\"}' localhost:50051 \
         greet.Greeter/ServerStreaming",
    );
    check(
        Tool::Grpcurl,
        Kind::Client,
        &["Ana", "Luis"],
        &Options::default(),
        "grpcurl -plaintext -d '{\"name\":\"Ana\",\"greeting\":\"Hello\"} {\"name\":\"Luis\",\"greeting\":\"Hello\"}' \
         localhost:50051 greet.Greeter/ClientStreaming",
    );
    check(
        Tool::Grpcurl,
        Kind::Bidi,
        &[],
        &Options::default(),
        "grpcurl -plaintext localhost:50051 greet.Greeter/BidirectionalStreaming",
    );
}

#[test]
fn python_is_a_whole_script() {
    check(
        Tool::Python,
        Kind::Server,
        &["Ana \"María\""],
        &everything(),
        r#"# Once: pip install grpcio grpcio-tools, and then, where proto/greet.proto is:
#   python -m grpc_tools.protoc -I proto --python_out=. --grpc_python_out=. greet.proto
import grpc
import greet_pb2
import greet_pb2_grpc

request = greet_pb2.HelloRequest(name="Ana \"María\"", greeting="Hello")
metadata = [
    ("note", "it's $5"),
    ("raw-bin", b"\x00\xff\x00\xe7"),
    ("parcero-count", "3"),
    ("parcero-interval-ms", "20"),
]

with grpc.insecure_channel("localhost:50051") as channel:
    greeter = greet_pb2_grpc.GreeterStub(channel)
    try:
        for reply in greeter.ServerStreaming(request, timeout=1.5, metadata=metadata):
            print(reply.message, flush=True)
    except grpc.RpcError as error:
        raise SystemExit(f"{error.code().name}: {error.details()}")
"#,
    );
}

#[test]
fn python_sends_a_stream_from_a_list() {
    check(
        Tool::Python,
        Kind::Client,
        &["Ana", "Luis"],
        &Options::default(),
        r#"# Once: pip install grpcio grpcio-tools, and then, where proto/greet.proto is:
#   python -m grpc_tools.protoc -I proto --python_out=. --grpc_python_out=. greet.proto
import grpc
import greet_pb2
import greet_pb2_grpc

requests = [
    greet_pb2.HelloRequest(name="Ana", greeting="Hello"),
    greet_pb2.HelloRequest(name="Luis", greeting="Hello"),
]

with grpc.insecure_channel("localhost:50051") as channel:
    greeter = greet_pb2_grpc.GreeterStub(channel)
    try:
        reply = greeter.ClientStreaming(iter(requests))
        print(reply.message)
        for request in reply.request:
            print(" ", request.greeting, request.name)
    except grpc.RpcError as error:
        raise SystemExit(f"{error.code().name}: {error.details()}")
"#,
    );
}

#[test]
fn a_call_to_another_peer_names_it_in_every_tool() {
    let options = Options {
        target: Some(crate::model::target::Target {
            id: "b05c77ab".into(),
            name: "bogota".into(),
        }),
        ..Options::default()
    };
    let messages = messages(&["Ana"]);
    let made = Made {
        kind: Kind::Unary,
        origin: USUAL_ORIGIN,
        messages: &messages,
        options: &options,
    };
    for (tool, words) in [
        (Tool::Parcero, "--peer b05c77ab"),
        (Tool::Grpcurl, "-H 'parcero-peer: b05c77ab'"),
        (Tool::Python, "(\"parcero-peer\", \"b05c77ab\")"),
    ] {
        let text = copy_as(tool, &made);
        assert!(text.contains(words), "{text}");
    }
}
