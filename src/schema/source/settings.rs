//! Where a user wants descriptors to come from, as plain values.

use std::path::PathBuf;

/// Whether, and how, to ask the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReflectionMode {
    /// v1, and v1alpha where the server does not have it.
    #[default]
    Auto,
    V1,
    V1Alpha,
    Off,
}

/// Where to look for a schema.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SchemaSettings {
    pub protosets: Vec<PathBuf>,
    pub protos: Vec<PathBuf>,
    pub import_paths: Vec<PathBuf>,
    pub reflection: ReflectionMode,
}

impl SchemaSettings {
    /// Whether a connection may be needed.
    pub fn asks_server(&self) -> bool {
        self.protosets.is_empty()
            && self.protos.is_empty()
            && self.reflection != ReflectionMode::Off
    }
}
