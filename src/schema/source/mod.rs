//! Where descriptors come from: the bundled schema, a server's reflection, or files.

pub mod bundled;
mod choice;
pub mod descriptor_source;
pub mod files;
pub mod loaded;
mod reflection;
mod settings;
mod target;

pub use choice::open;
pub use descriptor_source::DescriptorSource;
pub use settings::{ReflectionMode, SchemaSettings};
pub use target::ReflectionTarget;
