//! A real browser at the page of a peer: Chromium by its driver, with real clicks and keys.

use std::{
    env,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{ChromiumLikeCapabilities, prelude::*};

use crate::support::TestPeer;

/// A guard against waiting for ever, on a machine that is doing much else; no test waits for it to pass.
const GIVE_UP: Duration = Duration::from_secs(20);
/// How often the page is looked at while something is awaited.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The flags of a Chromium that asks nobody anything.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,1000",
];

/// Collects whatever the Content-Security-Policy forbade, from the start of the page on.
const WATCH_POLICY: &str = "window.forbidden = [];
    new ReportingObserver(reports => forbidden.push(...reports.map(report => JSON.stringify(report.body))),
        { types: ['csp-violation'], buffered: true }).observe();";

/// A browser with one page open. Ends with its value.
pub(crate) struct Page {
    /// Taken at the end.
    driver: Option<WebDriver>,
    process: Driver,
    _profile: TempDir,
}

/// The driver's process. The browser is its child, and ends when its session does.
struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    /// Ends a session without the runtime of the test, which may be unwinding.
    fn end_session(&self, session: &str) -> io::Result<()> {
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        socket.set_read_timeout(Some(GIVE_UP))?;
        let host = format!("127.0.0.1:{}", self.port);
        write!(
            socket,
            "DELETE /session/{session} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )?;
        // The answer comes once the browser has ended; the driver keeps the connection open after it.
        socket.read(&mut [0; 1024]).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            // A browser left behind is the worst that can come of a failure here.
            let _ = self.process.end_session(&driver.session_id().to_string());
            let _ = driver.leak();
        }
    }
}

impl Page {
    /// Opens the page of `peer` and waits until it knows its peer. None, and loudly, where there is no browser.
    pub(crate) async fn open(peer: &TestPeer) -> Option<Page> {
        let page = Page::blank(&[]).await?;
        page.goto(&format!("{}/", peer.url)).await;
        Some(page)
    }

    /// The same, in a browser that notes what becomes of each request.
    pub(crate) async fn open_with_network_log(peer: &TestPeer) -> Option<Page> {
        let notes = json!({ "performance": "ALL" });
        let page = Page::start(&[], &[("goog:loggingPrefs", notes)]).await?;
        page.goto(&format!("{}/", peer.url)).await;
        Some(page)
    }

    /// A browser with no page yet, started with more flags.
    pub(crate) async fn blank(flags: &[&str]) -> Option<Page> {
        Page::start(flags, &[]).await
    }

    async fn start(flags: &[&str], more: &[(&str, Value)]) -> Option<Page> {
        let Some(process) = start_driver() else {
            let how = "a browser is missing: apt-get install chromium chromium-driver";
            assert!(env::var_os("PARCERO_REQUIRE_ALL").is_none(), "{how}");
            eprintln!("!! SKIPPED: {how}");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut capabilities = DesiredCapabilities::chrome();
        for flag in FLAGS.iter().chain(flags) {
            capabilities.add_arg(flag).unwrap();
        }
        capabilities
            .add_arg(&format!("--user-data-dir={}", profile.path().display()))
            .unwrap();
        for (key, value) in more {
            capabilities.set(*key, value).unwrap();
        }
        // The client of the driver speaks plain HTTP; but the network of peers is in the same build, and with that it
        // asks for somebody to encrypt.
        // Another test of this process may have been first, which is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let driver = WebDriver::new(format!("http://127.0.0.1:{}", process.port), capabilities)
            .await
            .unwrap();
        Some(Page {
            driver: Some(driver),
            process,
            _profile: profile,
        })
    }

    /// The browser.
    pub(crate) fn driver(&self) -> &WebDriver {
        self.driver.as_ref().expect("it is taken only at the end")
    }

    /// Goes to a page of a peer and waits until it is there.
    pub(crate) async fn goto(&self, url: &str) {
        self.driver().goto(url).await.unwrap();
        self.settled().await;
    }

    /// Waits until the page knows its peer; from then on what the policy forbids is collected.
    pub(crate) async fn settled(&self) {
        self.until("document.querySelector('[data-presence=here]')").await;
        self.run(WATCH_POLICY).await;
    }

    /// Runs a script and gives what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.driver()
            .execute(script, Vec::new())
            .await
            .unwrap()
            .json()
            .clone()
    }

    /// What an expression is.
    pub(crate) async fn is(&self, expression: &str) -> Value {
        self.run(&format!("return {expression};")).await
    }

    /// Waits until an expression is true, and gives how long that took.
    pub(crate) async fn until(&self, expression: &str) -> Duration {
        let start = Instant::now();
        loop {
            if self.run(&format!("return !!({expression});")).await == Value::Bool(true) {
                return start.elapsed();
            }
            if start.elapsed() > GIVE_UP {
                let body = self.is("document.body.innerText").await;
                panic!(
                    "not within {GIVE_UP:?}: {expression}\nThe page says:\n{}",
                    body.as_str().unwrap_or("?")
                );
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The element, once it is there.
    pub(crate) async fn find(&self, selector: &str) -> WebElement {
        self.until(&format!("document.querySelector({selector:?})")).await;
        self.driver().find(By::Css(selector)).await.unwrap()
    }

    /// A real click.
    pub(crate) async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        element.scroll_into_view().await.unwrap();
        element.click().await.unwrap();
    }

    /// Types a text in place of what stands in a field.
    pub(crate) async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        element.send_keys(Key::Control + "a").await.unwrap();
        element.send_keys(Key::Backspace).await.unwrap();
        element.send_keys(text).await.unwrap();
    }

    /// Puts so many letters into a field, as pasting does: typing thousands of them takes a browser minutes.
    pub(crate) async fn paste(&self, selector: &str, letters: usize) {
        self.find(selector).await;
        self.run(&format!(
            "const field = document.querySelector({selector:?});
             field.value = 'x'.repeat({letters});
             field.dispatchEvent(new InputEvent('input', {{ bubbles: true }}));"
        ))
        .await;
    }

    /// The text of each row of a card's diagram, without its time: what crossed, in order.
    pub(crate) async fn rows(&self, card: &str) -> Vec<String> {
        let rows = self
            .is(&format!(
                "[...document.querySelectorAll('[data-card={card}] .sequence li')].map(row => {{
                    const copy = row.cloneNode(true);
                    copy.querySelectorAll('time, .unseen').forEach(part => part.remove());
                    return copy.textContent.trim();
                }})"
            ))
            .await;
        serde_json::from_value(rows).unwrap()
    }

    /// Waits until a card's call has this status: a number, or `open`, `receiving`.
    pub(crate) async fn status(&self, card: &str, status: &str) {
        self.until(&format!(
            "document.querySelector('[data-card={card}] [data-status]')?.dataset.status == '{status}'"
        ))
        .await;
    }

    /// The visible text of an element.
    pub(crate) async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await.unwrap()
    }

    /// Nothing was forbidden by the page's policy, and nothing was asked of another origin.
    pub(crate) async fn assert_kept_to_itself(&self) {
        assert_eq!(
            self.is("window.forbidden").await,
            serde_json::json!([]),
            "the policy forbade something"
        );
        let elsewhere = self
            .is("performance.getEntriesByType('resource').map(entry => entry.name).filter(name => !name.startsWith(location.origin + '/') && !name.startsWith('data:'))")
            .await;
        assert_eq!(
            elsewhere,
            serde_json::json!([]),
            "something was asked of another origin"
        );
    }
}

/// Starts the driver on a port it chooses.
fn start_driver() -> Option<Driver> {
    let has_browser = ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .any(|name| {
            env::var_os("PATH")
                .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(name).is_file()))
        });
    if !has_browser {
        return None;
    }
    let mut process = Command::new("chromedriver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let output = process.stdout.take()?;
    let mut driver = Driver { process, port: 0 };
    let mut lines = BufReader::new(output).lines();
    driver.port = lines.find_map(|line| {
        let line = line.ok()?;
        line.split("successfully on port ")
            .nth(1)?
            .trim_end_matches('.')
            .parse()
            .ok()
    })?;
    // Read on, so that the driver never waits for us; the thread ends with the driver.
    std::thread::spawn(move || lines.count());
    Some(driver)
}
