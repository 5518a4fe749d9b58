//! The key that is the identity of a peer: 32 secret bytes, made at the first start and kept for ever.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::{DataDirError, private};

const BYTES: usize = 32;
const HEX_DIGITS: usize = 2 * BYTES;

/// Reads the key, or makes one where there is none.
pub(super) fn read_or_make(path: &Path) -> Result<[u8; BYTES], DataDirError> {
    let failed = |verb, source: io::Error| DataDirError::io(verb, path, source);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut key = [0; BYTES];
            getrandom::fill(&mut key).map_err(DataDirError::NoRandomness)?;
            let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
            private::write_new(path, text.as_bytes()).map_err(|source| failed("write", source))?;
            return Ok(key);
        }
        Err(error) => return Err(failed("open", error)),
    };
    if !private::is_private(&file).map_err(|source| failed("look at", source))? {
        return Err(DataDirError::Readable {
            path: path.to_owned(),
        });
    }
    let mut text = String::new();
    // One more than belongs there, to see that it is too long.
    file.take(HEX_DIGITS as u64 + 1)
        .read_to_string(&mut text)
        .map_err(|source| failed("read", source))?;
    parse(text.trim_end()).ok_or_else(|| DataDirError::Garbled {
        path: path.to_owned(),
    })
}

fn parse(text: &str) -> Option<[u8; BYTES]> {
    let mut key = [0; BYTES];
    // `from_str_radix` would take a sign.
    if text.len() != HEX_DIGITS || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let key = read_or_make(&path).unwrap();
        assert_eq!(read_or_make(&path).unwrap(), key);
        assert_ne!(key, [0; BYTES]);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::MetadataExt::mode(&path.metadata().unwrap());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for bad in [
            "",
            "00",
            &"0".repeat(HEX_DIGITS - 1),
            &"0".repeat(HEX_DIGITS + 1),
            &"x".repeat(HEX_DIGITS),
            &"+1".repeat(BYTES),
        ] {
            let path = folder.path().join("key");
            let _ = std::fs::remove_file(&path);
            private::write_new(&path, bad.as_bytes()).unwrap();
            assert!(
                matches!(read_or_make(&path), Err(DataDirError::Garbled { .. })),
                "{bad}"
            );
            assert_eq!(std::fs::read_to_string(&path).unwrap(), bad);
        }
    }

    // S23
    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        read_or_make(&path).unwrap();
        let open: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o640);
        std::fs::set_permissions(&path, open).unwrap();
        assert!(matches!(read_or_make(&path), Err(DataDirError::Readable { .. })));
    }
}
