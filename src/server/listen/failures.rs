//! Failures to accept connections: counted, and reported at most once a second. Without file descriptors every attempt
//! fails, and a line for each would fill the log of an overloaded server.

use std::fmt;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::plain;

const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Attempts to accept a connection that failed since the previous report.
#[derive(Debug)]
pub struct AcceptFailures {
    pub attempts: u64,
    /// The most recent reason.
    pub error: io::Error,
}

impl fmt::Display for AcceptFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { attempts, error } = self;
        let noun = if *attempts == 1 {
            "attempt"
        } else {
            "attempts"
        };
        write!(
            f,
            "cannot accept connections: {} ({attempts} {noun} failed)",
            plain(error)
        )
    }
}

/// Counts the failures of all listeners: they lack the same descriptors.
#[derive(Default)]
pub struct FailureLog(Mutex<State>);

#[derive(Default)]
struct State {
    unreported: u64,
    reported_at: Option<Instant>,
}

impl FailureLog {
    /// Counts a failed attempt. Returns what to report, if a report is due.
    pub fn record(&self, error: io::Error, now: Instant) -> Option<AcceptFailures> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.unreported += 1;
        let is_due = |last: Instant| now.duration_since(last) >= REPORT_INTERVAL;
        if !state.reported_at.is_none_or(is_due) {
            return None;
        }
        state.reported_at = Some(now);
        Some(AcceptFailures {
            attempts: std::mem::take(&mut state.unreported),
            error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_is_reported_at_once_and_later_ones_once_a_second() {
        let log = FailureLog::default();
        let start = Instant::now();
        let reported: Vec<_> = (0..=25)
            .filter_map(|tenth| {
                let now = start + Duration::from_millis(100) * tenth;
                let failures = log.record(io::ErrorKind::OutOfMemory.into(), now)?;
                Some((tenth, failures.to_string()))
            })
            .collect();
        let text =
            |count: &str| format!("cannot accept connections: out of memory ({count} failed)");
        assert_eq!(
            reported,
            [
                (0, text("1 attempt")),
                (10, text("10 attempts")),
                (20, text("10 attempts"))
            ]
        );
    }
}
