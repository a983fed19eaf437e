//! Where descriptors come from: the bundle, a server's reflection, descriptor sets, .proto files.
//!
//! - `source`: where descriptors come from, and which source is used;
//! - `build`: files → one schema;
//! - `descriptor`: looking inside;
//! - `render`: .proto source and request templates;
//! - `names`: what a user types → a descriptor.

mod build;
pub mod descriptor;
mod names;
pub mod render;
pub mod source;
#[cfg(test)]
mod testing;

use prost_reflect::{DescriptorPool, MethodDescriptor};

pub use build::editions;
pub use build::file_set::Schema;
pub use names::{Symbol, nearest, resolve_method, resolve_symbol};
pub use source::files::{Excerpt, load};

use crate::error::{Error, Result};
use crate::proto;
use build::file_set::FileSet;
use source::files;

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
