//! The error type: the kind of failure, a message, a source and a hint. It depends on nothing else in the program, so
//! that every module can return it; [`crate::exit`] turns it into an exit code and [`crate::output::Console::report`]
//! into text.

use std::error::Error as StdError;
use std::fmt;

use tonic::Code;

/// A boxed error of any type, as a cause.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// `Result` with this program's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// The kind of failure, which decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The command line is invalid.
    Usage,
    /// Something failed before or outside the RPC: connection, schema, input, output.
    Failed,
    /// No connection to the server came about.
    Unreachable,
    /// The RPC ended with this gRPC status, never `Ok`.
    Status(Code),
    /// The calls worked, but something that was asked of them does not hold.
    Unmet,
    /// The user pressed Ctrl-C.
    Interrupted,
    /// The reader of stdout closed it. This ends the run, and is not reported.
    OutputClosed,
}

/// A failure, as reported to the user. Boxed: results are returned for every reply, and errors are rare.
#[derive(Debug)]
pub struct Error(Box<Parts>);

#[derive(Debug)]
struct Parts {
    kind: Kind,
    /// Which of several requests it is about.
    about: Option<String>,
    message: String,
    source: Option<BoxError>,
    details: Vec<String>,
    hint: Option<String>,
    is_reported: bool,
}

impl Error {
    /// An error of the given kind. `message` starts in lowercase and has no full stop.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            about: None,
            message: message.into(),
            source: None,
            details: Vec::new(),
            hint: None,
            is_reported: false,
        }))
    }

    /// A usage error, exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// A failure outside the RPC, exit code 1.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// An RPC that ended with `code`.
    pub fn status(code: Code, message: impl Into<String>) -> Self {
        Self::new(Kind::Status(code), message)
    }

    /// The user pressed Ctrl-C.
    pub fn interrupted() -> Self {
        Self::new(Kind::Interrupted, "interrupted")
    }

    /// An error from writing to stdout. A closed pipe is not a failure (as in ripgrep).
    pub fn output(source: std::io::Error) -> Self {
        let kind = match source.kind() {
            std::io::ErrorKind::BrokenPipe => Kind::OutputClosed,
            _ => Kind::Failed,
        };
        Self::new(kind, "cannot write to standard output").caused_by(source)
    }

    /// Says that a failure kept a connection from coming about. Wrong usage stays that.
    #[must_use]
    pub fn unreachable(mut self) -> Self {
        if self.0.kind == Kind::Failed {
            self.0.kind = Kind::Unreachable;
        }
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds a status's decoded details.
    #[must_use]
    pub fn detailed(mut self, details: Vec<String>) -> Self {
        self.0.details = details;
        self
    }

    /// Marks the error as already reported, so that it only sets the exit code.
    #[must_use]
    pub fn reported(mut self) -> Self {
        self.0.is_reported = true;
        self
    }

    /// Whether the error has already been reported.
    pub fn is_reported(&self) -> bool {
        self.0.is_reported
    }

    /// Prefixes the message with what the error is about.
    #[must_use]
    pub fn about(mut self, what: impl fmt::Display) -> Self {
        self.0.about = Some(what.to_string());
        self
    }

    /// Adds what to try next, in the style of the message.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The message alone, without the status and the prefix.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// A status's decoded details, in the server's order.
    pub fn details(&self) -> &[String] {
        &self.0.details
    }

    /// What to try next, where there is a likely fix.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The message with what it is about, without the status.
    pub fn described(&self) -> String {
        match &self.0.about {
            Some(about) if self.0.message.is_empty() => about.clone(),
            Some(about) => format!("{about}: {}", self.0.message),
            None => self.0.message.clone(),
        }
    }

    /// The message and its causes, on one line.
    pub fn message_with_causes(&self) -> String {
        let mut parts = vec![self.described()];
        parts.append(&mut self.causes());
        parts.join(": ")
    }

    /// The causes that add something to the message, outermost first.
    pub fn causes(&self) -> Vec<String> {
        let mut said = self.0.message.clone();
        let mut causes = Vec::new();
        let mut next: Option<&(dyn StdError + 'static)> = match &self.0.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        };
        while let Some(cause) = next {
            let text = plain(cause);
            if !text.is_empty() && !said.contains(&text) {
                said.push_str(&text);
                causes.push(text);
            }
            next = cause.source();
        }
        causes
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(about) = &self.0.about {
            write!(f, "{about}: ")?;
        }
        if let Kind::Status(code) = self.0.kind {
            f.write_str(code_name(code))?;
            if self.0.message.is_empty() {
                return Ok(());
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}

/// An error's text without Rust's "(os error 111)", which adds nothing for the user.
pub fn plain(error: &dyn StdError) -> String {
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((text, _)) => text.to_lowercase(),
        None => text,
    }
}

/// The codes of gRPC, OK first.
pub fn codes() -> impl Iterator<Item = Code> {
    (0..=16).map(Code::from_i32)
}

/// The code's name as the gRPC specification writes it (`NOT_FOUND`).
pub fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_repeats_the_message_is_left_out() {
        let inner = std::io::Error::other("connection refused");
        let error = Error::failed("cannot connect: connection refused").caused_by(inner);
        assert!(error.causes().is_empty());
    }

    #[test]
    fn a_cause_that_adds_something_is_shown() {
        let error =
            Error::failed("cannot connect").caused_by(std::io::Error::other("no route to host"));
        assert_eq!(error.causes(), ["no route to host"]);
    }

    #[test]
    fn a_status_is_shown_by_its_specified_name() {
        let error = Error::status(Code::NotFound, "no person named \"Zoe\"");
        assert_eq!(error.to_string(), "NOT_FOUND: no person named \"Zoe\"");
        assert_eq!(Error::status(Code::Aborted, "").to_string(), "ABORTED");
    }

    #[test]
    fn only_a_broken_pipe_counts_as_closed_output() {
        let kind = |kind: std::io::ErrorKind| Error::output(kind.into()).kind();
        assert_eq!(kind(std::io::ErrorKind::BrokenPipe), Kind::OutputClosed);
        assert_eq!(kind(std::io::ErrorKind::StorageFull), Kind::Failed);
    }
}
