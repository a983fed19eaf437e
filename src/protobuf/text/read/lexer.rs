//! The lexical elements of the text format, after its specification
//! (<https://protobuf.dev/reference/protobuf/textformat-spec/#lexical>), strictly: what it does not describe is
//! not a token here either.

use super::SyntaxError;

/// One lexical element. Numbers have no sign, it is a symbol of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// `IDENT`
    Name(&'a str),
    /// `DEC_INT`, `OCT_INT` or `HEX_INT`: its digits, without `0x`.
    Integer {
        radix: u32,
        digits: &'a str,
    },
    /// `FLOAT`, without its suffix.
    Float(&'a str),
    /// What is between the quotes, still escaped.
    String(&'a str),
    Symbol(char),
    End,
}

/// Cuts a text into tokens.
#[derive(Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

/// Punctuation, each a token by itself.
const SYMBOLS: &str = "{}<>[]:,;-";

/// What a name in brackets may have besides letters and digits: a type URL may have what URLs have.
const URL: &str = "-._~!$&()*+,;=%/";

const BYTE_ORDER_MARK: &str = "\u{feff}";

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        let at = if text.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len()
        } else {
            0
        };
        Self { text, at }
    }

    /// The next token, and where it begins.
    pub fn next(&mut self) -> Result<(usize, Token<'a>), SyntaxError> {
        self.skip_blank();
        let (start, rest) = (self.at, self.rest());
        let Some(first) = rest.chars().next() else {
            return Ok((start, Token::End));
        };
        let token = match first {
            'A'..='Z' | 'a'..='z' | '_' => Token::Name(self.take(span(rest, is_name))),
            '0'..='9' => self.number()?,
            '.' if rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) => self.number()?,
            '"' | '\'' => self.string(first)?,
            symbol if SYMBOLS.contains(symbol) => {
                self.at += 1;
                Token::Symbol(symbol)
            }
            other => {
                return Err(SyntaxError::new(
                    start,
                    format!("unexpected character {}", shown(other)),
                ));
            }
        };
        Ok((start, token))
    }

    /// What is between `[`, which has been taken, and its `]`, without the blanks and comments in it.
    pub fn bracketed(&mut self) -> Result<String, SyntaxError> {
        let mut name = String::new();
        loop {
            self.skip_blank();
            let rest = self.rest();
            match rest.chars().next() {
                Some(']') => {
                    self.at += 1;
                    return Ok(name);
                }
                Some(c) if is_url(c) => {
                    let len = span(rest, |byte| is_url(char::from(byte)));
                    name.push_str(self.take(len));
                }
                Some(c) => {
                    return Err(SyntaxError::new(
                        self.at,
                        format!("unexpected character {} in a name in brackets", shown(c)),
                    ));
                }
                None => return Err(SyntaxError::new(self.at, "expected \"]\", found the end")),
            }
        }
    }

    /// What has been taken from `start` on.
    pub fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes `len` bytes, which are ASCII or end where a character does.
    fn take(&mut self, len: usize) -> &'a str {
        let taken = self.rest().get(..len).unwrap_or_default();
        self.at += taken.len();
        taken
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let blank = span(rest, |byte| {
                matches!(byte, b' ' | b'\n' | b'\t' | 0x0b | 0x0c | b'\r')
            });
            self.at += blank;
            let rest = self.rest();
            if !rest.starts_with('#') {
                return;
            }
            self.at += memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        }
    }

    fn number(&mut self) -> Result<Token<'a>, SyntaxError> {
        let rest = self.rest();
        let digits = span(rest, |byte| byte.is_ascii_digit());
        let hex = rest
            .strip_prefix("0x")
            .or_else(|| rest.strip_prefix("0X"))
            .map_or(0, |rest| span(rest, |byte| byte.is_ascii_hexdigit()));
        let token = if hex > 0 {
            self.at += 2;
            Token::Integer {
                radix: 16,
                digits: self.take(hex),
            }
        } else if digits > 1 && rest.starts_with('0') {
            Token::Integer {
                radix: 8,
                digits: self.octal(digits)?,
            }
        } else {
            let len = float_len(rest, digits);
            let literal = self.take(len);
            let has_suffix = self.rest().starts_with(['f', 'F'])
                && !self
                    .rest()
                    .as_bytes()
                    .get(1)
                    .is_some_and(|byte| is_name(*byte));
            self.at += usize::from(has_suffix);
            if has_suffix || len > digits {
                Token::Float(literal)
            } else {
                Token::Integer {
                    radix: 10,
                    digits: literal,
                }
            }
        };
        match self.rest().chars().next() {
            Some(c) if c.is_ascii() && is_name(c as u8) => Err(SyntaxError::new(
                self.at,
                format!("a number is followed by {} without a space", shown(c)),
            )),
            _ => Ok(token),
        }
    }

    /// The digits after a leading zero.
    fn octal(&mut self, len: usize) -> Result<&'a str, SyntaxError> {
        let start = self.at;
        let digits = self.take(len);
        match digits.bytes().position(|digit| digit > b'7') {
            Some(at) => Err(SyntaxError::new(
                start + at,
                "numbers that begin with 0 are octal, and this is not an octal digit",
            )),
            None => Ok(digits),
        }
    }

    fn string(&mut self, quote: char) -> Result<Token<'a>, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let content = self.rest();
        let bytes = content.as_bytes();
        let mut len = 0;
        loop {
            match bytes.get(len) {
                Some(byte) if char::from(*byte) == quote => break,
                Some(b'\n') | None => {
                    return Err(SyntaxError::new(
                        start,
                        format!("unterminated string: no closing {quote} on its line"),
                    ));
                }
                Some(0) => {
                    return Err(SyntaxError::new(start + 1 + len, "NUL in a string")
                        .hinted("write it as \\000"));
                }
                // What is escaped does not end the string, except a newline.
                Some(b'\\') if bytes.get(len + 1).is_some_and(|next| *next != b'\n') => len += 2,
                Some(_) => len += 1,
            }
        }
        let content = self.take(len);
        self.at += 1;
        Ok(Token::String(content))
    }
}

/// The length of a number that begins with `digits` digits, without a suffix; that of the digits if it is an integer.
fn float_len(text: &str, digits: usize) -> usize {
    let bytes = text.as_bytes();
    let mut len = digits;
    if bytes.get(len) == Some(&b'.') {
        len += 1;
        len += digits_at(text, len);
    }
    if matches!(bytes.get(len), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
        let exponent = digits_at(text, len + 1 + sign);
        if exponent > 0 {
            len += 1 + sign + exponent;
        }
    }
    len
}

fn digits_at(text: &str, at: usize) -> usize {
    span(text.get(at..).unwrap_or_default(), |byte| {
        byte.is_ascii_digit()
    })
}

/// How many bytes at the start are of that kind.
fn span(text: &str, is: impl Fn(u8) -> bool) -> usize {
    text.bytes()
        .position(|byte| !is(byte))
        .unwrap_or(text.len())
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_url(c: char) -> bool {
    c.is_ascii_alphanumeric() || URL.contains(c)
}

/// A character for an error message.
pub fn shown(c: char) -> String {
    match c {
        '"' => "'\"'".to_owned(),
        c if c.is_control() => format!("U+{:04X}", u32::from(c)),
        c => format!("\"{c}\""),
    }
}
