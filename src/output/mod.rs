//! Reply bytes + descriptor → text or JSON, and everything else a user sees: the only module that writes to stdout
//! or stderr. Formatters append to buffers; `stdout` and `terminal` own where they go.

mod details;
mod envelope;
pub mod escape;
mod message;
mod paint;
mod renderer;
mod stdout;
mod terminal;

pub use message::{MessageWriter, Style, Syntax};
pub use renderer::{Format, Moment, Outcome, Renderer, Written};
pub use stdout::Stdout;
pub use terminal::{Console, Progress, Terminal, Verbosity, count};
