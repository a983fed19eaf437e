//! Makes text from others safe to show: it must not move the cursor, clear the screen or change the reading direction
//! ("Trojan Source", CVE-2021-42574).

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character acts on a terminal instead of being shown: C0 and C1 controls, line separators, and characters
/// that change the direction of text. Joiners, which emoji need, do not.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Escapes every unsafe character as `\u{…}`. Newlines too, so that a message stays on one line.
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_all_but(text, |_| false)
}

/// Escapes every unsafe character of a document as `\u{…}`, except newlines and tabs.
pub fn escape_document(text: &str) -> Cow<'_, str> {
    escape_all_but(text, |c| matches!(c, '\n' | '\t'))
}

fn escape_all_but(text: &str, is_kept: fn(char) -> bool) -> Cow<'_, str> {
    let is_escaped = |c: char| is_unsafe(c) && !is_kept(c);
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !is_escaped(c) => safe.push(c),
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            c => safe.extend(c.escape_unicode()),
        }
    }
    Cow::Owned(safe)
}

/// Escapes unsafe characters in a formatted message with an escape of its own syntax, so that it still parses: `\u009b` in
/// JSON, octal UTF-8 bytes in the text format. Newlines are layout, and stay: those in strings are already escaped.
pub fn escape_literal(text: &str, json: bool) -> Cow<'_, str> {
    let foreign = |c: char| c != '\n' && is_unsafe(c);
    if !text.contains(foreign) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if !foreign(c) {
            safe.push(c);
        } else if json {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(safe, "\\{byte:03o}");
            }
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_and_direction_character_is_escaped() {
        for code in (0..0x20)
            .chain(0x7f..0xa0)
            .chain(0x202a..0x202f)
            .chain(0x2066..0x206a)
        {
            let Some(c) = char::from_u32(code) else {
                continue;
            };
            let text = format!("a{c}b");
            assert!(!escape(&text).contains(is_unsafe), "U+{code:04X}");
            if c != '\n' {
                for json in [false, true] {
                    assert!(
                        !escape_literal(&text, json).contains(is_unsafe),
                        "U+{code:04X}"
                    );
                }
            }
        }
    }

    #[test]
    fn ordinary_text_in_any_script_is_unchanged() {
        for text in ["plain", "Zoë 이름 имя שם", "👩🏽\u{200d}💻\u{fe0f}"] {
            assert_eq!(escape(text), text);
            assert_eq!(escape_literal(text, true), text);
        }
    }

    #[test]
    fn a_json_literal_means_the_same_after_escaping() {
        let json = serde_json::to_string("a\u{9b}2J\u{202e}b").expect("a string");
        let safe = escape_literal(&json, true);
        assert_ne!(safe, json);
        assert_eq!(
            serde_json::from_str::<String>(&safe).expect("still JSON"),
            "a\u{9b}2J\u{202e}b"
        );
    }
}
