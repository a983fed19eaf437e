//! The line of a .proto file that an error is about.

use std::fmt;

/// A line of a file, and the place in it that an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Counts from one.
    pub line: usize,
    /// Counts characters, from one.
    pub column: usize,
    pub text: String,
}

impl Excerpt {
    /// The line with its number, and a caret below the column.
    pub fn lines(&self) -> [String; 2] {
        let number = self.line.to_string();
        let before = self.text.chars().take(self.column.saturating_sub(1));
        let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        [
            format!("{number} | {}", self.text),
            format!("{} | {indent}^", " ".repeat(number.len())),
        ]
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text.trim())
    }
}

impl std::error::Error for Excerpt {}
