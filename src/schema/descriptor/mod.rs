//! Looking inside descriptors: symbols, declarations, methods, and descriptor.proto itself.

pub mod as_message;
pub mod declaration;
pub mod descriptor_proto;
pub mod full_name;
pub mod method;
pub mod symbol;
pub mod well_known;
