//! JSON's tokens (RFC 8259), with the place of every mistake. Hand-written because protobuf needs what general parsers
//! do not keep: numbers as they are written, duplicate keys, and where in the text and in the message a mistake is.

use std::borrow::Cow;

use crate::protobuf::{MAX_DEPTH, ParseError};

/// JSON nested deeper is not skipped: twice as deep as messages, since each can be in an array of its own.
const SKIP_DEPTH: usize = 2 * MAX_DEPTH;

/// A position in a JSON text.
#[derive(Clone, Copy)]
pub struct Cursor<'t> {
    text: &'t [u8],
    offset: usize,
}

impl<'t> Cursor<'t> {
    pub fn new(text: &'t [u8]) -> Self {
        Self { text, offset: 0 }
    }

    pub fn offset(&self) -> usize {
        self.offset
    }

    /// An error at the current position.
    pub fn error(&self, why: impl Into<String>) -> ParseError {
        self.error_at(self.offset, why)
    }

    /// An error at an earlier position.
    pub fn error_at(&self, offset: usize, why: impl Into<String>) -> ParseError {
        ParseError::at(self.text, offset, why)
    }

    /// The first byte of the next token.
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.get(self.offset) {
            match byte {
                b' ' | b'\n' | b'\r' | b'\t' => self.offset += 1,
                byte => return Some(*byte),
            }
        }
        None
    }

    /// Takes a punctuation character if it is next.
    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.offset += usize::from(found);
        found
    }

    /// Takes a punctuation character that must be next.
    pub fn expect(&mut self, byte: u8) -> Result<(), ParseError> {
        if self.take(byte) {
            return Ok(());
        }
        let wanted = char::from(byte);
        Err(match self.peek() {
            None => self.error(format!("unexpected end of JSON, expected `{wanted}`")),
            Some(_) => self.error(format!("expected `{wanted}`, found {}", self.found())),
        })
    }

    /// Nothing may follow.
    pub fn end(&mut self) -> Result<(), ParseError> {
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
                let rest = ahead.text.get(ahead.offset..).unwrap_or_default();
                let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80;
                let len = rest
                    .iter()
                    .take_while(|byte| word(byte))
                    .count()
                    .clamp(1, 20);
                let rest =
                    String::from_utf8_lossy(rest.get(..len.min(rest.len())).unwrap_or_default());
                match rest.as_ref() {
                    "true" | "false" | "null" => rest.into_owned(),
                    rest => format!("`{}`", rest.escape_debug()),
                }
            }
        }
    }

    /// Takes `true`, `false` or `null` if it is next.
    pub fn word(&mut self, word: &str) -> bool {
        self.peek();
        let rest = self.text.get(self.offset..).unwrap_or_default();
        let Some(after) = rest.strip_prefix(word.as_bytes()) else {
            return false;
        };
        let ends = after
            .first()
            .is_none_or(|byte| !byte.is_ascii_alphanumeric());
        self.offset += if ends { word.len() } else { 0 };
        ends
    }

    /// A string literal, unescaped.
    pub fn string(&mut self) -> Result<Cow<'t, str>, ParseError> {
        self.expect(b'"')?;
        let start = self.offset;
        let rest = self.text.get(start..).unwrap_or_default();
        let special = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
        let Some(len) = rest.iter().position(special) else {
            return Err(self.error_at(start - 1, "unterminated string"));
        };
        let (plain, tail) = rest.split_at(len);
        self.offset += len;
        if tail.first() == Some(&b'"') {
            self.offset += 1;
            return Ok(Cow::Borrowed(self.utf8(start, plain)?));
        }
        let mut text = self.utf8(start, plain)?.to_owned();
        self.unescape(start, &mut text)?;
        Ok(Cow::Owned(text))
    }

    /// The rest of a string, from its first escape on.
    fn unescape(&mut self, start: usize, text: &mut String) -> Result<(), ParseError> {
        loop {
            let rest = self.text.get(self.offset..).unwrap_or_default();
            match rest.first() {
                None => return Err(self.error_at(start - 1, "unterminated string")),
                Some(b'"') => {
                    self.offset += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    let at = self.offset;
                    self.offset += 2;
                    match rest.get(1) {
                        Some(b'"') => text.push('"'),
                        Some(b'\\') => text.push('\\'),
                        Some(b'/') => text.push('/'),
                        Some(b'b') => text.push('\u{8}'),
                        Some(b'f') => text.push('\u{c}'),
                        Some(b'n') => text.push('\n'),
                        Some(b'r') => text.push('\r'),
                        Some(b't') => text.push('\t'),
                        Some(b'u') => text.push(self.unicode(at)?),
                        _ => return Err(self.error_at(at, "invalid escape")),
                    }
                }
                Some(byte) if *byte < 0x20 => {
                    return Err(self.error("control characters in strings must be escaped"));
                }
                Some(_) => {
                    let special = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
                    let len = rest.iter().position(special).unwrap_or(rest.len());
                    text.push_str(self.utf8(self.offset, rest.get(..len).unwrap_or_default())?);
                    self.offset += len;
                }
            }
        }
    }

    /// The four digits after `\u`, and the other half of a surrogate pair.
    fn unicode(&mut self, at: usize) -> Result<char, ParseError> {
        let half = |cursor: &mut Self| {
            let digits = cursor.text.get(cursor.offset..cursor.offset + 4)?;
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            cursor.offset += 4;
            u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
        };
        let Some(first) = half(self) else {
            return Err(self.error_at(at, "`\\u` must be followed by four hexadecimal digits"));
        };
        let code = if (0xd800..0xdc00).contains(&first)
            && self.text.get(self.offset..self.offset + 2) == Some(b"\\u")
        {
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

    fn utf8(&self, start: usize, bytes: &'t [u8]) -> Result<&'t str, ParseError> {
        std::str::from_utf8(bytes)
            .map_err(|error| self.error_at(start + error.valid_up_to(), "not valid UTF-8"))
    }

    /// A number as it is written.
    pub fn number(&mut self) -> Result<&'t str, ParseError> {
        self.peek();
        let start = self.offset;
        let rest = self.text.get(start..).unwrap_or_default();
        let in_number =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let len = rest.iter().take_while(|byte| in_number(byte)).count();
        let token = std::str::from_utf8(rest.get(..len).unwrap_or_default()).unwrap_or_default();
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
    pub fn skip(&mut self) -> Result<(), ParseError> {
        self.skip_within(SKIP_DEPTH)
    }

    fn skip_within(&mut self, depth: usize) -> Result<(), ParseError> {
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
