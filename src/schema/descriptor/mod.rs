//! Looking inside descriptors: their declarations as they came, and descriptor.proto's own description.

pub mod as_message;
pub mod declaration;
pub mod descriptor_proto;
pub mod full_name;
pub mod symbol;
pub mod well_known;
