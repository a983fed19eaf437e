//! Small schemas for unit tests.

pub mod corpus;

use bytes::Bytes;
use prost::Message as _;

use super::Schema;
use super::build::file_set::FileSet;

/// A single file: parsed, but without resolving types and options.
pub fn file(name: &str, source: &str) -> Bytes {
    protox::file::File::from_source(name, source)
        .expect("a .proto file")
        .file_descriptor_proto()
        .encode_to_vec()
        .into()
}

pub fn set(files: &[Bytes]) -> FileSet {
    let mut set = FileSet::new("is missing", "find it");
    for file in files {
        set.add(file.clone()).expect("a file");
    }
    set
}

/// The schema of one file.
pub fn schema(source: &str) -> Schema {
    set(&[file("test.proto", source)])
        .build_all()
        .expect("a schema")
}
