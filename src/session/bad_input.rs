//! Bad input of a call in progress: it ends the call, but only once the requests before it had time to be answered.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::error::Error;
use crate::input::Failure;

/// After bad input, wait for replies to the requests before it until none has arrived for this long: nothing in gRPC says
/// how many replies are due.
const QUIET: Duration = Duration::from_secs(1);

/// And at most this long in total, if replies keep arriving.
const QUIET_AT_MOST: Duration = Duration::from_secs(10);

/// Bad input. The requests before it may still be answered.
pub enum BadInput {
    Possible(Failure),
    Found {
        error: Error,
        since: Instant,
        last_heard: Instant,
    },
    /// Already reported, or impossible.
    Over,
}

impl BadInput {
    /// A reply arrived.
    pub fn heard(&mut self) {
        if let Self::Found { last_heard, .. } = self {
            *last_heard = Instant::now();
        }
    }

    pub fn take(&mut self) -> Option<Error> {
        match std::mem::replace(self, Self::Over) {
            Self::Found { error, .. } => Some(error),
            other => {
                *self = other;
                None
            }
        }
    }

    /// Completes with `None` when bad input is found, and with the error once the server has been quiet since then. Cancel
    /// safe.
    pub async fn wait(&mut self) -> Option<Error> {
        match self {
            Self::Possible(failure) => {
                let error = failure.wait().await;
                let now = Instant::now();
                *self = Self::Found {
                    error,
                    since: now,
                    last_heard: now,
                };
                None
            }
            Self::Found {
                since, last_heard, ..
            } => {
                sleep_until((*last_heard + QUIET).min(*since + QUIET_AT_MOST)).await;
                self.take()
            }
            Self::Over => std::future::pending().await,
        }
    }
}
