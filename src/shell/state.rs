//! What a shell keeps from line to line.

use super::variables::Variables;
use crate::cli::ConsoleArgs;
use crate::error::{Error, Result};
use crate::output::Console;
use crate::session::record::CallRecord;
use crate::session::{Context, output};

/// A shell between two statements.
pub struct Shell<'c> {
    pub context: &'c mut Context,
    pub variables: Variables,
    /// The words of the last call, and its here-document.
    pub last_call: Option<(Vec<String>, Option<String>)>,
    /// The lines typed before, which only a prompt keeps.
    pub typed: Vec<String>,
    /// Whether `reload` or `connect` has forgotten the schema that completion uses.
    pub forgot_schema: bool,
    /// Whether `exit` was typed.
    pub has_left: bool,
    /// Whether commands may read standard input, which is not the script.
    pub reads_stdin: bool,
}

impl<'c> Shell<'c> {
    pub fn new(context: &'c mut Context, reads_stdin: bool) -> Self {
        Self {
            context,
            variables: Variables::default(),
            last_call: None,
            typed: Vec::new(),
            forgot_schema: false,
            has_left: false,
            reads_stdin,
        }
    }

    /// The console of what the shell itself says.
    pub fn console(&self) -> Console {
        output::console(&ConsoleArgs::default(), self.context)
    }

    /// The last call.
    ///
    /// # Errors
    /// When there was none.
    pub fn last(&self) -> Result<CallRecord> {
        self.context.recorder.last().ok_or_else(no_call)
    }
}

/// The error of a command that needs a call before it.
pub fn no_call() -> Error {
    Error::failed("there was no call yet")
}
