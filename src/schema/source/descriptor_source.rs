//! The interface of everything that knows a schema.

use std::pin::Pin;

use super::reflection::Link;
use crate::error::Result;
use crate::schema::build::file_set::Schema;

/// What an object-safe trait returns for an `async fn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that knows a schema.
pub trait DescriptorSource: Send {
    /// Full names of the services, sorted.
    fn services(&mut self) -> BoxFuture<'_, Result<Vec<String>>>;

    /// Everything needed to use `symbol`, the full name of a service, method, message, field, oneof, enum, enum value
    /// or extension. `None` when the source does not know it.
    fn find<'a>(&'a mut self, symbol: &'a str) -> BoxFuture<'a, Result<Option<Schema>>>;

    /// Everything the source knows.
    fn all(&mut self) -> BoxFuture<'_, Result<Schema>>;

    /// Where a name that is not found was looked for, to follow "no such service": "in the given files".
    fn place(&self) -> &'static str;

    /// Asks over this connection from now on. What is known stays known.
    fn attach(&mut self, _server: Link) {}

    /// Ends the conversation with the server, if there is one.
    fn detach(&mut self) {}

    /// What may be taken for RouteGuide's own short names when [`DescriptorSource::services`] failed.
    fn fallback(&self) -> Option<Schema> {
        None
    }
}
