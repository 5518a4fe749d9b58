//! Numbers as each language writes them, by the browser's own `Intl`.

use std::cell::RefCell;

use js_sys::{Array, Function, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use super::Language;

thread_local! {
    /// Making a format is a thousand times as dear as using it, and there are two languages and four precisions.
    static FORMATS: RefCell<Vec<((Language, u32), Function)>> = const { RefCell::new(Vec::new()) };
}

impl Language {
    /// A number with exactly so many digits after the point: `1,234.5`, `1.234,5`.
    pub fn number(self, value: f64, digits: u32) -> String {
        let format = FORMATS.with_borrow_mut(|formats| {
            if let Some((_, format)) = formats.iter().find(|(key, _)| *key == (self, digits)) {
                return format.clone();
            }
            let format = new_format(self, digits);
            formats.push(((self, digits), format.clone()));
            format
        });
        format
            .call1(&JsValue::NULL, &value.into())
            .ok()
            .and_then(|text| text.as_string())
            // A browser without Intl writes numbers the plain way.
            .unwrap_or_else(|| format!("{value:.*}", digits as usize))
    }

    /// A whole number.
    pub fn count(self, value: u64) -> String {
        self.number(value as f64, 0)
    }

    /// A stretch of time: `12.4 ms` below a tenth of a second, else `2.01 s`.
    pub fn time(self, milliseconds: f64) -> String {
        if milliseconds < 99.95 {
            format!("{} ms", self.number(milliseconds, 1))
        } else if milliseconds < 999_995.0 {
            format!("{} s", self.number(milliseconds / 1_000.0, 2))
        } else {
            format!("{} s", self.number(milliseconds / 1_000.0, 0))
        }
    }

    /// A size, in decimal units: `23 B`, `4.2 kB`, `1.0 MB`, `5.8 GB`.
    pub fn bytes(self, bytes: u64) -> String {
        match bytes {
            0..1_000 => format!("{bytes} B"),
            1_000..1_000_000 => format!("{} kB", self.number(bytes as f64 / 1e3, 1)),
            1_000_000..1_000_000_000 => format!("{} MB", self.number(bytes as f64 / 1e6, 1)),
            _ => format!("{} GB", self.number(bytes as f64 / 1e9, 1)),
        }
    }

    /// A limit, to the byte, in the binary units that limits are made in: `4 MiB`, `1,000 B`.
    pub fn limit(self, bytes: u64) -> String {
        const KIB: u64 = 1024;
        const MIB: u64 = 1024 * KIB;
        match bytes {
            MIB.. if bytes.is_multiple_of(MIB) => format!("{} MiB", self.count(bytes / MIB)),
            KIB.. if bytes.is_multiple_of(KIB) => format!("{} KiB", self.count(bytes / KIB)),
            _ => format!("{} B", self.count(bytes)),
        }
    }
}

fn new_format(language: Language, digits: u32) -> Function {
    let options = Object::new();
    for key in ["minimumFractionDigits", "maximumFractionDigits"] {
        // Setting a property of a new plain object cannot fail.
        let _ = Reflect::set(&options, &key.into(), &digits.into());
    }
    Intl::NumberFormat::new(&Array::of1(&language.tag().into()), &options).format()
}
