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

pub use build::editions;
pub use build::file_set::{Schema, decode};
pub use descriptor::symbol::Symbol;
pub use names::{nearest, resolve_method, resolve_symbol};
pub use source::bundled::{ROUTE_GUIDE, bundled, bundled_method, bundled_pool};
pub use source::files::{Excerpt, load};
