//! JSON's tokens (RFC 8259), with the place of every mistake. Hand-written because protobuf needs what general parsers
//! do not keep: numbers as they were written, duplicate keys, and where in the text and in the message it went wrong.

use std::borrow::Cow;

use crate::protobuf::Bad;

/// Values nested deeper are refused: recursion must not be the sender's to choose.
const DEPTH: usize = 200;

/// A position in a JSON text.
#[derive(Clone, Copy)]
pub struct Cursor<'t> {
    text: &'t [u8],
    pos: usize,
}

impl<'t> Cursor<'t> {
    pub fn new(text: &'t [u8]) -> Self {
        Self { text, pos: 0 }
    }

    pub fn pos(&self) -> usize {
        self.pos
    }

    /// An error at the current position.
    pub fn bad(&self, why: impl Into<String>) -> Bad {
        self.bad_at(self.pos, why)
    }

    /// An error at an earlier position.
    pub fn bad_at(&self, pos: usize, why: impl Into<String>) -> Bad {
        Bad::at(self.text, pos, String::new(), why)
    }

    /// The first byte of the next token.
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.get(self.pos) {
            match byte {
                b' ' | b'\n' | b'\r' | b'\t' => self.pos += 1,
                byte => return Some(*byte),
            }
        }
        None
    }

    /// Takes a piece of punctuation if it is next.
    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.pos += usize::from(found);
        found
    }

    /// Takes a piece of punctuation that has to be next.
    pub fn expect(&mut self, byte: u8) -> Result<(), Bad> {
        if self.take(byte) {
            return Ok(());
        }
        let wanted = char::from(byte);
        Err(match self.peek() {
            None => self.bad(format!("the JSON ends where `{wanted}` is expected")),
            Some(_) => self.bad(format!("expected `{wanted}`, found {}", self.found())),
        })
    }

    /// Nothing may follow.
    pub fn end(&mut self) -> Result<(), Bad> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.bad(format!("expected the end, found {}", self.found()))),
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
                let rest = ahead.text.get(ahead.pos..).unwrap_or_default();
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
                    rest => format!("`{rest}`"),
                }
            }
        }
    }

    /// Takes `true`, `false` or `null` if it is next.
    pub fn word(&mut self, word: &str) -> bool {
        self.peek();
        let rest = self.text.get(self.pos..).unwrap_or_default();
        let Some(after) = rest.strip_prefix(word.as_bytes()) else {
            return false;
        };
        let ends = after
            .first()
            .is_none_or(|byte| !byte.is_ascii_alphanumeric());
        self.pos += if ends { word.len() } else { 0 };
        ends
    }

    /// A string literal, unescaped.
    pub fn string(&mut self) -> Result<Cow<'t, str>, Bad> {
        self.expect(b'"')?;
        let start = self.pos;
        let rest = self.text.get(start..).unwrap_or_default();
        let special = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
        let Some(len) = rest.iter().position(special) else {
            return Err(self.bad_at(start - 1, "the string has no end"));
        };
        let (plain, tail) = rest.split_at(len);
        self.pos += len;
        if tail.first() == Some(&b'"') {
            self.pos += 1;
            return Ok(Cow::Borrowed(self.utf8(start, plain)?));
        }
        let mut text = self.utf8(start, plain)?.to_owned();
        self.unescape(start, &mut text)?;
        Ok(Cow::Owned(text))
    }

    /// The rest of a string, from its first escape on.
    fn unescape(&mut self, start: usize, text: &mut String) -> Result<(), Bad> {
        loop {
            let rest = self.text.get(self.pos..).unwrap_or_default();
            match rest.first() {
                None => return Err(self.bad_at(start - 1, "the string has no end")),
                Some(b'"') => {
                    self.pos += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    let at = self.pos;
                    self.pos += 2;
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
                        _ => return Err(self.bad_at(at, "an escape that JSON does not have")),
                    }
                }
                Some(byte) if *byte < 0x20 => {
                    return Err(self.bad("a control character within a string must be escaped"));
                }
                Some(_) => {
                    let special = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
                    let len = rest.iter().position(special).unwrap_or(rest.len());
                    text.push_str(self.utf8(self.pos, rest.get(..len).unwrap_or_default())?);
                    self.pos += len;
                }
            }
        }
    }

    /// The four digits after `\u`, and the other half of a surrogate pair.
    fn unicode(&mut self, at: usize) -> Result<char, Bad> {
        let half = |cursor: &mut Self| {
            let digits = cursor.text.get(cursor.pos..cursor.pos + 4)?;
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            cursor.pos += 4;
            u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
        };
        let Some(first) = half(self) else {
            return Err(self.bad_at(at, "`\\u` wants four hexadecimal digits"));
        };
        let code = if (0xd800..0xdc00).contains(&first)
            && self.text.get(self.pos..self.pos + 2) == Some(b"\\u")
        {
            self.pos += 2;
            match half(self) {
                Some(second @ 0xdc00..0xe000) => {
                    0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                }
                _ => first,
            }
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| self.bad_at(at, "half a surrogate pair is no character"))
    }

    fn utf8(&self, start: usize, bytes: &'t [u8]) -> Result<&'t str, Bad> {
        std::str::from_utf8(bytes)
            .map_err(|error| self.bad_at(start + error.valid_up_to(), "not valid UTF-8"))
    }

    /// A number, as it is written.
    pub fn number(&mut self) -> Result<&'t str, Bad> {
        self.peek();
        let start = self.pos;
        let rest = self.text.get(start..).unwrap_or_default();
        let in_number =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let len = rest.iter().take_while(|byte| in_number(byte)).count();
        let token = std::str::from_utf8(rest.get(..len).unwrap_or_default()).unwrap_or_default();
        if !is_number(token) {
            return Err(match token {
                "" => self.bad(format!("expected a number, found {}", self.found())),
                token => self.bad(format!("`{token}` is no JSON number")),
            });
        }
        self.pos += len;
        Ok(token)
    }

    /// Passes over one value, whatever it is, but not over a mistake in it.
    pub fn skip(&mut self) -> Result<(), Bad> {
        self.skip_within(DEPTH)
    }

    fn skip_within(&mut self, depth: usize) -> Result<(), Bad> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(self.bad("nested too deeply"));
        };
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{') => {
                self.pos += 1;
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
                self.pos += 1;
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
            None => Err(self.bad("the JSON ends where a value is expected")),
            Some(_) => Err(self.bad(format!("expected a value, found {}", self.found()))),
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
