//! `parcero serve`: a peer, from its start to its end.

use std::{
    env,
    ffi::OsStr,
    io,
    net::{Ipv4Addr, SocketAddr},
    process::{ExitCode, Stdio},
    thread,
};

use clap::{Args, builder::FalseyValueParser};
use contract::parcero::v1::Started;
use tokio::sync::oneshot;

use super::{
    config::{ConfigurationOptions, options},
    failure::{Failure, causes},
    open_files,
    output::{Output, say},
    signals::StopSignals,
};
use parcero::{
    config::ServeOptions,
    data_dir::{Announced, DataDir, DataDirError, Record},
    front::{Door, Left, Page},
    network::{Network, NetworkSettings},
    peer::{Peer, Settings},
};

/// Start a peer and open its door to this machine
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  parcero serve                          on localhost:50051, until Ctrl-C
  parcero serve --open                   and show its page in the browser
  parcero serve --listen 127.0.0.1:0 --data-dir /tmp/second    a second peer
  parcero serve --allow-origin 'http://localhost:*'    let pages of other ports call it

Every option with a variable of the environment below, but --config and --open, can stand in a file instead, under
the same name; a flag wins over the environment, and that over the file:
  name = \"laptop\"
  listen = [\"127.0.0.1:50051\"]
  no-discovery = true
The file is config.toml in the platform's folder for configuration (on Linux ~/.config/parcero), or in the folder named
by --data-dir; or the one named by --config. `parcero config show --origin` prints each value and where it comes from.

Ctrl-C lets calls finish for up to ten seconds; a second one ends them at once.
A peer serves its own machine only. To use it from another one, open an SSH tunnel there:
  ssh -L 50051:localhost:50051 HOST")]
pub(super) struct Serve {
    #[command(flatten)]
    configuration: ConfigurationOptions,

    /// Open the page in the browser
    #[arg(long, env = "PARCERO_OPEN", value_parser = FalseyValueParser::new())]
    open: bool,
}

/// What to do beside a peer that runs already with the same data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// Say where it is: the person wanted a peer, and there is one.
    TellAddress,
    /// Refuse: the person wanted this one, with these flags.
    Refuse,
}

impl Serve {
    pub(super) async fn run(
        self,
        data_dir: &DataDir,
        output: &Output,
        beside: Beside,
        page: Page,
    ) -> Result<ExitCode, Failure> {
        let options = options(self.configuration.read(data_dir)?)?;
        let claim = match data_dir.claim() {
            Err(DataDirError::InUse { .. }) if beside == Beside::TellAddress => {
                return tell_address(data_dir, output);
            }
            claim => claim?,
        };
        open_files::raise_limit();

        let ServeOptions {
            listen,
            name,
            allow_origin,
            max_message_bytes,
            peer_listen,
            discovery,
            membership,
            friends,
            internet,
        } = options;
        let door = Door::bind(&listen, allow_origin).await?.showing(page);
        let network = Network::start(NetworkSettings {
            key: claim.key()?,
            name: name.clone(),
            listen: peer_listen,
            database: claim.database(),
            membership,
            discovery,
            internet,
            friends,
        })
        .await
        .map_err(|error| Failure::wrong(error.to_string()))?;
        let settings = Settings {
            name,
            max_message_bytes,
        };
        let url = url(&door.addresses());
        // Until the end of this function: then the record and the token go, and the folder is free.
        let mut announced = None;
        let serving = async {
            // Before anybody can read that the peer is there and ask it to stop.
            let signals = StopSignals::listen()
                .map_err(|error| Failure::wrong(format!("cannot listen for signals: {error}")))?;
            let announced = announced.insert(claim.announce(&Record::new(url.clone(), door.addresses()))?);
            let others = elsewhere(&url, &door.addresses());
            match output.address(&Started {
                url: url.clone(),
                others,
            }) {
                // Whoever started the peer does not read what it says; it can be found by its record.
                Ok(()) | Err(Failure::ReaderGone) => {}
                Err(failure) => return Err(failure),
            }
            say(&format!(
                "To other peers it is {}, {}.",
                settings.name,
                network.id()
            ));
            let ticket = network.ticket(None);
            say(&if discovery {
                format!("They find it by themselves on this network, or by its address: {ticket}")
            } else {
                format!("They find it by its address: {ticket}")
            });
            if self.open {
                open(&url);
            }
            serve(
                door,
                Peer::new(settings, Some(network.clone())),
                announced,
                signals,
            )
            .await
        };
        let ended = serving.await;
        // However a peer ends, the others are told, and its socket is closed.
        network.leave().await;
        drop(announced);
        ended
    }
}

/// Serves until a signal and until what is under way has ended; or until a second signal.
async fn serve(
    door: Door,
    peer: Peer,
    announced: &Announced,
    mut signals: StopSignals,
) -> Result<ExitCode, Failure> {
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async {
        // An error means that the sender has gone, which it does with us: then it is time to stop, too.
        let _ = stopped.await;
    };
    let second_signal = async {
        signals.next().await;
        // Before the door shuts: nobody is to be sent there any more.
        announced.stopping();
        say("Stopping: calls under way may finish. Once more ends them at once.");
        // No one to tell means that serving has ended by itself.
        let _ = stop.send(());
        signals.next().await
    };
    tokio::select! {
        served = door.serve(peer, stopped, tell_left) => match served {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(error) => Err(Failure::wrong(format!("cannot serve: {}", causes(&error)))),
        },
        code = second_signal => Ok(ExitCode::from(code)),
    }
}

fn tell_left(left: Left) {
    let calls = if left.calls == 1 {
        "1 call".to_owned()
    } else {
        format!("{} calls", left.calls)
    };
    say(&format!("Waiting for {calls} to finish."));
}

fn tell_address(data_dir: &DataDir, output: &Output) -> Result<ExitCode, Failure> {
    match data_dir.running()? {
        Some(record) => {
            output.address(&Started {
                url: record.url,
                others: Vec::new(),
            })?;
            Ok(ExitCode::SUCCESS)
        }
        None => Err(Failure::wrong("the peer that was running here has just stopped")
            .hint("run `parcero` again to start one")),
    }
}

/// What a person opens: `localhost` if that leads here.
fn url(addresses: &[SocketAddr]) -> String {
    let by_name = addresses
        .iter()
        .find(|address| address.ip() == Ipv4Addr::LOCALHOST);
    match (by_name, addresses.first()) {
        (Some(address), _) => format!("http://localhost:{}", address.port()),
        (None, Some(address)) => format!("http://{address}"),
        (None, None) => "nowhere".to_owned(),
    }
}

/// Addresses that nobody would guess from `url`: those with other ports.
fn elsewhere(url: &str, addresses: &[SocketAddr]) -> Vec<String> {
    let own_port = url.rsplit(':').next().and_then(|port| port.parse().ok());
    addresses
        .iter()
        .filter(|address| Some(address.port()) != own_port)
        .map(|address| format!("http://{address}"))
        .collect()
}

fn open(url: &str) {
    if let Err(error) = start_browser(url) {
        say(&format!(
            "note: no browser could be opened ({error}); open {url} yourself"
        ));
    }
}

/// Starts the first program of this platform that can be started, out of reach of Ctrl-C and without what the environment
/// says of this peer: a secret, for one.
fn start_browser(url: &str) -> io::Result<()> {
    let mut why_not = io::Error::from(io::ErrorKind::NotFound);
    for mut command in open::commands(url) {
        for (name, _) in env::vars_os().filter(|(name, _)| is_ours(name)) {
            command.env_remove(name);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        #[cfg(windows)]
        std::os::windows::process::CommandExt::creation_flags(&mut command, DETACHED);
        match command.spawn() {
            Ok(mut browser) => {
                // It may run as long as this peer or longer. Somebody has to wait for it, or it stays as a zombie.
                thread::Builder::new()
                    .name("browser".to_owned())
                    .spawn(move || browser.wait())?;
                return Ok(());
            }
            Err(error) => why_not = error,
        }
    }
    Err(why_not)
}

/// `CREATE_NO_WINDOW` and `CREATE_NEW_PROCESS_GROUP` of Windows.
#[cfg(windows)]
const DETACHED: u32 = 0x0800_0000 | 0x0000_0200;

/// Whether a variable of the environment is for this program alone.
fn is_ours(name: &OsStr) -> bool {
    name.as_encoded_bytes()
        .to_ascii_uppercase()
        .starts_with(b"PARCERO_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(addresses: &[&str], expected: &str) {
        let addresses: Vec<_> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        assert_eq!(url(&addresses), expected);
    }

    #[test]
    fn further_ports_are_told_and_further_names_of_one_port_are_not() {
        let addresses: Vec<_> = ["127.0.0.1:7", "[::1]:7", "[::1]:8"]
            .iter()
            .map(|address| address.parse().unwrap())
            .collect();
        assert_eq!(elsewhere("http://localhost:7", &addresses), ["http://[::1]:8"]);
    }

    #[test]
    fn the_address_to_open_is_localhost_where_that_leads_here() {
        check(&["127.0.0.1:50051", "[::1]:50051"], "http://localhost:50051");
        check(&["[::1]:7", "127.0.0.1:8"], "http://localhost:8");
        check(&["[::1]:7"], "http://[::1]:7");
    }
}
