//! Message bytes ↔ JSON and the text format, by descriptor.
//!
//! - `layout`: descriptors compiled for transcoding;
//! - `wire`: the encoding itself; `scalar`: the values of scalar types; `fields`, `map`: those of one message, as its
//!   layout knows them;
//! - `json`, `text`: a reader and a writer each; `wellknown`: strings that stand for messages in JSON; `writer`: what
//!   the writers have in common, and `quote` their string literals;
//! - `transcoder`: messages as JSON, as calls carry them;
//! - `parse_error`: what is wrong with a text, and where; `suggest`: what may have been meant.

mod fields;
pub mod json;
pub mod layout;
mod map;
mod parse_error;
pub mod quote;
pub(crate) mod scalar;
mod suggest;
pub mod text;
mod transcoder;
mod wellknown;
pub mod wire;
mod writer;

pub use layout::{LayoutId, Layouts};
pub use parse_error::{ParseError, Position};
pub use transcoder::JsonTranscoder;
pub use writer::{Unrepresentable, WriteError};

/// Messages nested deeper are refused, as other protobuf implementations do: recursion must not be the sender's to
/// choose.
const MAX_DEPTH: usize = 100;
