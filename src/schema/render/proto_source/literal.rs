//! Values in .proto source: strings, numbers, and messages in the text format.

use std::fmt::Write as _;

use super::source_text::INDENT;

/// A value. A message is kept as a tree, because its layout depends on the space that there is.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Token(String),
    Message(Vec<Entry>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    Field(String, Literal),
    /// Unknown fields.
    Comment(String),
}

impl Literal {
    /// The value on one line.
    pub fn inline(&self) -> String {
        match self {
            Self::Token(token) => token.clone(),
            Self::Message(entries) => {
                let mut text = String::from("{");
                for (at, entry) in entries.iter().enumerate() {
                    if at > 0 {
                        text.push_str(", ");
                    }
                    match entry {
                        Entry::Field(name, value) => {
                            let _ = write!(text, "{name}: {}", value.inline());
                        }
                        Entry::Comment(comment) => {
                            // A comment is not a field: it has no comma before it.
                            let trimmed = text.trim_end_matches(", ").len();
                            text.truncate(trimmed);
                            let _ = write!(text, " {comment}");
                        }
                    }
                }
                text.push('}');
                text
            }
        }
    }

    /// The value on several lines. Those after the first are indented by at least `indent`.
    pub fn block(&self, indent: usize) -> String {
        let mut text = String::new();
        self.write_block(&mut text, indent);
        text
    }

    fn write_block(&self, text: &mut String, indent: usize) {
        match self {
            Self::Token(token) => text.push_str(token),
            Self::Message(entries) if entries.is_empty() => text.push_str("{}"),
            Self::Message(entries) => {
                text.push_str("{\n");
                for entry in entries {
                    text.extend(std::iter::repeat_n(' ', indent + INDENT));
                    match entry {
                        Entry::Field(name, value) => {
                            text.push_str(name);
                            text.push_str(": ");
                            value.write_block(text, indent + INDENT);
                        }
                        Entry::Comment(comment) => text.push_str(comment),
                    }
                    text.push('\n');
                }
                text.extend(std::iter::repeat_n(' ', indent));
                text.push('}');
            }
        }
    }
}

/// A string literal. Text stays readable UTF-8. Unsafe characters and bytes that are not text are octal: unlike `\x`,
/// octal escapes have a fixed length.
pub fn quoted(bytes: &[u8], is_text: bool) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                ' '..='~' => text.push(c),
                c if is_text && !is_unsafe(c) => text.push(c),
                c => {
                    let mut buffer = [0; 4];
                    octal(&mut text, c.encode_utf8(&mut buffer).as_bytes());
                }
            }
        }
        octal(&mut text, chunk.invalid());
    }
    text.push('"');
    text
}

/// Whether a character acts on the text around it instead of being shown: controls, line separators, and what changes
/// the direction of text ("Trojan Source", CVE-2021-42574). Escaped here, they stay part of a valid literal wherever the
/// source is shown.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn octal(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(text, "\\{byte:03o}");
    }
}

/// Decodes C escapes, which descriptors have in the default value of a bytes field.
pub fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let escape = rest.next()?;
        bytes.push(match escape {
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'\\' | b'\'' | b'"' | b'?' => escape,
            b'x' | b'X' => number(&mut rest, 0, 16, 2)?,
            b'0'..=b'7' => number(&mut rest, u32::from(escape - b'0'), 8, 2)?,
            _ => return None,
        });
    }
    Some(bytes)
}

/// Reads up to `digits` more digits of a number.
fn number(
    rest: &mut std::iter::Peekable<std::str::Bytes<'_>>,
    start: u32,
    radix: u32,
    digits: usize,
) -> Option<u8> {
    let mut value = start;
    for _ in 0..digits {
        let Some(digit) = rest
            .peek()
            .and_then(|byte| char::from(*byte).to_digit(radix))
        else {
            break;
        };
        value = value * radix + digit;
        rest.next();
    }
    u8::try_from(value).ok()
}

/// The shortest literal that a double can be read back from.
pub fn double(value: f64) -> String {
    if value.is_nan() {
        "nan".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "inf" } else { "-inf" }.to_owned()
    } else {
        zmij::Buffer::new().format_finite(value).to_owned()
    }
}

/// The shortest literal that a float can be read back from.
pub fn float(value: f32) -> String {
    if value.is_finite() {
        zmij::Buffer::new().format_finite(value).to_owned()
    } else {
        double(f64::from(value))
    }
}

/// A block comment on one line. The text cannot end it.
pub fn comment(text: &str) -> String {
    let text = text.replace("*/", "*\\/").replace("/*", "/\\*");
    format!("/* {text} */")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        assert_eq!(
            quoted("a\"\\\n\u{1}é".as_bytes(), true),
            r#""a\"\\\n\001é""#
        );
        assert_eq!(quoted("a\u{202e}b".as_bytes(), true), r#""a\342\200\256b""#);
        assert_eq!(quoted(b"\xff1\xc3\xa9", false), r#""\3771\303\251""#);
    }

    #[test]
    fn escapes_are_decoded() {
        assert_eq!(unescaped(r"a\n\001\x41\\"), Some(b"a\n\x01A\\".to_vec()));
        assert_eq!(unescaped(r"\"), None);
        assert_eq!(unescaped(r"\777"), None);
    }

    #[test]
    fn large_numbers_have_an_exponent() {
        assert_eq!(double(1e300), "1e+300");
        assert_eq!(float(0.1), "0.1");
        assert_eq!(double(f64::NEG_INFINITY), "-inf");
    }
}
