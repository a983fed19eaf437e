//! The server that reflection asks.

use std::time::Duration;

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
    /// How long to wait for each answer: a server that never answers must not look like a slow call.
    pub patience: Duration,
}
