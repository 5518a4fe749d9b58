//! The bridge from inside a real browser, with the browser end the page has, beside a WebSocket without any of it.
//!
//! A page made for this alone, from a server of its own, calls the peer cross-origin and posts its figures back. What
//! a browser allows is little compared with a server, so the ratio to the bare WebSocket is the figure to look at.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, bail, ensure};
use axum::{
    Router,
    http::header,
    routing::{get, post},
};
use tokio::{net::TcpListener, process::Command, sync::mpsc, task::JoinSet, time::timeout};

use super::sample::median;
use crate::{
    peers,
    process::{Kind, Process},
    size::build_script_output,
    table::{Table, number},
};

/// The package that is compiled to the page.
const PAGE: &str = "bench-page";
/// By which names a Chromium is looked for, after the one in `CHROMIUM`.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
/// How long a browser may take to start, and to load the page.
const START_TIME: Duration = Duration::from_secs(60);
/// How long one round may take: it takes about five seconds where nothing else runs.
const ROUND_TIME: Duration = Duration::from_secs(30);

/// Calls by the bridge beside bare WebSockets. Says so and goes on where there is no browser.
pub(crate) async fn run(rounds: usize) -> anyhow::Result<()> {
    let peer = Process::start(Kind::Front).await?;
    let raw = Process::start(Kind::Raw).await?;
    let servers = format!("{}&raw=ws://localhost:{}", origin(&peer), raw.address().port());
    compare(&servers, rounds, ["bridge", "bare WebSocket", "÷ bare"]).await
}

/// Calls of a far peer by way of one's own, beside calls of that peer itself. Says so and goes on where there is no
/// browser.
pub(crate) async fn hop(rounds: usize) -> anyhow::Result<()> {
    let far = Process::start(Kind::Linked).await?;
    let near = Process::start_linked(far.identity()).await?;
    let id = peers::id(&far)?;
    let servers = format!("{}&far={}&id={id}", origin(&near), origin(&far));
    let lanes = ["by way of its own peer", "to the far peer itself", "÷ itself"];
    compare(&servers, rounds, lanes).await
}

fn origin(server: &Process) -> String {
    format!("http://localhost:{}", server.address().port())
}

/// Measures from a browser, and prints a table of these lanes. `servers` is what the page is told of them.
async fn compare(servers: &str, rounds: usize, lanes: [&str; 3]) -> anyhow::Result<()> {
    let Some((browser, version)) = find_browser().await else {
        println!("\nFrom a browser: not measured, as there is no Chromium. Name one in CHROMIUM.");
        return Ok(());
    };
    let (sender, mut reports) = mpsc::channel(1);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let page = listener.local_addr()?;
    let router = router(&bundle().await?, sender)?;
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await });

    let profile = tempfile::tempdir()?;
    let address = format!(
        "http://localhost:{}/?peer={servers}&rounds={}",
        page.port(),
        rounds
    );
    let mut chromium = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(&address)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let patience = START_TIME + ROUND_TIME * u32::try_from(rounds)?;
    let report = timeout(patience, reports.recv())
        .await
        .context("the browser did not report")?
        .context("the server of the page ended")?;
    chromium.kill().await?;
    print(&version, rounds, &report, lanes)
}

async fn find_browser() -> Option<(String, String)> {
    let named = std::env::var("CHROMIUM").ok();
    for name in named.into_iter().chain(BROWSERS.map(String::from)) {
        if let Ok(output) = Command::new(&name).arg("--version").output().await {
            return Some((name, String::from_utf8_lossy(&output.stdout).trim().to_owned()));
        }
    }
    None
}

/// Builds the page, and tells the folder it is in.
async fn bundle() -> anyhow::Result<std::path::PathBuf> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // The folder and the profile of the shipped page, so that most of it is built already.
    let folder = workspace.join("target/web");
    let built = Command::new(cargo)
        .args([
            "build",
            "--package",
            PAGE,
            "--target",
            TARGET,
            "--profile",
            "web",
            "--target-dir",
        ])
        .arg(&folder)
        .current_dir(&workspace)
        .status()
        .await?;
    ensure!(built.success(), "cargo could not build {PAGE} for {TARGET}");
    let wasm = folder.join(TARGET).join("web").join(format!("{PAGE}.wasm"));
    let wasm = wasm
        .to_str()
        .context("the workspace is in a folder whose name is no text")?;
    build_script_output(
        &["--package", PAGE, "--features", "bundle"],
        PAGE,
        &[("BENCH_PAGE_WASM", wasm)],
    )
    .await
}

fn router(folder: &Path, reports: mpsc::Sender<String>) -> anyhow::Result<Router> {
    let file = |name: &str, media_type: &'static str| -> anyhow::Result<_> {
        let bytes = bytes::Bytes::from(std::fs::read(folder.join(name))?);
        Ok(get(move || {
            let bytes = bytes.clone();
            async move { ([(header::CONTENT_TYPE, media_type)], bytes) }
        }))
    };
    let index = get(|| async {
        (
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            include_str!("../../page/index.html"),
        )
    });
    Ok(Router::new()
        .route("/", index)
        .route("/bench-page.js", file("bench-page.js", "text/javascript")?)
        .route(
            "/bench-page_bg.wasm",
            file("bench-page_bg.wasm", "application/wasm")?,
        )
        .route(
            "/report",
            post(move |report: String| {
                let reports = reports.clone();
                // Full only if a page reports twice: the first report is the one that counts.
                async move { drop(reports.try_send(report)) }
            }),
        ))
}

fn print(version: &str, rounds: usize, report: &str, lanes: [&str; 3]) -> anyhow::Result<()> {
    let figures = report.lines().map(figures).collect::<anyhow::Result<Vec<_>>>()?;
    let [first, second, ratio] = lanes;
    let mut table = Table::new(&["from a browser, per second", first, second, ratio]);
    let once = figures.len() / rounds.max(1);
    for (name, ..) in &figures[..once] {
        let same = || figures.iter().filter(|(other, ..)| other == name);
        let ratio = median(same().map(|(_, bridge, bare)| bridge / bare));
        table.add(vec![
            (*name).to_owned(),
            number(median(same().map(|(_, bridge, _)| *bridge))),
            number(median(same().map(|(.., bare)| *bare))),
            ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
        ]);
    }
    println!("\nFrom {version}, a fixed number of messages each round\n");
    table.print();
    Ok(())
}

/// A line of the page's report: what was measured, and what it came to in either lane.
fn figures(line: &str) -> anyhow::Result<(&str, f64, f64)> {
    let mut parts = line.split('\t');
    let (Some(name), Some(first), second) = (parts.next(), parts.next(), parts.next()) else {
        bail!("the page's report has a line without a figure: {line}");
    };
    match (first.parse(), second.map(str::parse)) {
        (Ok(bridge), Some(Ok(bare))) => Ok((name, bridge, bare)),
        _ => bail!("the page {name}: {first}"),
    }
}
