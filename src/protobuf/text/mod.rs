//! The text format of protobuf (<https://protobuf.dev/reference/protobuf/textformat-spec/>).

mod read;
mod write;

pub use read::{read, read_into};
pub use write::{WriteOptions, write};
