//! What is wrong with input, and where.

use std::fmt;

use crate::error::Error;

/// An error within a text that a user wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// Both from one; columns count characters.
    pub line: usize,
    pub column: usize,
    /// Where in the message, as `address.hobbies[2]`; empty at its top.
    pub field: String,
    /// A sentence's middle.
    pub why: String,
    /// What to try, where there is a likely mend.
    pub hint: Option<String>,
}

impl Bad {
    /// An error `offset` bytes into `text`.
    pub fn at(text: &[u8], offset: usize, field: String, why: impl Into<String>) -> Self {
        let Place { line, column } = Place::START.after(text.get(..offset).unwrap_or(text));
        Self {
            line,
            column,
            field,
            why: why.into(),
            hint: None,
        }
    }
}

/// A position in a text: both from one, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl Place {
    pub const START: Self = Self { line: 1, column: 1 };

    /// The position behind `text`, which starts here.
    #[must_use]
    pub fn after(self, text: &[u8]) -> Self {
        let count = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().count();
        match memchr::memrchr(b'\n', text) {
            Some(last) => Self {
                line: self.line + memchr::memchr_iter(b'\n', text).count(),
                column: 1 + count(text.get(last + 1..).unwrap_or_default()),
            },
            None => Self {
                line: self.line,
                column: self.column + count(text),
            },
        }
    }

    /// The error for what is bad in a text that starts here, within the input of that name.
    pub fn error(self, input: &str, mut bad: Bad) -> Error {
        if bad.line == 1 {
            bad.column += self.column - 1;
        }
        bad.line += self.line - 1;
        let error = Error::failed(format!("{input}, {bad}"));
        match bad.hint {
            Some(hint) => error.hinted(hint),
            None => error,
        }
    }
}

impl Bad {
    /// Puts the field that the error is in before its path.
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
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)?;
        if !self.field.is_empty() {
            write!(f, ", field {}", self.field)?;
        }
        write!(f, ": {}", self.why)
    }
}

impl std::error::Error for Bad {}
