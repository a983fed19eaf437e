//! Message bytes ↔ JSON and the text format, by descriptor.
//!
//! - `layout`: descriptors compiled for transcoding;
//! - `wire`: the encoding itself, and `fields`: one message's fields as its layout knows them;
//! - `json`, `text`: a reader and a writer each, with `wellknown` for the messages that have a form of their own;
//! - `mistake`: what is wrong with a text, and where.

pub mod fields;
pub mod json;
pub mod layout;
mod mistake;
pub mod text;
pub mod wellknown;
pub mod wire;

pub use mistake::{Bad, Place};
