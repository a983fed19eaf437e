//! Where to look for descriptors, as plain values.

use std::path::PathBuf;

/// Whether to ask the server, and with which version of reflection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReflectionMode {
    /// v1, or v1alpha if the server does not have v1.
    #[default]
    Auto,
    V1,
    V1Alpha,
    Off,
}

/// Where to look for descriptors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SchemaSettings {
    /// Encoded `FileDescriptorSet`s.
    pub protosets: Vec<PathBuf>,
    /// .proto files.
    pub protos: Vec<PathBuf>,
    /// The folders that their imports are relative to.
    pub import_paths: Vec<PathBuf>,
    pub reflection: ReflectionMode,
}

impl SchemaSettings {
    /// Whether the schema is the one that this program brings along.
    pub fn is_bundled(&self) -> bool {
        !self.asks_server() && self.protosets.is_empty() && self.protos.is_empty()
    }

    /// Whether a connection may be needed.
    pub fn asks_server(&self) -> bool {
        self.protosets.is_empty()
            && self.protos.is_empty()
            && self.reflection != ReflectionMode::Off
    }
}
