//! Starting the built binary, and verbs to talk to it. Everything started here ends with the value that stands for it.

pub(crate) mod figures;
#[cfg(target_os = "linux")]
pub(crate) mod forgery;
pub(crate) mod http1;
#[cfg(target_os = "linux")]
pub(crate) mod namespace;
pub(crate) mod network;
pub(crate) mod probe;
pub(crate) mod raw_link;
pub(crate) mod raw_peer;
pub(crate) mod road;
#[cfg(target_os = "linux")]
pub(crate) mod udp_relay;
pub(crate) mod wire;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::{net::TcpStream, sync::OnceCell};
use tonic::transport::{Channel, Endpoint};

/// A guard against waiting for ever, on a machine that is doing much else; no test waits for it to pass.
const GIVE_UP: Duration = Duration::from_secs(60);

/// The binary, with an environment that says nothing about peers but that they stay on this machine and look for nobody.
pub(crate) fn parcero() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parcero"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PARCERO_") {
            command.env_remove(name);
        }
    }
    command.env_remove("RUST_LOG").env_remove("NO_COLOR");
    command
        .env("PARCERO_PEER_LISTEN", "127.0.0.1:0")
        .env("PARCERO_NO_DISCOVERY", "true");
    command
}

/// A data folder that goes with its value, closed to other accounts.
pub(crate) fn data_dir() -> TempDir {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir().unwrap()
}

/// A name for a network that no other test has.
pub(crate) fn network_name() -> String {
    format!("test-{:016x}", rand::random::<u64>())
}

/// A running peer with a data folder of its own, on 127.0.0.1 and a free port unless asked otherwise.
pub(crate) struct TestPeer {
    /// What it printed: `http://localhost:PORT`.
    pub(crate) url: String,
    /// The port it took.
    pub(crate) port: u16,
    process: Running,
    data_dir: TempDir,
    /// Another peer, which knows this one.
    neighbour: OnceCell<Box<TestPeer>>,
    /// Once that one is a friend.
    befriended: OnceCell<()>,
}

impl TestPeer {
    /// Starts `parcero serve` with more arguments, and returns when it has said where it is.
    pub(crate) fn start(extra_arguments: &[&str]) -> TestPeer {
        TestPeer::start_in(data_dir(), "127.0.0.1:0", extra_arguments)
    }

    /// The same in a folder that may have settings in it already, listening elsewhere.
    pub(crate) fn start_in(data_dir: TempDir, listen: &str, extra_arguments: &[&str]) -> TestPeer {
        TestPeer::start_as(parcero(), data_dir, listen, extra_arguments)
    }

    /// The same by a command that has an environment of its own.
    pub(crate) fn start_as(
        mut command: Command,
        data_dir: TempDir,
        listen: &str,
        extra_arguments: &[&str],
    ) -> TestPeer {
        command
            .arg("serve")
            .arg("--data-dir")
            .arg(data_dir.path())
            .args(["--listen", listen]);
        let process = Running::start(command.args(extra_arguments));
        let line = process.stdout.next().unwrap_or_else(|| {
            panic!(
                "the peer ended before it said where it is: {}",
                process.stderr.rest()
            )
        });
        let url = line
            .strip_prefix("Parcero is at ")
            .expect("the one line")
            .to_owned();
        let port = url.rsplit(':').next().unwrap().parse().unwrap();
        TestPeer {
            url,
            port,
            process,
            data_dir,
            neighbour: OnceCell::new(),
            befriended: OnceCell::new(),
        }
    }

    /// Its data folder.
    pub(crate) fn data_dir(&self) -> &Path {
        self.data_dir.path()
    }

    /// The address behind [`TestPeer::url`].
    pub(crate) fn address(&self) -> SocketAddr {
        if self.url.contains("[::1]") {
            SocketAddr::from((Ipv6Addr::LOCALHOST, self.port))
        } else {
            SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
        }
    }

    /// What a browser sends as `Host`.
    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.process.child.id()
    }

    /// A connection for generated clients, in native gRPC.
    #[allow(dead_code, reason = "a verb for tests that call without the command line")]
    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.address()))
            .unwrap()
            .connect()
            .await
            .unwrap()
    }

    /// A client command that finds this peer by its data folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = parcero();
        command.args(arguments).arg("--data-dir").arg(self.data_dir());
        command
    }

    /// Runs a client command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with_input(arguments, "")
    }

    /// Runs a client command to its end, with this on its standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ended {
        run(&mut self.command(arguments), input)
    }

    /// Starts a client command and leaves it running, for a test that types.
    pub(crate) fn begin(&self, arguments: &[&str]) -> Running {
        Running::start(&mut self.command(arguments))
    }

    /// Waits until the peer writes a line with this in it to standard error.
    pub(crate) fn says(&self, text: &str) -> String {
        self.process.stderr.find(text)
    }

    /// Sends it a signal.
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        self.process.signal(signal);
    }

    /// Ends it as its person does, and waits for its end.
    pub(crate) fn stop(mut self) -> (Ended, TempDir) {
        self.process.stop();
        self.wait()
    }

    /// What it recorded about itself.
    pub(crate) fn record(&self) -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(self.data_dir().join("peer.json")).unwrap()).unwrap()
    }

    /// Waits for its end.
    pub(crate) fn wait(self) -> (Ended, TempDir) {
        (self.process.wait(), self.data_dir)
    }

    /// Ends it with no chance to clean up, and gives back its data folder.
    pub(crate) fn kill(self) -> TempDir {
        drop(self.process);
        self.data_dir
    }

    /// Kills it and starts it again on the same port, with the same data folder.
    pub(crate) fn restart(self, extra_arguments: &[&str]) -> TestPeer {
        let listen = self.address().to_string();
        TestPeer::start_in(self.kill(), &listen, extra_arguments)
    }
}

/// A connection that sends at once what it is given, as those of gRPC clients do: else each half-filled packet waits for
/// an acknowledgement, which takes its time.
pub(crate) async fn connected(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Runs a command to its end, with this on its standard input.
pub(crate) fn run(command: &mut Command, input: &str) -> Ended {
    let mut running = Running::start(command);
    running.type_in(input);
    running.finish_typing();
    running.wait()
}

/// Looks again and again until there is something to see.
pub(crate) fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(
            started.elapsed() < GIVE_UP,
            "it did not happen within {GIVE_UP:?}"
        );
        thread::sleep(Duration::from_millis(10));
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it wrote to standard output and nobody had read yet.
    pub(crate) stdout: String,
    /// The same of standard error.
    pub(crate) stderr: String,
}

/// A process that ends with this value.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    /// The lines of its standard output.
    pub(crate) stdout: Lines,
    /// The lines of its standard error.
    pub(crate) stderr: Lines,
}

impl Running {
    /// Starts a command, with pipes on all sides.
    pub(crate) fn start(command: &mut Command) -> Running {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built");
        let stdout = Lines::of(child.stdout.take().unwrap());
        let stderr = Lines::of(child.stderr.take().unwrap());
        Running {
            stdin: child.stdin.take(),
            child,
            stdout,
            stderr,
        }
    }

    /// Types on its standard input.
    pub(crate) fn type_in(&mut self, text: &str) {
        self.type_bytes(text.as_bytes());
    }

    /// Writes what need not be text to its standard input.
    pub(crate) fn type_bytes(&mut self, bytes: &[u8]) {
        // A process that has ended reads no more; the test looks at how it ended.
        let _ = self.stdin.as_mut().expect("still typing").write_all(bytes);
    }

    /// Ends its standard input, as Ctrl-D does.
    pub(crate) fn finish_typing(&mut self) {
        self.stdin = None;
    }

    /// Sends it a signal.
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, signal).unwrap();
    }

    /// Asks it to stop: by Ctrl-C where there are signals, and by force elsewhere.
    pub(crate) fn stop(&mut self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::INT);
        #[cfg(not(unix))]
        self.child.kill().unwrap();
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Ended {
        // Its output ends when it does, and reading that can give up.
        let (stdout, stderr) = (self.stdout.rest(), self.stderr.rest());
        Ended {
            code: self.child.wait().unwrap().code(),
            stdout,
            stderr,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lines of a pipe as they come.
pub(crate) struct Lines(Receiver<String>);

impl Lines {
    fn of(pipe: impl Read + Send + 'static) -> Lines {
        let (sender, receiver) = channel();
        // It ends with the pipe, and so with the process.
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Lines(receiver)
    }

    /// The next line, or `None` at the end.
    pub(crate) fn next(&self) -> Option<String> {
        match self.0.recv_timeout(GIVE_UP) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("no line came within {GIVE_UP:?}"),
        }
    }

    /// Reads on to a line with this in it.
    pub(crate) fn find(&self, text: &str) -> String {
        let started = Instant::now();
        let mut seen = Vec::new();
        while let Some(line) = self.next() {
            if line.contains(text) {
                return line;
            }
            seen.push(line);
            assert!(
                started.elapsed() < GIVE_UP,
                "no line with {text:?} came, but {seen:#?}"
            );
        }
        panic!("no line with {text:?} came, but {seen:#?}");
    }

    /// All lines up to the end.
    pub(crate) fn rest(&self) -> String {
        let mut text = String::new();
        while let Some(line) = self.next() {
            text.push_str(&line);
            text.push('\n');
        }
        text
    }
}
