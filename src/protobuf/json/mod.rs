//! The canonical proto3 JSON mapping.

pub mod read;
pub mod write;
