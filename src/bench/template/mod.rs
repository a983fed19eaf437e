//! Requests with placeholders, such as `{{call}}` and `{{csv name}}`.
//!
//! Values are not put into the text of a request, which would have to be parsed for every call. [`scan()`] puts a number of
//! nine digits, a sentinel, in the place of each placeholder; the text then goes the way of every other one and becomes
//! bytes; [`Template::compile`] looks for the sentinels in those, by descriptor, and knows from then on which bytes differ
//! from call to call.
//!
//! - `placeholder`: what there is; `scan`: texts → texts with sentinels; `holes`: which sentinels stand for what;
//! - `compile`: bytes with sentinels → `nodes`: the parts of a message → `program`: the steps that write it;
//! - `values`: what differs from call to call; `number`: values of numeric fields; `header`: metadata.

mod compile;
mod header;
mod holes;
mod nodes;
mod number;
mod placeholder;
mod program;
mod scan;
mod values;

pub use header::HeaderTemplate;
pub use holes::Holes;
pub use program::Template;
pub use scan::{Scanned, scan};
pub use values::Values;

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
