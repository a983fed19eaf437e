//! The generated RouteGuide types and stubs, and the descriptor set they were generated from. A file of its own
//! because generated code answers to its generator's lints, not to ours.
#![allow(clippy::pedantic, missing_docs)]

/// The encoded `FileDescriptorSet` of `protos/`, with imports and comments.
pub const FILE_DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/routeguide.binpb"));

include!(concat!(env!("OUT_DIR"), "/_.rs"));
