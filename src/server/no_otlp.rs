//! Stands in for `otlp` in a build without it.

use std::sync::Arc;

use super::call_log::CallLog;
use super::metrics::Metrics;
use crate::error::{Error, Result};

/// There is none.
pub enum Exporter {}

impl Exporter {
    /// # Errors
    /// Always.
    pub fn new(_url: &str) -> Result<Self> {
        Err(
            Error::usage("--otlp is not supported: this program was built without it")
                .hinted("build it with `cargo build --release --features otlp`"),
        )
    }

    pub fn log(&self, _metrics: &Arc<Metrics>) -> CallLog {
        match *self {}
    }

    #[expect(clippy::unused_async, reason = "as the real one")]
    pub async fn shut_down(self) {
        match self {}
    }
}
