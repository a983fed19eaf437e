//! The JSON mapping of protobuf (<https://protobuf.dev/programming-guides/json/>).

mod read;
mod write;

pub use read::{ReadOptions, check, read, read_all, read_into};
pub use write::{Int64, WriteOptions, write};
