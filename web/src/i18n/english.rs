//! The page in English.

use super::texts::{Diagram, Hello, Inspect, Keys, Options, Outcome, Presence, Shell, Texts};
use crate::model::{hello::Kind, metadata::MetadataError};

/// The page in English.
pub(super) static ENGLISH: Texts = Texts {
    shell: Shell {
        views: "Views",
        skip: "Skip to the page",
        language: "Language",
        theme: "Theme",
        system: "As the system",
        light: "Light",
        dark: "Dark",
        keys: "Keys",
    },
    presence: Presence {
        asking: "looking for the peer…",
        here: "running",
        gone: "stopped",
        stopped: "The peer on this computer stopped",
        stopping_word: "stopping",
        stopping: "The peer on this computer is stopping: open calls may finish, new ones are refused",
        nobody: |origin| {
            format!(
                "No peer answers at {origin}: start one, or check that it allows this page (--allow-origin)"
            )
        },
        reconnecting: |attempt| format!("— reconnecting ({attempt})…"),
        back: "The peer is back",
        changed: "The peer came back as another version than this page.",
        reload: "Reload the page",
    },
    keys: Keys {
        title: "Keys",
        hello: "Hello",
        peers: "Peers",
        first_field: "The first field",
        show: "These keys",
        send: "Send, in a field",
        tabs: "From tab to tab in Inspect",
        close_dialog: "Close this",
        single: "Single-key shortcuts",
        single_hint: "Turn them off if you speak to your computer, or if they get in your way.",
        close: "Close",
    },
    hello: Hello {
        title: "Hello",
        intro: "The four kinds of gRPC call, live. Blue is sent, amber is received.",
        target: "Call",
        target_is_this: |name| format!("{name} (this peer)"),
        target_is: |name, how| format!("{name} · {how}"),
        run_all: "Run all four",
        all_running: "All four calls are running: wait for one to end, or cancel it",
        greeting: "greeting",
        name: "name",
        default_greeting: "Hello",
        default_name: "Telemática",
        names: ["Ana", "Luis", "Sofía"],
        kind: |kind| match kind {
            Kind::Unary => "Unary",
            Kind::Server => "Server streaming",
            Kind::Client => "Client streaming",
            Kind::Bidi => "Bidirectional streaming",
        },
        empty: |kind| match kind {
            Kind::Unary => "Send asks once, and the peer answers once.",
            Kind::Server => "Send asks once, and the peer answers five times, two seconds apart.",
            Kind::Client => "Send as many names as you like, then Finish: the peer answers once.",
            Kind::Bidi => {
                "Send as often as you like: the peer answers each one at once. Finish ends the call."
            }
        },
        empty_with: |count, pause| {
            let count = if count == "1" {
                "once".to_owned()
            } else {
                format!("{count} times")
            };
            match (count.as_str(), pause) {
                ("once", _) => "Send asks once, and the peer answers once.".to_owned(),
                (_, "0") => format!("Send asks once, and the peer answers {count}, without a pause."),
                _ => format!("Send asks once, and the peer answers {count}, {pause} ms apart."),
            }
        },
        kept_aside: |to, before| {
            format!("No call to {to} yet. The last one to {before} is kept: choose {before} above to see it.")
        },
        goes_elsewhere: |callee, to| format!("This is a call to {callee}. The next one goes to {to}."),
        by_fetch: "gRPC-Web: one HTTP request (fetch) carries the question whole; the answers come back in its response",
        by_socket: "WebSocket: messages go both ways at once over one connection, which fetch cannot do in a browser",
        send: "Send",
        finish: "Finish",
        cancel: "Cancel",
        inspect: "Inspect",
        close: "Close",
        running: "This call is running: wait for its end, or cancel it",
        nothing_running: "No call is running: Send starts one",
        nothing_open: "Nothing is open: Send opens the call",
        finished_already: "You have finished sending: wait for the answer, or cancel",
        bad_options: "An option cannot be sent: see above",
        queue_full: "Too many messages are waiting to be sent: wait a little",
    },
    options: Options {
        title: "Call options",
        deadline: "Deadline",
        none: "none",
        unit: "Unit of the deadline",
        count: "Messages",
        interval: "Pause (ms)",
        limit: |size| format!("Messages up to {size}"),
        metadata: "Metadata",
        add: "Add metadata",
        full: "This many rows is all that fits into a call",
        key: "key",
        value: "value",
        remove: "Remove",
        bytes_hint: "Bytes: base64, or hexadecimal after 0x.",
        bytes_count: |count| format!("Bytes: {count}."),
        bad_deadline: "A deadline is a number above 0 and at most a day. Leave it empty for none.",
        bad_count: "Messages is a whole number from 1 to 100,000. Leave it empty for 5 answers, and one message each Send.",
        bad_interval: "The pause is a whole number of milliseconds from 0 to 60,000. Leave it empty for answers 2,000 ms apart.",
        bad_row: |error| match error {
            MetadataError::NoKey => "This value has no key: name it, or remove the row.",
            MetadataError::BadKey => "A key has only letters, digits, hyphens, underscores and full stops.",
            MetadataError::Reserved => {
                "Keys that begin with grpc- belong to the protocol. For a timeout, use Deadline."
            }
            MetadataError::Forbidden => "The browser or the call itself sets this header; a page cannot.",
            MetadataError::HasField => "This key has a field of its own above: Call, Messages or Pause.",
            MetadataError::NotAscii => {
                "A value is plain ASCII. For anything else, end the key in -bin and send bytes."
            }
            MetadataError::NotBytes => {
                "A -bin key takes bytes: base64, or pairs of hexadecimal digits after 0x."
            }
        },
        means: |count, interval| {
            let apart = interval.map(|pause| match pause {
                "0" => "without a pause".to_owned(),
                _ => format!("{pause} ms apart"),
            });
            let number = |count: &str, of: &str| match count {
                "1" => format!("1 {of}"),
                _ => format!("{count} {of}s"),
            };
            let counts = count.map(|count| (number(count, "answer"), number(count, "message")));
            match (counts, apart) {
                (None, None) => String::new(),
                (Some((answers, messages)), None) => {
                    format!(
                        "Server streaming asks for {answers}. In a stream of requests, each Send sends {messages}."
                    )
                }
                (None, Some(apart)) => {
                    format!(
                        "Server streaming asks for its answers {apart}. Run all four sends its names {apart}."
                    )
                }
                (Some((answers, messages)), Some(apart)) => format!(
                    "Server streaming asks for {answers} {apart}. In a stream of requests, each Send sends {messages} {apart}."
                ),
            }
        },
    },
    diagram: Diagram {
        label: |kind| format!("{kind}: what crossed"),
        browser: "browser",
        peer: "peer",
        sent: "sent",
        received: "received",
        status: "status",
        finished: "finished sending",
        cancelled: "cancelled here",
        lost: "the call broke off",
        overdue: "ended here, at its deadline",
        undelivered: "sent, no sign that it arrived",
        no_sign: "no sign that it arrived",
        unreadable: |message| format!("(not a {message})"),
        empty_message: "(empty)",
        last_of: |kept, all| format!("The last {kept} of {all} events are kept."),
        new_below: |count| format!("{count} new ↓"),
    },
    outcome: Outcome {
        idle: "ready",
        waiting: "waiting",
        receiving: "receiving",
        open: "open",
        bytes_out: |bytes| format!("{bytes} out"),
        bytes_in: |bytes| format!("{bytes} in"),
        sent: |count, bytes| format!("{count} sent, {bytes}"),
        received: |count, bytes| format!("{count} received, {bytes}"),
        to_send: |count| format!("{count} to send"),
        round_trip: |time| format!("{time} median round trip"),
        peer_says: "The peer says:",
        ended: |kind, status, took| format!("{kind}: {status} after {took}"),
        began: |kind| format!("{kind}: running"),
    },
    inspect: Inspect {
        tabs: |kind| format!("{kind}: inspect"),
        messages: "Messages",
        headers: "Headers",
        wire: "Wire",
        copy_as: "Copy as…",
        nothing_yet: "Nothing has crossed yet. Send makes a call.",
        last_of: |shown, all| format!("The last {shown} of {all} are shown."),
        not_kept: "The bytes of this one are no longer kept.",
        time: "Time",
        direction: "Direction",
        message: "Message",
        size: "Size",
        request_headers: "Request metadata",
        response_headers: "Response headers",
        trailers: "Trailers",
        no_request_headers: "nothing sent yet",
        no_response_headers: "no response headers",
        no_trailers: "no trailers",
        status: "Status",
        not_ended: "The call has not ended.",
        headers_frame: "header block",
        bytes: "Bytes",
        meaning: "Meaning",
        copy: "Copy",
        copied: "Copied",
        not_copied: "The browser did not allow copying: select the text and copy it by hand.",
    },
    peers: super::peers::ENGLISH,
};
