//! A ticket as a QR code.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};

/// The empty edge a camera needs around a code, in modules.
pub const QUIET: usize = 4;

/// A drawn code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qr {
    /// Modules on a side, without the edge.
    pub side: usize,
    /// Its dark modules as the path of a drawing.
    pub path: String,
}

/// The code of a ticket; nothing if it is too long for one.
///
/// Capitals take less room in a code, and a ticket may be read either way.
pub fn of(ticket: &str) -> Option<Qr> {
    // The least correction: it is read from a screen, which has no stains.
    let code = QrCode::with_error_correction_level(ticket.to_ascii_uppercase(), EcLevel::L).ok()?;
    let side = code.width();
    let modules = code.into_colors();
    let mut path = String::new();
    for (row, modules) in modules.chunks(side).enumerate() {
        let mut column = 0;
        for run in modules.chunk_by(|one, other| one == other) {
            if run[0] == Color::Dark {
                let width = run.len();
                // Writing to a String cannot fail.
                let _ = write!(path, "M{column} {row}h{width}v1h-{width}z");
            }
            column += run.len();
        }
    }
    Some(Qr { side, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_begins_with_its_finder_pattern() {
        let qr = of("parceroabc234").unwrap();
        assert!(qr.path.starts_with("M0 0h7v1h-7z"), "{}", qr.path);
        assert_eq!(qr.side % 4, 1, "21, 25, 29… modules");
    }

    #[test]
    fn capitals_and_small_letters_are_one_code() {
        assert_eq!(of("parceroabc"), of("PARCEROABC"));
    }

    #[test]
    fn what_is_too_long_has_no_code() {
        assert_eq!(of(&"a".repeat(5_000)), None);
    }
}
