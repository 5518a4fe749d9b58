//! The page about the calls, for people: plain HTML with a style of its own, and no script.

use std::{fmt::Write as _, sync::LazyLock};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::HeaderValue;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use sha2::{Digest, Sha256};

use super::{
    comments::Commented,
    document::{ABOUT, HEADERS, codes, header, header_names},
    input::{MANY, ONE},
    problem::of_code,
    routes::{DOCUMENT, ROUTES, Route},
};

const STYLE: &str = include_str!("page.css");

/// The page.
pub(super) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(page);
    &TEXT
}

/// The page may have its own style, and nothing else.
pub(super) fn content_security_policy() -> HeaderValue {
    static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
        let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
    });
    POLICY.clone()
}

fn page() -> String {
    let mut sections = String::new();
    let mut service = String::new();
    for route in ROUTES {
        let descriptor = route.descriptor().parent_service().clone();
        if descriptor.name() != service {
            descriptor.name().clone_into(&mut service);
            sections += &format!(
                "<h2 id=\"{service}\">{service}</h2>{}",
                paragraphs(descriptor.comment())
            );
        }
        sections += &call(route);
    }
    let headers: String = HEADERS
        .into_iter()
        .map(|name| {
            let meaning = with_code(&escape(header(name).0));
            format!("<tr id=\"{name}\"><td><code>{name}</code><td>{meaning}")
        })
        .collect();
    let statuses: String = codes()
        .map(|code| {
            let (status, name, title) = of_code(code);
            format!(
                "<tr id=\"{name}\"><td><code>{}</code><td><code>{name}</code><td>{title}",
                status.as_u16()
            )
        })
        .collect();
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Parcero: REST</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style>\
         <main><h1>Parcero: REST</h1>{}<p>For programs: <a href=\"{DOCUMENT}\">{DOCUMENT}</a> (OpenAPI 3.1). \
         <a href=\"/\">The page of this peer</a></p>{sections}\
         <h2 id=\"headers\">Headers</h2><table>{headers}</table>\
         <h2 id=\"problems\">Problems</h2><p>What goes wrong is told as <code>application/problem+json</code>: what kind of \
         problem it is, and what happened this time. These are the ways in which a call can end:</p>\
         <table><tr><th>HTTP<th>Code<th>Meaning{statuses}</table></main></html>\n",
        paragraphs(ABOUT)
    )
}

fn call(route: &Route) -> String {
    let method = route.descriptor();
    let mut html = format!(
        "<section id=\"{0}\"><h3><code><b class=\"{1}\">{1}</b> {2}</code></h3>{3}",
        method.name(),
        route.method,
        escape(route.path),
        paragraphs(method.comment()),
    );
    let in_path: Vec<_> = route.parameters().collect();
    let many = |is_many: bool, name: &str| {
        if is_many {
            format!("{name}, one a line")
        } else {
            name.to_owned()
        }
    };
    if route.takes_body() {
        let fields: Vec<_> = method
            .input()
            .fields()
            .filter(|field| !in_path.contains(&field.name()))
            .collect();
        let name = many(method.is_client_streaming(), method.input().name());
        html += &table(&format!("Takes <i>{name}</i>"), &fields);
    }
    let name = many(method.is_server_streaming(), method.output().name());
    html += &table(
        &format!("Answers <i>{name}</i>"),
        &method.output().fields().collect::<Vec<_>>(),
    );
    html += "<p>Headers: ";
    for (place, name) in header_names(&method).enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(html, "{comma}<a href=\"#{name}\"><code>{name}</code></a>");
    }
    html + "</p><pre>" + &escape(&example(route)) + "</pre></section>"
}

/// The call as a person makes it.
fn example(route: &Route) -> String {
    let method = route.descriptor();
    let path = route
        .path
        .replace("{peer}", "Ana")
        .replace("{id}", "1f00c9d2a7e34b55");
    let verb = match route.method.as_str() {
        "GET" | "POST" => String::new(),
        other => format!(" -X {other}"),
    };
    let body = if !route.takes_body() {
        String::new()
    } else if method.is_client_streaming() {
        format!(" -H 'content-type: {MANY}' --data-binary $'{{\"name\":\"Ana\"}}\\n{{\"name\":\"Luis\"}}\\n'")
    } else {
        format!(
            " -H 'content-type: {ONE}' -d '{}'",
            example_body(&method.input(), route)
        )
    };
    let watch = if method.is_server_streaming() { " -N" } else { "" };
    format!("curl{watch}{verb} http://localhost:50051{path}{body}")
}

fn example_body(message: &MessageDescriptor, route: &Route) -> String {
    let fields = message.fields().filter_map(|field| {
        let value = match field.name() {
            name if route.parameters().any(|in_path| in_path == name) => return None,
            "name" => "\"Ana\"",
            "greeting" => "\"Hello\"",
            "ticket" => "\"parcero…\"",
            "uses" => "1",
            "valid_for" => "\"3600s\"",
            _ => return None,
        };
        Some(format!("\"{}\":{value}", field.json_name()))
    });
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

fn table(title: &str, fields: &[FieldDescriptor]) -> String {
    let rows: String = fields
        .iter()
        .map(|field| {
            let list = if field.is_list() { "list of " } else { "" };
            let comment = match field.kind() {
                Kind::Enum(values) => {
                    let names: Vec<_> = values.values().map(|value| value.name().to_owned()).collect();
                    format!("{} {}", field.comment(), names.join(", "))
                }
                _ => field.comment().to_owned(),
            };
            let kind = kind(&field.kind());
            format!(
                "<tr><td><code>{}</code><td>{list}{kind}<td>{}",
                field.json_name(),
                escape(comment.trim())
            )
        })
        .collect();
    match fields {
        [] => format!("<p>{title}, which is empty: <code>{{}}</code></p>"),
        _ => format!("<table><caption>{title}</caption>{rows}</table>"),
    }
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => message.name().to_owned(),
        Kind::Enum(values) => values.name().to_owned(),
        scalar => format!("{scalar:?}"),
    }
}

fn paragraphs(text: &str) -> String {
    text.split("\n\n")
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| format!("<p>{}</p>", with_code(&escape(paragraph))))
        .collect()
}

/// What stands between backticks as code.
fn with_code(text: &str) -> String {
    text.split('`')
        .enumerate()
        .map(|(place, piece)| {
            if place % 2 == 1 {
                format!("<code>{piece}</code>")
            } else {
                piece.to_owned()
            }
        })
        .collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
