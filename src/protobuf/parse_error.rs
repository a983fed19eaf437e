//! What is wrong with a text, and where.

use std::fmt;

use crate::error::Error;

/// An error in a text that a user wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    pub position: Position,
    /// Where in the message, as `address.hobbies[2]`; empty at its top.
    pub field: String,
    /// What is wrong: no capital, no full stop.
    pub message: String,
    /// What to try, where there is a likely fix.
    pub hint: Option<String>,
}

impl ParseError {
    pub fn new(position: Position, message: impl Into<String>) -> Self {
        Self {
            position,
            field: String::new(),
            message: message.into(),
            hint: None,
        }
    }

    /// An error `offset` bytes into `text`.
    pub fn at(text: &[u8], offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        Self::new(Position::START.after(before), message)
    }

    /// Adds the field that the error is in, in front of the path within it.
    #[must_use]
    pub fn within(mut self, field: &str) -> Self {
        if !self.field.is_empty() && !self.field.starts_with('[') {
            self.field.insert(0, '.');
        }
        self.field.insert_str(0, field);
        self
    }

    /// Adds what to try.
    #[must_use]
    pub fn hinted(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// The error as a user sees it, for a text that starts at `start` of the input of that name.
    pub fn in_input(mut self, input: &str, start: Position) -> Error {
        self.position = self.position.from(start);
        let error = Error::failed(format!("{input}, {self}"));
        match self.hint {
            Some(hint) => error.hinted(hint),
            None => error,
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.position)?;
        if !self.field.is_empty() {
            write!(f, ", field {}", self.field)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ParseError {}

/// A position in a text: both from one, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Position {
    pub const START: Self = Self { line: 1, column: 1 };

    /// The position after `text`, which starts here.
    #[must_use]
    pub fn after(self, text: &[u8]) -> Self {
        match memchr::memrchr(b'\n', text) {
            Some(last) => Self {
                line: self.line + memchr::memchr_iter(b'\n', text).count(),
                column: 1 + characters(text.get(last + 1..).unwrap_or_default()),
            },
            None => Self {
                line: self.line,
                column: self.column + characters(text),
            },
        }
    }

    /// How many bytes of `text`, which starts at [`Position::START`], are in front of this position.
    #[must_use]
    pub fn offset_in(self, text: &str) -> usize {
        let mut lines = text.split_inclusive('\n');
        let before: usize = lines.by_ref().take(self.line - 1).map(str::len).sum();
        let line = lines.next().unwrap_or_default().chars();
        before
            + line
                .take(self.column - 1)
                .map(char::len_utf8)
                .sum::<usize>()
    }

    /// This position, which is relative to `start`, in the text that `start` is in.
    #[must_use]
    fn from(self, start: Self) -> Self {
        Self {
            line: start.line + self.line - 1,
            column: match self.line {
                1 => start.column + self.column - 1,
                _ => self.column,
            },
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// How many characters UTF-8 text has: as many as bytes that begin one.
fn characters(text: &[u8]) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters() {
        for (text, line, column) in [
            ("", 1, 1),
            ("aé", 1, 3),
            ("a\nb\n", 3, 1),
            ("a\n\ncéd", 3, 4),
        ] {
            let position = Position::START.after(text.as_bytes());
            assert_eq!(position, Position { line, column }, "{text:?}");
        }
    }

    #[test]
    fn an_error_is_placed_in_the_whole_input() {
        let start = Position::START.after(b"{}\n{} ");
        for (text, place) in [("x", "line 2, column 4"), ("\nx", "line 3, column 1")] {
            let error = ParseError::at(text.as_bytes(), text.len() - 1, "why").within("field");
            let error = error.in_input("-d", start).to_string();
            assert_eq!(error, format!("-d, {place}, field field: why"));
        }
    }
}
