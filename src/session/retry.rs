//! When a call is made again: if the server has not acted on it, or with `--retry` if it was UNAVAILABLE before any
//! reply. Pauses grow as in gRFC A6, and the server may set them (`grpc-retry-pushback-ms`).

use std::time::Duration;

use tokio::time::Instant;
use tonic::Code;

use crate::call::{End, Origin, Processed};
use crate::error::{Error, Kind};
use crate::output::Attempt;

/// The pause before the first retry; it doubles up to the longest, each up to a fifth longer or shorter.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const JITTER: f64 = 0.2;

const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// The attempts of one call.
#[derive(Clone, Debug)]
pub struct Retry {
    /// How many retries are left.
    left: u32,
    /// How many attempts have failed.
    failed: u32,
    /// One retry is free: the server is closing the connection and has not acted on the call.
    has_free: bool,
}

impl Retry {
    pub fn new(retries: u32) -> Self {
        Self {
            left: retries,
            failed: 0,
            has_free: true,
        }
    }

    /// The attempt that has ended, and the pause before the next one; `None` if it was the last. `has_reply` says whether the
    /// call has had a reply.
    pub fn after(
        &mut self,
        end: &End,
        has_reply: bool,
        deadline: Option<Instant>,
    ) -> Option<Attempt> {
        self.failed += 1;
        let number = self.failed;
        match end.origin {
            Origin::Connection(Processed::No { is_closing: true })
                if std::mem::take(&mut self.has_free) =>
            {
                return Some(Attempt {
                    number,
                    end: Box::new(end.clone()),
                    pause: Duration::ZERO,
                });
            }
            Origin::Connection(Processed::No { .. }) => {}
            _ if end.code == Code::Unavailable && !has_reply => {}
            _ => return None,
        }
        self.left = self.left.checked_sub(1)?;
        let pause = match end.metadata.get(PUSHBACK) {
            // A negative number, or anything else, asks not to try again.
            Some(value) => Duration::from_millis(value.to_str().ok()?.parse().ok()?),
            None => self.backoff(),
        };
        let fits = deadline.is_none_or(|deadline| Instant::now() + pause < deadline);
        fits.then(|| Attempt {
            number,
            end: Box::new(end.clone()),
            pause,
        })
    }

    fn backoff(&self) -> Duration {
        let doubled = FIRST_PAUSE.saturating_mul(1 << self.failed.saturating_sub(1).min(16));
        let jitter = 1.0 + JITTER * (2.0 * fastrand::f64() - 1.0);
        doubled.min(LONGEST_PAUSE).mul_f64(jitter)
    }
}

/// The end of a call that cannot be made again, because connecting has failed.
pub fn unconnected(last: Box<End>, error: &Error) -> Box<End> {
    match error.kind() {
        Kind::Status(Code::DeadlineExceeded) => Box::new(End::deadline()),
        // The attempt that failed has the reason.
        _ => last,
    }
}

/// How to make a call again.
pub struct Again<F> {
    pub retry: Retry,
    pub deadline: Option<Instant>,
    pub call: F,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut retry = Retry::new(10);
        let mut last = Duration::ZERO;
        for _ in 0..10 {
            retry.failed += 1;
            let pause = retry.backoff();
            assert!(pause >= last.mul_f64(0.66), "{pause:?} after {last:?}");
            assert!(pause <= LONGEST_PAUSE.mul_f64(1.0 + JITTER));
            last = pause;
        }
        assert!(last >= LONGEST_PAUSE.mul_f64(1.0 - JITTER));
    }
}
