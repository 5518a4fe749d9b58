//! Every text of the page. A language that lacks one does not compile.

use crate::model::{hello::Kind, metadata::MetadataError};

/// What the page says, in one language.
#[derive(Debug)]
pub struct Texts {
    /// The frame around every view.
    pub shell: Shell,
    /// Whether the peer is there.
    pub presence: Presence,
    /// The keys and what they do.
    pub keys: Keys,
    /// The view Hello.
    pub hello: Hello,
    /// The options of a call.
    pub options: Options,
    /// The diagram of a call.
    pub diagram: Diagram,
    /// The line below a diagram.
    pub outcome: Outcome,
    /// What Inspect shows.
    pub inspect: Inspect,
    /// The view Peers.
    pub peers: super::peers::Peers,
}

/// The frame around every view.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Shell {
    pub views: &'static str,
    pub skip: &'static str,
    pub language: &'static str,
    pub theme: &'static str,
    pub system: &'static str,
    pub light: &'static str,
    pub dark: &'static str,
    pub keys: &'static str,
}

/// Whether the peer is there.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Presence {
    pub asking: &'static str,
    pub here: &'static str,
    pub gone: &'static str,
    pub stopped: &'static str,
    /// In a word, and in a sentence: it answers what is open and takes nothing new.
    pub stopping_word: &'static str,
    pub stopping: &'static str,
    /// Where nobody was ever found, and what to do.
    pub nobody: fn(origin: &str) -> String,
    pub reconnecting: fn(attempt: &str) -> String,
    pub back: &'static str,
    pub changed: &'static str,
    pub reload: &'static str,
}

/// The keys and what they do.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Keys {
    pub title: &'static str,
    pub hello: &'static str,
    pub peers: &'static str,
    pub first_field: &'static str,
    pub show: &'static str,
    pub send: &'static str,
    pub tabs: &'static str,
    pub close_dialog: &'static str,
    pub single: &'static str,
    pub single_hint: &'static str,
    pub close: &'static str,
}

/// The view Hello.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Hello {
    pub title: &'static str,
    pub intro: &'static str,
    /// Whom to call.
    pub target: &'static str,
    pub target_is_this: fn(name: &str) -> String,
    pub target_is: fn(name: &str, how: &str) -> String,
    pub run_all: &'static str,
    pub all_running: &'static str,
    pub greeting: &'static str,
    pub name: &'static str,
    /// What stands in the fields at first.
    pub default_greeting: &'static str,
    pub default_name: &'static str,
    /// The names that "Run all four" sends in a stream.
    pub names: [&'static str; 3],
    pub kind: fn(Kind) -> &'static str,
    /// What a card says before its first call.
    pub empty: fn(Kind) -> &'static str,
    /// The same of server streaming, asked for so many answers, so many milliseconds apart.
    pub empty_with: fn(count: &str, pause: &str) -> String,
    /// Before a call to one peer, where the last one went to another.
    pub kept_aside: fn(to: &str, before: &str) -> String,
    /// Of a call to one peer, where another one is chosen.
    pub goes_elsewhere: fn(callee: &str, to: &str) -> String,
    /// How the messages of a card travel.
    pub by_fetch: &'static str,
    pub by_socket: &'static str,
    pub send: &'static str,
    pub finish: &'static str,
    pub cancel: &'static str,
    pub inspect: &'static str,
    pub close: &'static str,
    /// Why a button does nothing now.
    pub running: &'static str,
    pub nothing_running: &'static str,
    pub nothing_open: &'static str,
    pub finished_already: &'static str,
    pub bad_options: &'static str,
    pub queue_full: &'static str,
}

/// The options of a call.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Options {
    pub title: &'static str,
    pub deadline: &'static str,
    pub none: &'static str,
    pub unit: &'static str,
    pub count: &'static str,
    pub interval: &'static str,
    /// How large a message may be.
    pub limit: fn(size: &str) -> String,
    pub metadata: &'static str,
    pub add: &'static str,
    pub full: &'static str,
    pub key: &'static str,
    pub value: &'static str,
    pub remove: &'static str,
    pub bytes_hint: &'static str,
    pub bytes_count: fn(&str) -> String,
    pub bad_deadline: &'static str,
    pub bad_count: &'static str,
    pub bad_interval: &'static str,
    pub bad_row: fn(MetadataError) -> &'static str,
    /// What a count and a pause mean for each kind of call.
    pub means: fn(count: Option<&str>, interval: Option<&str>) -> String,
}

/// The diagram of a call.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Diagram {
    pub label: fn(kind: &str) -> String,
    pub browser: &'static str,
    pub peer: &'static str,
    pub sent: &'static str,
    pub received: &'static str,
    pub status: &'static str,
    pub finished: &'static str,
    pub cancelled: &'static str,
    pub lost: &'static str,
    /// Ended by the page, at its deadline.
    pub overdue: &'static str,
    /// Which way a message went that nobody was there to take; and of what was sent, that it is so.
    pub undelivered: &'static str,
    pub no_sign: &'static str,
    pub unreadable: fn(message: &str) -> String,
    pub empty_message: &'static str,
    pub last_of: fn(kept: &str, all: &str) -> String,
    pub new_below: fn(count: &str) -> String,
}

/// The line below a diagram.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Outcome {
    pub idle: &'static str,
    pub waiting: &'static str,
    pub receiving: &'static str,
    pub open: &'static str,
    pub bytes_out: fn(&str) -> String,
    pub bytes_in: fn(&str) -> String,
    pub sent: fn(count: &str, bytes: &str) -> String,
    pub received: fn(count: &str, bytes: &str) -> String,
    pub to_send: fn(&str) -> String,
    pub round_trip: fn(&str) -> String,
    pub peer_says: &'static str,
    /// Said aloud when a call ends: which, how, how long.
    pub ended: fn(kind: &str, status: &str, took: &str) -> String,
    pub began: fn(kind: &str) -> String,
}

/// What Inspect shows.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the text of the thing it is named after")]
pub struct Inspect {
    pub tabs: fn(kind: &str) -> String,
    pub messages: &'static str,
    pub headers: &'static str,
    pub wire: &'static str,
    pub copy_as: &'static str,
    pub nothing_yet: &'static str,
    pub last_of: fn(shown: &str, all: &str) -> String,
    pub not_kept: &'static str,
    pub time: &'static str,
    pub direction: &'static str,
    pub message: &'static str,
    pub size: &'static str,
    pub request_headers: &'static str,
    pub response_headers: &'static str,
    pub trailers: &'static str,
    pub no_request_headers: &'static str,
    pub no_response_headers: &'static str,
    pub no_trailers: &'static str,
    pub status: &'static str,
    pub not_ended: &'static str,
    pub headers_frame: &'static str,
    pub bytes: &'static str,
    pub meaning: &'static str,
    pub copy: &'static str,
    pub copied: &'static str,
    pub not_copied: &'static str,
}
