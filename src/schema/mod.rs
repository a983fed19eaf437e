//! Schemas: where descriptors come from, how they become a pool, and what can be read from them.
//!
//! - `source`: the bundled schema, a server's reflection, descriptor sets, .proto files, and the choice among them;
//! - `build`: encoded files → one schema;
//! - `descriptor`: looking inside descriptors;
//! - `render`: .proto source and request templates;
//! - `names`: what a user types → a descriptor.
//!
//! Imports go one way: `names` → `source` → `build` → `descriptor`, and `render` → `descriptor`.

mod build;
pub mod descriptor;
mod names;
pub mod render;
pub mod source;
#[cfg(test)]
pub(crate) mod testing;

pub use build::editions;
pub use build::file_set::decode;
pub use build::schema::Schema;
pub use descriptor::symbol::Symbol;
pub use names::{did_you_mean, nearest, resolve_method, resolve_symbol};
pub use source::bundled::{
    ROUTE_GUIDE, bundled, bundled_method, bundled_method_with_options, bundled_pool, health_method,
};
pub use source::files::{Excerpt, load};
