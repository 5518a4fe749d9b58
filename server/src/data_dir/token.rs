//! The local token: who shows it can read the data folder.

use std::{
    fmt,
    fs::File,
    hint,
    io::{self, Read},
    path::Path,
};

use super::{DataDirError, private};

/// 256 bits cannot be guessed.
const RANDOM_BYTES: usize = 32;
const HEX_DIGITS: usize = 2 * RANDOM_BYTES;

/// A secret of one run of a peer. It prints as `[redacted]`.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    pub(super) fn generate() -> Result<Self, DataDirError> {
        let mut bytes = [0; RANDOM_BYTES];
        getrandom::fill(&mut bytes).map_err(DataDirError::NoRandomness)?;
        Ok(Token(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    pub(super) fn read(path: &Path) -> Result<Self, DataDirError> {
        let failed = |source: io::Error| DataDirError::io("read", path, source);
        let file = File::open(path).map_err(failed)?;
        if !private::is_private(&file).map_err(failed)? {
            return Err(DataDirError::Readable {
                path: path.to_owned(),
            });
        }
        let mut text = String::new();
        // One more than belongs there, to see that it is too long.
        file.take(HEX_DIGITS as u64 + 1)
            .read_to_string(&mut text)
            .map_err(failed)?;
        if text.len() != HEX_DIGITS || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(DataDirError::Garbled {
                path: path.to_owned(),
            });
        }
        Ok(Token(text))
    }

    /// The secret itself, for the one place that sends or stores it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether this is what a caller shows. The time it takes does not tell how much of it is right.
    pub fn matches(&self, shown: &[u8]) -> bool {
        let own = self.0.as_bytes();
        let differences = own
            .iter()
            .zip(shown)
            .fold(0, |sum, (a, b)| hint::black_box(sum | (a ^ b)));
        own.len() == shown.len() && differences == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S23
    #[test]
    fn a_token_does_not_print_itself() {
        let token = Token::generate().unwrap();
        assert_eq!(
            format!("{token} {token:?} {:?}", Some(&token)),
            "[redacted] [redacted] Some([redacted])"
        );
        assert_eq!(token.reveal().len(), HEX_DIGITS);
    }

    #[test]
    fn only_the_whole_token_matches() {
        let token = Token::generate().unwrap();
        let own = token.reveal().as_bytes();
        assert!(token.matches(own));
        assert!(!token.matches(b""));
        assert!(!token.matches(&own[..HEX_DIGITS - 1]));
        assert!(!token.matches(&[own, b"0"].concat()));
        for place in [0, HEX_DIGITS - 1] {
            let mut other = own.to_vec();
            other[place] ^= 1;
            assert!(!token.matches(&other));
        }
    }
}
