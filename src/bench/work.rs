//! What all workers of a run need to know.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderName;
use tokio_util::sync::CancellationToken;

use super::plan::Plan;
use super::requests::Messages;
use super::template::HeaderTemplate;
use crate::call::Start;
use crate::error::Error;
use crate::transport::{Endpoint, Patience};

/// What is called, and how.
#[derive(Clone)]
pub struct Target {
    pub endpoint: Endpoint,
    pub connect_timeout: Duration,
    /// How every call starts, but for its deadline.
    pub start: Start,
    /// Headers that differ from call to call, with all their values.
    pub headers: Vec<(HeaderName, Vec<HeaderTemplate>)>,
    pub messages: Arc<Messages>,
    /// As reports name them.
    pub server: String,
    pub method: String,
}

/// What all workers need to know.
pub struct Work {
    pub plan: Plan,
    pub target: Target,
    /// How many calls have begun, with those of the warm-up.
    pub numbers: AtomicU64,
    /// How many calls have begun that count towards the number asked for.
    pub taken: AtomicU64,
    /// Ends the load before its time.
    pub stop: CancellationToken,
    /// Why the load was given up.
    lost: Mutex<Option<Error>>,
}

/// A load without another end is given up when no connection could be made for so many times as long as one may take.
const GIVE_UP_AFTER: u32 = 3;

impl Work {
    pub fn new(plan: Plan, target: &Target) -> Self {
        Self {
            plan,
            target: target.clone(),
            numbers: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            stop: CancellationToken::new(),
            lost: Mutex::default(),
        }
    }

    /// Why the load was given up, if it was.
    pub fn lost(&self) -> MutexGuard<'_, Option<Error>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection cannot be made, since that time.
    pub fn cannot_connect(&self, since: Instant, error: Error) {
        let patience = self.target.connect_timeout.saturating_mul(GIVE_UP_AFTER);
        if self.plan.length().is_none() && since.elapsed() >= patience {
            let error = Error::failed("gave the run up: the server cannot be reached any more")
                .caused_by(error)
                .hinted("a run with --duration goes on until its end");
            // Another connection may have been the first.
            self.lost().get_or_insert(error);
            self.stop.cancel();
        }
    }

    pub fn patience(&self) -> Patience<'static> {
        Patience {
            connect_timeout: self.target.connect_timeout,
            wait: None,
            retries: 0,
            deadline: None,
            failed: &|_, _| {},
        }
    }
}
