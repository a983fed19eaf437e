//! The protobuf text format.

pub mod read;
pub mod write;
