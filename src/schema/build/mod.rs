//! Encoded files → one schema. What prost-reflect cannot read by itself is checked or rewritten first.

pub mod check;
mod comments;
pub mod edition_source;
pub mod editions;
pub mod encoded_file;
pub mod file_set;
mod merge;
pub mod schema;
