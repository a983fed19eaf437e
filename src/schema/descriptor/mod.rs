//! Looking inside descriptors: symbols, declarations, and descriptor.proto itself.

pub mod as_message;
pub mod declaration;
pub mod descriptor_proto;
pub mod full_name;
pub mod symbol;
pub mod well_known;
