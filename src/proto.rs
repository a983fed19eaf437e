//! The generated RouteGuide types and stubs, and the descriptor set they come from. A file of its own, because our
//! lints do not apply to generated code.
#![allow(clippy::pedantic, missing_docs)]

/// The encoded `FileDescriptorSet` of `protos/`, with imports and comments.
pub const FILE_DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/routeguide.binpb"));

/// The same without comments and without options of methods, which take most of the time to decode.
pub const BARE_FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/bare.binpb"));

include!(concat!(env!("OUT_DIR"), "/_.rs"));

/// The gRPC health checking protocol.
pub mod health {
    /// The encoded `FileDescriptorSet` of the protocol.
    pub const FILE_DESCRIPTOR_SET: &[u8] =
        include_bytes!(concat!(env!("OUT_DIR"), "/health.binpb"));

    include!(concat!(env!("OUT_DIR"), "/grpc.health.v1.rs"));
}
