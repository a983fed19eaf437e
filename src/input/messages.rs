//! Messages that follow one another in a text → their encodings. What is common to the formats: messages that arrive in
//! parts, the longest one there may be, and the place of a mistake in the whole input.

use super::check_size;
use super::names::BYTE_ORDER_MARK;
use super::requests::Decode;
use crate::error::{Error, Result};
use crate::protobuf::{LayoutId, Layouts, ParseError, Position};

/// The longest text of one message, in bytes: a message without an end must not take memory without an end.
const MAX_TEXT: usize = 64 << 20;

/// How a format separates messages, and how it encodes one.
pub trait Format: Send + 'static {
    /// How many bytes at the start of `input`, between two messages, belong to neither.
    fn blank(&self, input: &[u8]) -> usize;

    /// Where the message ends that `input` begins or, after a call that returned `None`, continues.
    fn end(&mut self, input: &[u8]) -> Option<End>;

    /// Appends the encoding of one message.
    ///
    /// # Errors
    /// When `text` is not a message of that type.
    fn parse(
        &self,
        layouts: &mut Layouts,
        message: LayoutId,
        text: &[u8],
        out: &mut Vec<u8>,
    ) -> std::result::Result<(), ParseError>;

    /// Whether a text that is not a message of its type is well-formed nonetheless.
    fn is_well_formed(&self, text: &[u8]) -> bool;

    /// What to try when a message is too long.
    fn too_long_hint(&self) -> Option<&'static str>;
}

/// The end of a message.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// The length of its text.
    pub text: usize,
    pub with_separator: usize,
}

/// Decodes messages of one type.
pub struct Messages<F> {
    format: F,
    /// The input as errors name it.
    name: String,
    layouts: Layouts,
    message: LayoutId,
    max_text: usize,
    /// The largest encoding of a message, in bytes.
    max_size: usize,
    /// The start of the message whose end has not been read.
    partial: Vec<u8>,
    /// Of the start of that message.
    position: Position,
    /// Of the start of the message before.
    last: Position,
    /// The last message does not fit its type, but the input goes on behind it.
    is_misfit: bool,
}

impl<F: Format> Messages<F> {
    /// `name` is what errors call the input, `max_size` the largest encoding of a message in bytes.
    pub fn new(
        format: F,
        name: impl Into<String>,
        layouts: Layouts,
        message: LayoutId,
        max_size: usize,
    ) -> Self {
        Self {
            format,
            name: name.into(),
            layouts,
            message,
            max_text: MAX_TEXT,
            max_size,
            partial: Vec::new(),
            position: Position::START,
            last: Position::START,
            is_misfit: false,
        }
    }

    /// Where the last message starts.
    pub fn last_position(&self) -> Position {
        self.last
    }

    /// Where the last message ends, and what is skipped behind it.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Skips what belongs to no message, and returns the byte behind it: `None` within a message, or if there is no more.
    pub(super) fn peek(&mut self, input: &mut &[u8]) -> Option<u8> {
        if self.position == Position::START && !self.skip_mark(input) || !self.partial.is_empty() {
            return None;
        }
        self.skip(self.format.blank(input), input);
        input.first().copied()
    }

    /// Skips bytes between two messages.
    pub(super) fn skip(&mut self, len: usize, input: &mut &[u8]) {
        let (skipped, rest) = input.split_at_checked(len).unwrap_or((input, &[]));
        self.position = self.position.after(skipped);
        *input = rest;
    }

    /// An error between two messages.
    pub(super) fn error(&self, why: &str) -> Error {
        ParseError::new(Position::START, why).in_input(&self.name, self.position)
    }

    fn encode(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        self.last = self.position;
        self.format
            .parse(&mut self.layouts, self.message, text, out)
            .map_err(|error| {
                self.is_misfit = self.format.is_well_formed(text);
                error.in_input(&self.name, self.position)
            })?;
        let len = out.len() - start;
        if len > self.max_size {
            let place = format!("{}, line {}", self.name, self.position.line);
            self.is_misfit = true;
            return check_size(&place, len, self.max_size);
        }
        Ok(())
    }

    /// Skips a byte order mark at the start of the input, which may come in parts. Returns `false` if more of it may follow.
    fn skip_mark(&mut self, input: &mut &[u8]) -> bool {
        let Some(rest) = BYTE_ORDER_MARK.strip_prefix(self.partial.as_slice()) else {
            return true;
        };
        if let Some(after) = input.strip_prefix(rest) {
            self.partial.clear();
            *input = after;
        } else if rest.starts_with(input) {
            self.partial.extend_from_slice(std::mem::take(input));
            return false;
        }
        true
    }

    /// Adds to the message that is not complete.
    fn keep(&mut self, text: &[u8]) -> Result<()> {
        self.check_len(self.partial.len() + text.len())?;
        // Doubling the buffer would go beyond the limit.
        let room = self.partial.capacity().saturating_mul(2).min(self.max_text);
        let more = room.saturating_sub(self.partial.len()).max(text.len());
        self.partial.reserve_exact(more);
        self.partial.extend_from_slice(text);
        Ok(())
    }

    fn check_len(&self, len: usize) -> Result<()> {
        if len <= self.max_text {
            return Ok(());
        }
        let error = Error::failed(format!(
            "{}, line {}: a message of more than {} bytes",
            self.name, self.position.line, self.max_text
        ));
        Err(match self.format.too_long_hint() {
            Some(hint) => error.hinted(hint),
            None => error,
        })
    }
}

impl<F: Format> Decode for Messages<F> {
    fn next(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<bool> {
        self.is_misfit = false;
        if self.position == Position::START && !self.skip_mark(input) {
            return Ok(false);
        }
        if self.partial.is_empty() {
            self.skip(self.format.blank(input), input);
        }
        let Some(end) = self.format.end(input) else {
            self.keep(std::mem::take(input))?;
            return Ok(false);
        };
        let (head, tail) = input.split_at(end.with_separator);
        *input = tail;
        let (text, separator) = head.split_at(end.text);
        let encoded = if self.partial.is_empty() {
            self.check_len(text.len())?;
            let encoded = self.encode(text, out);
            self.position = self.position.after(text);
            encoded
        } else {
            self.keep(text)?;
            let whole = std::mem::take(&mut self.partial);
            let encoded = self.encode(&whole, out);
            self.position = self.position.after(&whole);
            encoded
        };
        self.position = self.position.after(separator);
        encoded.map(|()| true)
    }

    fn can_continue(&self) -> bool {
        self.is_misfit
    }

    fn last(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        self.is_misfit = false;
        let last = std::mem::take(&mut self.partial);
        if last.trim_ascii().is_empty() {
            return Ok(false);
        }
        self.encode(&last, out)?;
        Ok(true)
    }

    fn take_incomplete(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.partial)
    }
}

#[cfg(test)]
pub mod testing {
    use super::super::testing::decode;
    use super::*;

    /// Reads `Name` messages of at most `max_text` bytes from `-d`, in chunks of that size.
    pub fn read_names(
        format: impl Format,
        max_text: usize,
        input: &[u8],
        chunk: usize,
    ) -> (Vec<String>, Option<String>) {
        let mut layouts = Layouts::new(crate::schema::bundled_pool().unwrap());
        let name = layouts.find("Name").unwrap();
        let messages = Messages {
            max_text,
            ..Messages::new(format, "-d", layouts, name, usize::MAX)
        };
        decode(messages, input, chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Json, Text};
    use super::testing::read_names;
    use crate::protobuf::json::ReadOptions;

    #[test]
    fn a_message_of_the_greatest_length_is_accepted_and_a_longer_one_refused() {
        let json = br#"{"name":"0123456789"}{"name":"0123456789"}"#;
        let text = b"name: '0123456789ab'\x1ename: '0123456789ab'\x1e";
        for chunk in 1..json.len() {
            for max in [20, 21] {
                let json = read_names(Json::new(ReadOptions::default()), max, json, chunk);
                let text = read_names(Text, max - 1, text, chunk);
                if max == 21 {
                    assert_eq!((json.0.len(), json.1), (2, None));
                    assert_eq!((text.0.len(), text.1), (2, None));
                } else {
                    let too_long = "-d, line 1: a message of more than 20 bytes";
                    assert_eq!(json, (vec![], Some(too_long.into())));
                    assert!(
                        text.1
                            .is_some_and(|error| error.contains("more than 19 bytes"))
                    );
                }
            }
        }
    }

    #[test]
    fn a_byte_order_mark_is_skipped_however_it_is_cut() {
        let json = b"\xef\xbb\xbf{\"name\":\"a\"}{\"name\":\"b\"}";
        for chunk in 1..json.len() {
            let (names, error) = read_names(Json::new(ReadOptions::default()), 20, json, chunk);
            assert_eq!((names.len(), error), (2, None), "in chunks of {chunk}");
        }
        let (names, error) = read_names(Json::new(ReadOptions::default()), 20, b"\xef{}", 1);
        assert!(names.is_empty());
        assert_eq!(
            error.as_deref(),
            Some("-d, line 1, column 1: not valid UTF-8")
        );
    }

    #[test]
    fn a_message_without_an_end_is_refused_before_all_of_it_is_read() {
        let long = vec![b' '; 100_000];
        for chunk in [8, 1 << 20] {
            let (messages, error) = read_names(Text, 32, &long, chunk);
            assert!(messages.is_empty());
            assert_eq!(
                error.as_deref(),
                Some("-d, line 1: a message of more than 32 bytes")
            );
        }
    }
}
