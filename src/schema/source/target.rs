//! The server that reflection asks.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tonic::metadata::MetadataMap;

use crate::call::Manner;
use crate::framing::Transcoder;
use crate::transport::Connection;

/// A server to ask for descriptors.
#[derive(Clone, Debug)]
pub struct ReflectionTarget {
    pub connection: Connection,
    /// Sent with every question.
    pub metadata: MetadataMap,
    pub manner: Manner,
    /// Writes and reads the messages of reflection, if they are not sent as they are.
    pub transcoder: Option<Arc<dyn Transcoder>>,
    /// When the last answer must have arrived.
    pub deadline: Option<Instant>,
    /// How long to wait for each answer: a server that never answers must not look like a slow call.
    pub patience: Duration,
}
