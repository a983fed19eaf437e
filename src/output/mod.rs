//! Reply bytes + descriptor → text or JSON, and everything else a user sees. The only module that writes to stdout or
//! stderr: formatters append to buffers, which `stdout` and `terminal` write.

mod details;
mod envelope;
mod error;
pub mod escape;
mod indent;
mod log;
mod message;
mod paint;
mod paint_source;
mod record;
mod renderer;
mod stdout;
mod terminal;

pub use crate::protobuf::json::Int64;
pub use envelope::Attempt;
pub use log::log_to;
pub use message::{MessageWriter, Style, Syntax};
pub use record::LogFormat;
pub use renderer::{Format, Moment, NotCalled, Outcome, Renderer, Written};
pub use stdout::Stdout;
pub use terminal::{Console, Progress, Terminal, Verbosity, count, draw, silence_stdout};
