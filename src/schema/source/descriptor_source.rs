//! The interface of every source of descriptors.

use std::pin::Pin;

use super::target::ReflectionTarget;
use crate::error::Result;
use crate::schema::build::schema::Schema;

/// The return type of an `async fn` in a trait that is object-safe.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A source of descriptors.
pub trait DescriptorSource: Send {
    /// The full names of all services, sorted.
    fn services(&mut self) -> BoxFuture<'_, Result<Vec<String>>>;

    /// A schema with everything that `symbol` needs: the full name of a service, method, message, field, oneof, enum,
    /// enum value or extension. `None` if the source does not have the symbol.
    fn find<'a>(&'a mut self, symbol: &'a str) -> BoxFuture<'a, Result<Option<Schema>>>;

    /// Everything that the source has.
    fn all(&mut self) -> BoxFuture<'_, Result<Schema>>;

    /// Where the source looks for symbols, to follow "no such service": "in the given files".
    fn place(&self) -> &'static str;

    /// Asks the server over this connection from now on, if the source asks a server. What it knows stays known.
    fn attach(&mut self, _target: ReflectionTarget) {}

    /// Ends the stream to the server, and lets go of the connection.
    fn detach(&mut self) {}

    /// A schema in which to look up short names if [`DescriptorSource::services`] fails.
    fn fallback(&self) -> Option<Schema> {
        None
    }
}
