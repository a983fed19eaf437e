//! The strings that stand for Timestamp, Duration and FieldMask in JSON.

pub mod read;
pub mod write;
