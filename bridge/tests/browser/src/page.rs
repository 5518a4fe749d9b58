//! Runs all checks, one after the other, and says how each went.

use std::{fmt::Debug, future::Future};

use bridge::browser::Socket;
use contract::greet::{HelloRequest, greeter_client::GreeterClient};
use js_sys::Promise;
use tonic::Status;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, RequestInit, Response, UrlSearchParams, Window};

use crate::{bounds, kinds, losses, taps};

/// What went wrong, as a sentence for whoever reads the test's output.
pub(crate) type Outcome = Result<(), String>;

/// Where the servers are.
#[derive(Clone)]
pub(crate) struct Servers {
    /// The one that serves the greeter, and this page.
    pub(crate) greeter: String,
    /// One that accepts sockets and does with each what the path says.
    pub(crate) odd: String,
    /// Nobody.
    pub(crate) nobody: String,
}

impl Servers {
    pub(crate) fn greeter(&self) -> GreeterClient<Socket> {
        GreeterClient::new(Socket::new(&*self.greeter))
    }
}

fn window() -> Window {
    web_sys::window().expect("a page has a window")
}

pub(crate) async fn run() {
    let location = window().location();
    let here = location.origin().expect("a page has an origin");
    let query = location.search().expect("a page has an address");
    let query = UrlSearchParams::new_with_str(&query).expect("the test wrote the query");
    let servers = Servers {
        greeter: here,
        odd: query.get("odd").expect("the test says where"),
        nobody: query.get("nobody").expect("the test says where"),
    };
    kinds::check(&servers).await;
    taps::check(&servers).await;
    losses::check(&servers).await;
    bounds::check(&servers).await;
    say("done").await;
}

/// Reports how a check went.
pub(crate) async fn report(name: &str, check: impl Future<Output = Outcome>) {
    match check.await {
        Ok(()) => say(&format!("ok {name}")).await,
        Err(why) => say(&format!("failed {name}: {why}")).await,
    }
}

/// Tells the test.
pub(crate) async fn say(line: &str) {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&line.into());
    fetch("/said", &init).await;
}

/// Waits until no handler runs. The test's server answers only then.
pub(crate) async fn until_idle() -> Outcome {
    match fetch("/idle", &RequestInit::new()).await {
        200 => Ok(()),
        status => Err(format!("a handler still runs ({status})")),
    }
}

/// Lets the handler that reads later go on.
pub(crate) async fn go_on() {
    fetch("/go-on", &RequestInit::new()).await;
}

async fn fetch(path: &str, init: &RequestInit) -> u16 {
    let request = Request::new_with_str_and_init(path, init).expect("a good request");
    let response = JsFuture::from(window().fetch_with_request(&request))
        .await
        .expect("the server of this page answers");
    response.unchecked_into::<Response>().status()
}

/// Milliseconds since some time.
pub(crate) fn now() -> f64 {
    window().performance().expect("a page has a clock").now()
}

pub(crate) async fn pause(milliseconds: i32) {
    let later = Promise::new(&mut |resolve, _| {
        window()
            .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds)
            .expect("a page has timers");
    });
    JsFuture::from(later).await.expect("a timer is never rejected");
}

pub(crate) fn hello(name: &str) -> HelloRequest {
    HelloRequest {
        name: name.to_owned(),
        greeting: "hi".to_owned(),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "two values read better at the call")]
pub(crate) fn equal<T: PartialEq + Debug>(got: T, wanted: T) -> Outcome {
    if got == wanted {
        Ok(())
    } else {
        Err(format!("got {got:?}, not {wanted:?}"))
    }
}

/// A call that had to go well and did not.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(crate) fn unexpected(status: Status) -> String {
    format!("the call failed: {status}")
}
