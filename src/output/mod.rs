//! Reply bytes + descriptor → text or JSON, and everything else a user sees: the only module that writes to stdout
//! or stderr. Formatters append to buffers; `stdout` and `console` own where they go.

mod console;
mod details;
mod envelope;
pub mod escape;
mod paint;
mod printer;
mod progress;
mod renderer;
mod stdout;

pub use console::{Console, Verbosity};
pub use printer::{Printer, Style, Syntax};
pub use progress::Progress;
pub use renderer::{Format, Moment, Renderer, plain_json};
pub use stdout::{Stdout, print_document};
