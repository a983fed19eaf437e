//! Source text as it is written: indentation, blank lines and comments. Comments need blank lines in some places and must
//! not have them in others, because blank lines tell a compiler whether a comment is leading, trailing or detached.

use super::locations::Location;

/// The indentation of a level of nesting, in spaces.
pub const INDENT: usize = 2;

#[derive(Debug, Default)]
pub struct SourceText {
    text: String,
    level: usize,
    blank: Blank,
    /// The last line opens a block, and has no comment.
    is_bare: bool,
}

/// Whether a blank line comes before the next line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Blank {
    /// No: a block has just been opened.
    #[default]
    Opened,
    No,
    /// For readability.
    Preferred,
    /// Without it a comment would belong to a different element.
    Required,
}

impl SourceText {
    /// The whole text.
    pub fn finish(self) -> String {
        self.text
    }

    /// The column where the next line starts.
    pub fn indent(&self) -> usize {
        INDENT * self.level
    }

    /// Puts a blank line before the next line, unless a block has just been opened.
    pub fn gap(&mut self) {
        if self.blank == Blank::No {
            self.blank = Blank::Preferred;
        }
    }

    /// Writes the comments before an element.
    pub fn before(&mut self, location: &Location<'_>) {
        for comment in location.detached {
            self.blank = Blank::Required;
            self.comment(comment);
            self.blank = Blank::Required;
        }
        if let Some(comment) = location.leading {
            self.gap();
            self.comment(comment);
        }
    }

    /// Writes a statement and its trailing comment.
    pub fn statement(&mut self, text: &str, location: &Location<'_>) {
        let below = self.with_trailing(text, location);
        self.below(below);
    }

    /// Writes the first line of a block, which ends in `{`. Its trailing comment comes right after the brace.
    pub fn open(&mut self, text: &str, location: &Location<'_>) {
        let below = self.with_trailing(text, location);
        self.level += 1;
        self.blank = Blank::Opened;
        self.below(below);
        self.is_bare = location.trailing.is_none();
    }

    /// Writes the last line of a block.
    pub fn close(&mut self) {
        self.level = self.level.saturating_sub(1);
        self.blank = Blank::No;
        if self.is_bare {
            self.text.pop();
            self.text.push_str("}\n");
            self.is_bare = false;
        } else {
            self.line("}");
        }
        self.gap();
    }

    /// Writes a line. Returns the trailing comment if it needs lines of its own.
    fn with_trailing<'a>(&mut self, text: &str, location: &Location<'a>) -> Option<&'a str> {
        let Some(comment) = location.trailing else {
            self.line(text);
            return None;
        };
        if let [line] = comment_lines(comment).as_slice() {
            self.line(&format!("{text} {line}"));
            None
        } else {
            self.line(text);
            Some(comment)
        }
    }

    fn below(&mut self, comment: Option<&str>) {
        if let Some(comment) = comment {
            self.blank = Blank::No;
            self.comment(comment);
            self.blank = Blank::Required;
        }
    }

    fn comment(&mut self, comment: &str) {
        for line in comment_lines(comment) {
            self.line(&line);
        }
    }

    /// Writes one or more lines, each indented.
    fn line(&mut self, text: &str) {
        if self.blank >= Blank::Preferred && !self.text.is_empty() {
            self.text.push('\n');
        }
        self.blank = Blank::No;
        self.is_bare = false;
        for line in text.split('\n') {
            if !line.is_empty() {
                self.text
                    .extend(std::iter::repeat_n(' ', INDENT * self.level));
                self.text.push_str(line);
            }
            self.text.push('\n');
        }
    }
}

/// A comment as source lines. A compiler removes `//` and keeps the newline. Only the text of a block comment can end
/// without a newline; the leading spaces and one asterisk of its further lines are not part of the text.
fn comment_lines(comment: &str) -> Vec<String> {
    // To a compiler, NUL ends the file.
    let comment = comment.replace('\0', "\u{fffd}");
    let may_be_block =
        !comment.contains("*/") && !comment.contains("/*") && !comment.contains("\n/");
    let block = match comment.strip_suffix('\n') {
        None => Some(format!("/*{}*/", comment.replace('\n', "\n *"))),
        // The beginning of a Javadoc comment.
        Some(lines) if lines.starts_with("*\n") => {
            Some(format!("/*{}\n */", lines.replace('\n', "\n *")))
        }
        Some(_) => None,
    };
    if let Some(block) = block.filter(|_| may_be_block) {
        return block.split('\n').map(str::to_owned).collect();
    }
    let lines = comment.strip_suffix('\n').unwrap_or(&comment);
    lines.split('\n').map(|line| format!("//{line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_of_lines_becomes_lines() {
        assert_eq!(comment_lines(" a\n\n b\n"), ["// a", "//", "// b"]);
    }

    #[test]
    fn a_comment_that_does_not_end_in_a_newline_becomes_a_block() {
        assert_eq!(comment_lines(" a "), ["/* a */"]);
        assert_eq!(comment_lines(" a\n b "), ["/* a", " * b */"]);
    }

    #[test]
    fn javadoc_stays_javadoc() {
        assert_eq!(comment_lines("*\n a\n"), ["/**", " * a", " */"]);
    }

    #[test]
    fn a_comment_that_would_end_its_block_becomes_lines() {
        assert_eq!(comment_lines(" a */ b"), ["// a */ b"]);
        assert_eq!(comment_lines("a\n/b"), ["//a", "///b"]);
    }
}
