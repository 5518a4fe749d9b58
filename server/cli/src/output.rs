//! Where a command writes: results to standard output, one a line and at once; talk to standard error.

use std::io::{self, Write};

use contract::parcero::v1::Started;

use super::{
    failure::Failure,
    visible::{visible, visible_json},
};
use parcero::json;

/// Standard output, as text for people or as JSON for programs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Output { json }
    }

    /// Prints a message of the contract: whole as JSON, or else the lines that `text` makes of it.
    pub(super) fn message<M>(&self, message: &M, text: impl FnOnce(&M) -> Vec<String>) -> Result<(), Failure>
    where
        M: prost::Message + prost::Name,
    {
        if self.json {
            return print(&visible_json(&json::to_line(message)?));
        }
        text(message).iter().try_for_each(|line| print(&visible(line)))
    }

    /// Prints where a peer is: one line, and one more to stderr for every other port.
    pub(super) fn address(&self, started: &Started) -> Result<(), Failure> {
        self.message(started, |started| vec![format!("Parcero is at {}", started.url)])?;
        if !self.json {
            for other in &started.others {
                say(&format!("and at {other}"));
            }
        }
        Ok(())
    }

    /// Prints text as it is, which is never JSON.
    pub(super) fn verbatim(&self, text: &[u8]) -> Result<(), Failure> {
        if self.json {
            return Err(Failure::wrong("there is no JSON of this").hint("leave --json away"));
        }
        write(text)
    }
}

fn print(line: &str) -> Result<(), Failure> {
    write(format!("{line}\n").as_bytes())
}

fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::ReaderGone),
        Err(error) => Err(Failure::wrong(format!(
            "cannot write to standard output: {error}"
        ))),
    }
}

/// Tells the person something that is no result.
pub(super) fn say(line: &str) {
    // Who closed standard error does not want to know; there is nowhere else to say it.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Asks the person something; the answer follows on the same line.
pub(super) fn ask(question: &str) {
    // As above.
    let _ = write!(io::stderr(), "{question}");
}
