//! stderr: errors, warnings, notices and `-v`. Data never goes here, and nothing here fails a run: a stderr that
//! cannot be written to has nobody to tell.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};

use super::escape::escape;
use crate::error::{Error, Kind};
use crate::schema::Excerpt;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// `-q`: errors only.
    Quiet,
    Normal,
    /// `-v`: the connection, the metadata and the status too.
    Verbose,
}

/// Where everything but data is said.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    verbosity: Verbosity,
    color: bool,
}

impl Console {
    /// `color`: `None` decides by the terminal and its conventions (`NO_COLOR`, `TERM=dumb`).
    pub fn new(verbosity: Verbosity, color: Option<bool>) -> Self {
        let color = color.unwrap_or_else(|| {
            anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
        });
        Self { verbosity, color }
    }

    pub fn is_verbose(self) -> bool {
        self.verbosity == Verbosity::Verbose
    }

    /// Whether stderr is a terminal, where a progress line can be drawn.
    pub fn is_terminal() -> bool {
        std::io::stderr().is_terminal()
    }

    /// Says something a user wants to know, unless told to be quiet.
    pub fn notice(self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            write(&format!("{}\n", escape(text)));
        }
    }

    /// Says something a user should worry about, unless told to be quiet.
    pub fn warning(self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            let mut line = String::new();
            self.line(&mut line, WARNING, "warning", text);
            write(&line);
        }
    }

    /// Says what only `-v` wants to know. `mark` is `*` for the connection, `>` for what is sent, `<` for what comes.
    pub fn detail(self, mark: char, text: impl FnOnce() -> String) {
        if self.verbosity == Verbosity::Verbose {
            write(&format!("{mark} {}\n", escape(&text())));
        }
    }

    /// The one place where an error becomes text; [`crate::exit`] has its exit code.
    pub fn report(self, error: &Error) {
        let silent = matches!(error.kind(), Kind::OutputClosed | Kind::Interrupted);
        if silent || error.is_reported() {
            return;
        }
        let mut text = String::new();
        self.line(&mut text, ERROR, "error", &error.to_string());
        let excerpt =
            std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<Excerpt>());
        if let Some(excerpt) = excerpt {
            for line in excerpt.lines() {
                let _ = writeln!(text, "{}", escape(&line));
            }
        }
        for cause in error
            .causes()
            .into_iter()
            .skip(usize::from(excerpt.is_some()))
        {
            let _ = writeln!(text, "  caused by: {}", escape(&cause));
        }
        for (number, detail) in error.details().iter().enumerate() {
            let _ = writeln!(text, "  detail {}: {}", number + 1, escape(detail));
        }
        if let Some(hint) = error.hint() {
            self.line(&mut text, HINT, "hint", hint);
        }
        write(&text);
    }

    fn line(self, out: &mut String, style: Style, label: &str, text: &str) {
        let text = escape(text);
        let _ = if self.color {
            writeln!(out, "{style}{label}:{style:#} {text}")
        } else {
            writeln!(out, "{label}: {text}")
        };
    }
}

/// In one write, so that lines of several processes on one terminal do not mix.
fn write(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
