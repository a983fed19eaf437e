//! JSON's tokens (RFC 8259), with the place of every mistake. Hand-written because protobuf needs what general parsers
//! do not keep: numbers as they are written, duplicate keys, and where in the text and in the message a mistake is.

use std::borrow::Cow;

use super::{Error, Result};
use crate::protobuf::MAX_DEPTH;
use crate::protobuf::quote::plain_len;

/// JSON nested deeper is not skipped: twice as deep as messages, since each can be in an array of its own.
const SKIP_DEPTH: usize = 2 * MAX_DEPTH;

/// A position in a JSON text.
#[derive(Clone, Copy)]
pub struct Cursor<'t> {
    /// Strings are parts of it: UTF-8 is checked once for the whole text.
    text: &'t str,
    offset: usize,
}

impl<'t> Cursor<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, offset: 0 }
    }

    pub fn offset(&self) -> usize {
        self.offset
    }

    /// An error at the current position.
    pub fn error(&self, why: impl Into<String>) -> Error {
        self.error_at(self.offset, why)
    }

    /// An error at an earlier position.
    pub fn error_at(&self, offset: usize, why: impl Into<String>) -> Error {
        Error::at(self.text, offset, why)
    }

    /// The first byte of the next token.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte(self.offset) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.offset += 1,
                other => return other,
            }
        }
    }

    #[inline]
    fn byte(&self, offset: usize) -> Option<u8> {
        self.text.as_bytes().get(offset).copied()
    }

    /// What has not been taken. Where a cursor stops, a character begins.
    #[inline]
    fn rest(&self) -> &'t str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    /// Takes a punctuation character if it is next.
    #[inline]
    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.offset += usize::from(found);
        found
    }

    /// Takes a punctuation character that must be next.
    #[inline]
    pub fn expect(&mut self, byte: u8) -> Result {
        if self.take(byte) {
            Ok(())
        } else {
            Err(self.expected(byte))
        }
    }

    #[cold]
    fn expected(&mut self, byte: u8) -> Error {
        let wanted = char::from(byte);
        let hint = match self.peek() {
            None => return self.error(format!("unexpected end of JSON, expected `{wanted}`")),
            Some(b'\'' | b'a'..=b'z' | b'A'..=b'Z' | b'_') if byte == b'"' => {
                Some("JSON has double quotation marks: {\"name\": \"text\"}".to_owned())
            }
            Some(b'}') if byte == b'"' => Some("is there a comma too many?".to_owned()),
            Some(_) => None,
        };
        let why = format!("expected `{wanted}`, found {}", self.found());
        self.error(why).hinted(hint)
    }

    /// Nothing may follow.
    pub fn end(&mut self) -> Result {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error(format!("expected the end, found {}", self.found()))),
        }
    }

    /// What is next, in words.
    pub fn found(&self) -> String {
        let mut ahead = *self;
        match ahead.peek() {
            None => "the end".to_owned(),
            Some(b'"') => match ahead.string() {
                Ok(text) if text.len() <= 40 => format!("string {text:?}"),
                _ => "a string".to_owned(),
            },
            Some(b'{') => "an object".to_owned(),
            Some(b'[') => "an array".to_owned(),
            Some(b'-' | b'0'..=b'9') => match ahead.number() {
                Ok(number) if number.len() <= 40 => format!("number {number}"),
                _ => "a number".to_owned(),
            },
            Some(_) => {
                let rest = ahead.rest();
                let is_word = |c: &char| c.is_ascii_alphanumeric() || !c.is_ascii();
                let len: usize = rest
                    .chars()
                    .take(20)
                    .take_while(is_word)
                    .map(char::len_utf8)
                    .sum();
                let len = len.max(rest.chars().next().map_or(0, char::len_utf8));
                match rest.get(..len).unwrap_or_default() {
                    word @ ("true" | "false" | "null") => word.to_owned(),
                    // Between these marks it needs no escape.
                    "'" => "`'`".to_owned(),
                    other => format!("`{}`", other.escape_debug()),
                }
            }
        }
    }

    /// Takes `true`, `false` or `null` if it is next.
    pub fn word(&mut self, word: &str) -> bool {
        self.peek();
        let Some(after) = self.rest().strip_prefix(word) else {
            return false;
        };
        let ends = !after.starts_with(|c: char| c.is_ascii_alphanumeric());
        self.offset += if ends { word.len() } else { 0 };
        ends
    }

    /// A string literal, unescaped.
    pub fn string(&mut self) -> Result<Cow<'t, str>> {
        self.expect(b'"')?;
        let start = self.offset;
        let rest = self.rest();
        // Most strings are plain.
        let mut len = plain_len(rest.as_bytes());
        if rest.as_bytes().get(len) != Some(&b'"') {
            len += unescaped_len(rest.get(len..).unwrap_or_default());
        }
        let unescaped = rest.get(..len).unwrap_or_default();
        self.offset += len;
        if self.byte(self.offset) == Some(b'"') {
            self.offset += 1;
            return Ok(Cow::Borrowed(unescaped));
        }
        let mut text = unescaped.to_owned();
        self.unescape(start, &mut text)?;
        Ok(Cow::Owned(text))
    }

    /// The rest of a string, from its first escape on.
    fn unescape(&mut self, start: usize, text: &mut String) -> Result {
        loop {
            match self.byte(self.offset) {
                None => return Err(self.error_at(start - 1, "unterminated string")),
                Some(b'"') => {
                    self.offset += 1;
                    return Ok(());
                }
                Some(b'\\') => text.push(self.escaped()?),
                Some(byte) if byte < 0x20 => {
                    return Err(self.error("control characters in strings must be escaped"));
                }
                Some(_) => {
                    let rest = self.rest();
                    let len = unescaped_len(rest);
                    text.push_str(rest.get(..len).unwrap_or_default());
                    self.offset += len;
                }
            }
        }
    }

    /// What an escape stands for.
    fn escaped(&mut self) -> Result<char> {
        let at = self.offset;
        let kind = self.byte(at + 1);
        let c = match kind {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.offset += 2;
                return self.unicode(at);
            }
            _ => return Err(self.error("invalid escape")),
        };
        self.offset += 2;
        Ok(c)
    }

    /// The four digits after `\u`, and the other half of a surrogate pair.
    fn unicode(&mut self, at: usize) -> Result<char> {
        let half = |cursor: &mut Self| {
            let digits = cursor.rest().get(..4)?;
            if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return None;
            }
            cursor.offset += 4;
            u32::from_str_radix(digits, 16).ok()
        };
        let Some(first) = half(self) else {
            return Err(self.error_at(at, "`\\u` must be followed by four hexadecimal digits"));
        };
        let code = if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
            self.offset += 2;
            match half(self) {
                Some(second @ 0xdc00..0xe000) => {
                    0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                }
                _ => first,
            }
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| self.error_at(at, "unpaired surrogate"))
    }

    /// A number as it is written.
    pub fn number(&mut self) -> Result<&'t str> {
        self.peek();
        let rest = self.rest();
        let in_number =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let len = rest.bytes().take_while(in_number).count();
        let token = rest.get(..len).unwrap_or_default();
        if !is_number(token) {
            return Err(match token {
                "" => self.error(format!("expected a number, found {}", self.found())),
                token => self.error(format!("`{token}` is not a valid JSON number")),
            });
        }
        self.offset += len;
        Ok(token)
    }

    /// Skips one value, whatever it is, unless there is a mistake in it.
    pub fn skip(&mut self) -> Result {
        self.skip_within(SKIP_DEPTH)
    }

    fn skip_within(&mut self, depth: usize) -> Result {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(self.error("JSON is nested too deeply"));
        };
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{') => {
                self.offset += 1;
                if self.take(b'}') {
                    return Ok(());
                }
                loop {
                    self.string()?;
                    self.expect(b':')?;
                    self.skip_within(depth)?;
                    if !self.take(b',') {
                        return self.expect(b'}');
                    }
                }
            }
            Some(b'[') => {
                self.offset += 1;
                if self.take(b']') {
                    return Ok(());
                }
                loop {
                    self.skip_within(depth)?;
                    if !self.take(b',') {
                        return self.expect(b']');
                    }
                }
            }
            Some(b'-' | b'0'..=b'9') => self.number().map(drop),
            Some(_) if self.word("true") || self.word("false") || self.word("null") => Ok(()),
            None => Err(self.error("unexpected end of JSON, expected a value")),
            Some(_) => Err(self.error(format!("expected a value, found {}", self.found()))),
        }
    }
}

/// How many bytes at the start of a string's contents stand for themselves.
fn unescaped_len(text: &str) -> usize {
    text.bytes()
        .position(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\'))
        .unwrap_or(text.len())
}

/// RFC 8259's grammar: no leading zero, no leading plus, digits on both sides of the point.
pub fn is_number(token: &str) -> bool {
    let rest = token.strip_prefix('-').unwrap_or(token);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest.starts_with('0')) {
        return false;
    }
    let mut rest = rest.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        let len = digits(fraction);
        if len == 0 {
            return false;
        }
        rest = fraction.get(len..).unwrap_or_default();
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}
