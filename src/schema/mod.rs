//! Where descriptors come from: the bundle, a server's reflection, descriptor sets, .proto files.
//!
//! - `source`: the trait, and which source is used;
//! - `reflection`, `files`: the sources, with `edition_source` for .proto files that protox cannot read;
//! - `set`: files → one schema, with `raw`, `check` and `editions` for what prost-reflect cannot do itself;
//! - `names`: what a user types → a descriptor;
//! - `layout`: descriptors compiled for transcoding.

mod check;
#[cfg(test)]
mod corpus;
mod descriptor;
mod edition_source;
pub mod editions;
pub mod element;
mod files;
mod find;
pub mod meta;
mod names;
pub mod print;
mod raw;
mod reflection;
mod set;
pub mod source;
pub mod template;
pub mod tree;

use prost_reflect::{DescriptorPool, MethodDescriptor};

pub use files::{Excerpt, load};
pub use names::{Symbol, nearest, resolve_method, resolve_symbol};
pub use set::Schema;

use crate::error::{Error, Result};
use crate::proto;
use set::FileSet;

/// The service of `protos/route_guide.proto`, by its full name.
pub const ROUTE_GUIDE: &str = "RouteGuide";

/// A method of the bundled RouteGuide service, by its simple name.
pub fn bundled_method(name: &str) -> Result<MethodDescriptor> {
    bundled_pool()?
        .get_service_by_name(ROUTE_GUIDE)
        .and_then(|service| service.methods().find(|method| method.name() == name))
        .ok_or_else(|| Error::failed(format!("the bundled schema has no {ROUTE_GUIDE}/{name}")))
}

/// The bundled schema's descriptors, for calling and not for reading.
pub fn bundled_pool() -> Result<DescriptorPool> {
    DescriptorPool::decode(proto::BARE_FILE_DESCRIPTOR_SET)
        .map_err(|error| Error::failed("the bundled schema is damaged").caused_by(error))
}

/// The bundled schema, its files included.
pub fn bundled() -> Result<Schema> {
    decode(proto::FILE_DESCRIPTOR_SET)
        .map_err(|error| Error::failed("the bundled schema is damaged").caused_by(error))
}

/// The schema of an encoded `FileDescriptorSet`, which has all that its files import.
pub fn decode(descriptors: &[u8]) -> Result<Schema> {
    let mut set = FileSet::default();
    files::add_set(&mut set, descriptors)
        .map_err(|error| Error::failed("this is no descriptor set").caused_by(error))?;
    set.build_all()
}

#[cfg(test)]
mod testing {
    use super::*;
    use bytes::Bytes;
    use prost::Message as _;

    /// One file by itself: parsed, its types and options not resolved.
    pub fn file(name: &str, source: &str) -> Bytes {
        protox::file::File::from_source(name, source)
            .expect("a .proto file")
            .file_descriptor_proto()
            .encode_to_vec()
            .into()
    }

    pub fn set(files: &[Bytes]) -> FileSet {
        let mut set = FileSet::new("is nowhere", "find it");
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
}
