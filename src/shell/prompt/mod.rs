//! The line editor of the shell: keys, completion, hints, colors and history, on top of reedline. What a line means is
//! asked of an [`Assist`]; nothing in here knows a command.
//!
//! - `editor`: reads lines, with `plain` for terminals that cannot move their cursor;
//! - `label`: what is in front of the cursor;
//! - `keys`, `menu`, `completer`, `hinter`, `highlighter`, `validator`: what reedline asks for, answered by the `Assist`,
//!   with `mistakes`, which two of them share;
//! - `ahead`: keys that were typed before they can be used;
//! - `history` and `store`: lines that were sent, in a file that several shells share;
//! - `printer`: lines from elsewhere above the prompt, with `screen`, which knows where that is, and `position`,
//!   which keeps the terminal's answers in step;
//! - `raw_mode`: gives the terminal back after a panic.

mod ahead;
mod completer;
mod editor;
mod highlighter;
mod hinter;
mod history;
mod keys;
mod label;
mod menu;
mod mistakes;
mod plain;
mod position;
mod printer;
mod raw_mode;
mod screen;
mod store;
mod validator;

use std::ops::Range;
use std::time::Duration;

pub use editor::{Editor, Stopper};
pub use printer::Printer;

/// What the prompt asks of the shell while a line is typed. Called from the thread that reads, between a key and what it
/// changes on the screen: every answer has to come at once. All positions are byte offsets.
pub trait Assist: Send + Sync + 'static {
    /// Candidates for the word at `cursor`, best first, with the bytes of the line that they replace.
    fn complete(&self, line: &str, cursor: usize) -> Vec<Suggested>;

    /// The rest of the line that is likely, shown in gray; empty if none. Lines of the history are offered before this is
    /// asked.
    fn hint(&self, line: &str) -> String;

    /// The first mistake in the line.
    fn check(&self, line: &str) -> Option<(Range<usize>, String)>;

    /// Whether Enter sends the line. Otherwise it breaks the line.
    fn is_complete(&self, line: &str) -> bool;

    /// What the parts of the line are, in their order. Bytes between the ranges have no color.
    fn paint(&self, line: &str) -> Vec<(Range<usize>, Part)>;

    /// The line as it may be written to a file, without secrets. `None`: it is not kept at all.
    fn for_history(&self, line: &str) -> Option<String>;
}

/// A candidate for completion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggested {
    /// What replaces `span`. Not offered if it has characters that act on a terminal.
    pub text: String,
    /// Shown beside it, up to the end of the screen.
    pub help: Option<String>,
    pub span: Range<usize>,
    /// More follows in the same word: no space is put after it.
    pub is_open: bool,
}

/// What a part of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Command,
    Flag,
    /// A quoted string.
    Text,
    Variable,
    /// A number or keyword of JSON, or one of its field names.
    Json,
    Comment,
}

/// What is in front of the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    pub address: String,
    pub service: Option<String>,
    pub has_tls: bool,
    /// The last line failed.
    pub has_failed: bool,
    /// The method whose requests are typed. The prompt shows it instead of address and service.
    pub stream: Option<String>,
    /// How long the last line took. Shown from a second on.
    pub took: Option<Duration>,
}

/// What a line begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    pub text: String,
    /// What of it is selected, so that typing replaces it, and where the cursor is, if that is nothing. On a plain terminal,
    /// the text is only shown.
    pub selected: Range<usize>,
}

impl Start {
    /// A text with the cursor behind it.
    pub fn with(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            selected: text.len()..text.len(),
            text,
        }
    }
}

/// How a read ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    Line(String),
    /// Ctrl-C. What was typed is gone.
    Interrupted,
    /// Ctrl-D on an empty line.
    End,
    /// A [`Stopper`] was used, or another thread panicked. What was typed is gone.
    Stopped,
}

/// How lines are edited.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The keys of vi instead of those of emacs.
    pub vi: bool,
    pub color: bool,
}

/// Longer lines are neither colored, checked, nor completed: they were pasted, and all of that happens at every key.
const LONG: usize = 64 * 1024;

/// Removes the characters that act on a terminal, which the line editor would print as they are. Newlines stay, and tabs,
/// whose width depends on the column, become spaces.
fn without_controls(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => clean.push(c),
            '\t' => clean.push_str("  "),
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    clean
}
