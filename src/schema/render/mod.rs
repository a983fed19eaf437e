//! Schemas as text: .proto source, a folder of .proto files, and a request to fill in.

pub mod proto_source;
pub mod template;
pub mod tree;
