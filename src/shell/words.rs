//! What is typed → statements, and their words. JSON needs no quotation marks around it: braces group, and what is between them
//! stays as it is.

mod reader;

use std::ops::Range;

/// One command with what happens to its output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    pub words: Vec<Word>,
    pub then: Then,
    /// The lines of a here-document.
    pub here: Option<String>,
    /// What is typed.
    pub text: String,
    /// The line on which it starts, from zero.
    pub line: usize,
}

/// Where the output of a command goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Then {
    #[default]
    Print,
    /// To a command of the user's shell.
    Pipe(String),
    File {
        path: Word,
        append: bool,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    pub pieces: Vec<Piece>,
    pub span: Range<usize>,
    /// It has quotation marks, so that it is text whatever is in it.
    pub is_quoted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// What the command gets as it is.
    Text(String),
    /// A variable and its path, without the dollar sign.
    Variable { path: String, form: Form },
}

/// How the value of a variable is written in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Text without quotation marks.
    Text,
    /// JSON of its type.
    Json,
    /// Within a string of JSON.
    JsonString,
}

impl Word {
    /// The text, if no variable is in it.
    pub fn literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// Why what is typed cannot be read: something is open at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// What closes it.
    pub missing: String,
    /// Where it was opened.
    pub at: usize,
}

/// Reads what is typed: statements that are separated by `;` or the end of a line.
///
/// # Errors
/// When a quotation mark, a brace or a here-document is still open.
pub fn read(text: &str) -> Result<Vec<Statement>, Open> {
    reader::read(text)
}

/// How long the path of a variable is: a name, then `.name` and `[index]` as often as they follow.
pub fn path_len(text: &str) -> usize {
    let name = |text: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return 0;
        }
        text.find(|c| !is_part(c)).unwrap_or(text.len())
    };
    let mut len = name(text);
    if len == 0 {
        return 0;
    }
    loop {
        let rest = text.get(len..).unwrap_or_default();
        let more = if let Some(field) = rest.strip_prefix('.') {
            match name(field) {
                0 => 0,
                field => field + 1,
            }
        } else if let Some(index) = rest.strip_prefix('[') {
            index.find(']').map_or(0, |end| end + 2)
        } else {
            0
        };
        if more == 0 {
            return len;
        }
        len += more;
    }
}

#[cfg(test)]
mod tests;
