//! Standard input, one line at a time, as the person types.

use std::{
    io::{self, BufRead, IsTerminal, Read},
    thread,
};

use tokio::sync::mpsc;

use super::failure::Failure;
use parcero::config::LARGEST_MAX_MESSAGE_BYTES;

/// No line can be longer than the longest message it could be sent in.
const MAX_LINE_BYTES: usize = LARGEST_MAX_MESSAGE_BYTES;

/// The lines of standard input, read from the first time somebody asks.
#[derive(Debug, Default)]
pub(super) struct Lines {
    reader: Option<mpsc::Receiver<Result<String, Failure>>>,
}

impl Lines {
    /// Whether a person types them.
    pub(super) fn are_typed() -> bool {
        io::stdin().is_terminal()
    }

    /// The next line without its end, or `None` after the last.
    ///
    /// # Cancel safety
    /// A drop loses nothing: the line is there for the next call.
    pub(super) async fn next(&mut self) -> Result<Option<String>, Failure> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(start()?),
        };
        reader.recv().await.transpose()
    }
}

/// Reads in a thread of its own, which nothing can interrupt: a person who types nothing would hold up the end of
/// the program if the runtime waited for it. The end of the process is the end of the thread.
fn start() -> Result<mpsc::Receiver<Result<String, Failure>>, Failure> {
    // 1: a line more than asked for is read ahead, so that a pipe keeps flowing.
    let (sender, receiver) = mpsc::channel(1);
    thread::Builder::new()
        .name("standard input".into())
        .spawn(move || {
            let mut stdin = io::stdin().lock();
            let mut number = 0;
            loop {
                number += 1;
                let line = read_line(&mut stdin, number, MAX_LINE_BYTES);
                let is_last = !matches!(line, Ok(Some(_)));
                // The channel closes when nobody wants lines any more.
                if line
                    .transpose()
                    .is_some_and(|line| sender.blocking_send(line).is_err())
                    || is_last
                {
                    break;
                }
            }
        })
        .map_err(|error| Failure::wrong(format!("cannot read standard input: {error}")))?;
    Ok(receiver)
}

fn read_line(input: &mut impl BufRead, number: u64, max_bytes: usize) -> Result<Option<String>, Failure> {
    let mut bytes = Vec::new();
    // Two more for the end of the line, one to see that it is too long.
    input
        .take(max_bytes as u64 + 3)
        .read_until(b'\n', &mut bytes)
        .map_err(|error| Failure::wrong(format!("cannot read standard input: {error}")))?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.pop_if(|byte| *byte == b'\n').is_some() {
        bytes.pop_if(|byte| *byte == b'\r');
    }
    if bytes.len() > max_bytes {
        return Err(
            Failure::wrong(format!("line {number} is longer than {max_bytes} bytes"))
                .hint("give one name a line"),
        );
    }
    String::from_utf8(bytes).map(Some).map_err(|_| {
        Failure::wrong(format!("line {number} is not UTF-8 text")).hint("convert it, for example with iconv")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &[u8], max_bytes: usize, expected: &[&str]) {
        let mut input = text;
        let mut lines = Vec::new();
        while let Some(line) = read_line(&mut input, 1, max_bytes).unwrap() {
            lines.push(line);
        }
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_line_ends_as_on_any_system_or_with_the_input() {
        check(b"", 9, &[]);
        check(b"Ana\nBeto\r\nC\rD", 9, &["Ana", "Beto", "C\rD"]);
        check(b"\n\nAna\n", 9, &["", "", "Ana"]);
    }

    #[test]
    fn a_line_may_be_as_long_as_the_limit_and_no_longer() {
        check(b"1234\n1234\r\n1234", 4, &["1234", "1234", "1234"]);
        assert!(read_line(&mut &b"12345\n"[..], 1, 4).is_err());
        assert!(read_line(&mut &b"123456789"[..], 1, 4).is_err());
    }

    #[test]
    fn a_line_that_is_no_text_is_named() {
        let Err(Failure::Wrong { sentence, .. }) = read_line(&mut &b"\xff\n"[..], 3, 9) else {
            panic!()
        };
        assert_eq!(sentence, "line 3 is not UTF-8 text");
    }
}
