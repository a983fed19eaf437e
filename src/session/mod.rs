//! The context of a command, and what the client commands share.
//!
//! - `context`: what outlives a command, and `interrupt`: Ctrl-C;
//! - `target`, `output`, `schema`: the shared arguments as values;
//! - `drive`: the driver of every call, and `printer`: prints its events;
//! - `batch`: many calls of one method;
//! - `tally`: names without a reply.

pub mod batch;
mod context;
pub mod drive;
mod interrupt;
pub mod output;
pub mod printer;
pub mod schema;
pub mod tally;
pub mod target;

pub use context::{Context, Settings};
pub use interrupt::Interrupt;
