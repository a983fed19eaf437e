//! A schema: descriptors for use, and the files that they were made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::DescriptorPool;

use super::encoded_file::{self, EncodedFileSet, FileHead};

/// The descriptors that a source knows, and the files that they were made of. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Made of rewritten files: editions look like proto2 (see [`super::editions`]), and public imports like plain ones.
    pub pool: DescriptorPool,
    /// The encoded `FileDescriptorProto`s by name, as they came.
    pub files: Arc<BTreeMap<String, Bytes>>,
}

impl Schema {
    /// The files as an encoded `FileDescriptorSet`, imports first. Imports that are missing, because nothing needs them,
    /// are removed from their files: other readers insist on every import.
    pub fn write_protoset(&self) -> Vec<u8> {
        let mut set = EncodedFileSet::default();
        for file in self.pool.files() {
            let Some(bytes) = self.files.get(file.name()) else {
                continue;
            };
            let is_known = |import: &str| self.files.contains_key(import);
            let complete = match FileHead::decode(bytes.as_ref()) {
                Ok(head) if !head.imports.iter().all(|import| is_known(import)) => {
                    encoded_file::without_imports(bytes, &head, is_known).ok()
                }
                _ => None,
            };
            set.files
                .push(complete.map_or_else(|| bytes.clone(), Into::into));
        }
        set.encode_to_vec()
    }
}
