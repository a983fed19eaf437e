//! The strings that stand for Timestamp, Duration and FieldMask in JSON, in both directions.

pub mod read;
pub mod write;
