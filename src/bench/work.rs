//! What all workers of a run need to know.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use http::HeaderName;
use tokio_util::sync::CancellationToken;

use super::plan::Plan;
use super::requests::Messages;
use super::template::HeaderTemplate;
use crate::call::Start;
use crate::transport::{Endpoint, Patience};

/// What all workers need to know.
pub struct Work {
    pub plan: Plan,
    pub endpoint: Endpoint,
    pub connect_timeout: Duration,
    /// How every call starts, but for its deadline.
    pub start: Start,
    /// Headers that differ from call to call, with all their values.
    pub headers: Vec<(HeaderName, Vec<HeaderTemplate>)>,
    pub messages: Messages,
    /// How many calls have begun, with those of the warm-up.
    pub numbers: AtomicU64,
    /// How many calls have begun that count towards the number asked for.
    pub taken: AtomicU64,
    /// Ends the load before its time.
    pub stop: CancellationToken,
}

impl Work {
    pub fn patience(&self) -> Patience<'static> {
        Patience {
            connect_timeout: self.connect_timeout,
            wait: None,
            retries: 0,
            deadline: None,
            failed: &|_, _| {},
        }
    }
}
