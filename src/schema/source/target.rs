//! The server that reflection asks.

use tokio::time::Instant;
use tonic::metadata::MetadataMap;

use crate::transport::Connection;

/// A server to ask for descriptors.
#[derive(Clone, Debug)]
pub struct ReflectionTarget {
    pub connection: Connection,
    /// Sent with every question.
    pub metadata: MetadataMap,
    /// When the last answer must have arrived.
    pub deadline: Option<Instant>,
}
