//! The context of a command, and what the client commands share.
//!
//! - `context`: what outlives a command, and `interrupt`: Ctrl-C;
//! - `schemas`, `servers`: what it keeps of schemas and of `--in-process` servers;
//! - `target`, `endpoint`, `headers`, `output`, `schema`: the shared arguments as values, and `misplaced`: an address that is not -a;
//! - `manner`, `method`: how calls are written, and what they know of their method;
//! - `drive`: the driver of every call, `observer`: what a command does with it, `bad_input`: how input ends one, and `printer`: prints its events;
//! - `verbose`: what `-v` shows;
//! - `retry`: when a call is made again;
//! - `batch`: many calls of one method;
//! - `record`: what a shell keeps of calls;
//! - `tally`: names without a reply, and `unknown_person`: the reply for one that does not exist.

mod bad_input;
pub mod batch;
mod context;
pub mod drive;
pub mod endpoint;
pub mod export;
pub mod find;
pub mod headers;
mod interrupt;
mod manner;
pub mod method;
pub mod misplaced;
pub mod observer;
pub mod output;
pub mod printer;
pub mod record;
pub mod request;
mod retry;
pub mod schema;
mod schemas;
mod servers;
pub mod settings;
mod source;
pub mod tally;
pub mod target;
pub mod unknown_person;
mod verbose;

pub use context::Context;
pub use interrupt::Interrupt;
