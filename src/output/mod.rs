//! Reply bytes + descriptor → text or JSON, and everything else a user sees. The only module that writes to stdout or
//! stderr: formatters append to buffers, which `stdout` and `terminal` write.

mod details;
mod envelope;
pub mod escape;
mod indent;
mod message;
mod paint;
mod paint_source;
mod renderer;
mod stdout;
mod terminal;

pub use message::{MessageWriter, Style, Syntax};
pub use renderer::{Format, Moment, NotCalled, Outcome, Renderer, Written};
pub use stdout::Stdout;
pub use terminal::{Console, Progress, Terminal, Verbosity, count};
