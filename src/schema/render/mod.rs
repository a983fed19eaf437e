//! Schemas as text: .proto source, a folder of .proto files, and request templates.

pub mod proto_source;
pub mod template;
pub mod tree;
