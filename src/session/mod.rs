//! The context of a command, and what the client commands share.
//!
//! - `context`: what outlives a command, and `interrupt`: Ctrl-C;
//! - `schemas`, `servers`: what it keeps of schemas and of `--in-process` servers;
//! - `target`, `output`, `schema`: the shared arguments as values;
//! - `drive`: the driver of every call, and `printer`: prints its events;
//! - `batch`: many calls of one method;
//! - `tally`: names without a reply, and `unknown_person`: the reply for one that does not exist.

pub mod batch;
mod context;
pub mod drive;
pub mod export;
mod interrupt;
pub mod output;
pub mod printer;
pub mod schema;
mod schemas;
mod servers;
mod source;
pub mod tally;
pub mod target;
pub mod unknown_person;

pub use context::{Context, Settings};
pub use interrupt::Interrupt;
